// The product in f32: y = x W^T with W widened as it is read, see IOps.MatMul. Every sum is one chain of fmaf in the order
// of the inputs, which is what the CPU body computes: the same bits, whatever the tile and the number of rows.
//
// A block makes a square tile of y, 128 or 64 wide, from tiles of 16 inputs in shared memory, two of them, so that the
// next is loaded (into registers, since W may have to be widened and both must be turned) while one is multiplied. A
// thread holds 8 x 8 or 4 x 4 sums: for each input it reads 16 floats in four 16-byte reads and does 64 fmaf. In shared
// memory inputs are the rows; the four threads that bring one row's 16 inputs write to columns that differ by 8, so that a
// warp's 32 writes meet 32 banks. The small tile is for products that have fewer large ones than the device has
// multiprocessors.
//
// Operations: 2 n k m at 67 TFLOP/s nominal; 512 x 4,096 x 14,336 is 60 GFLOP, 0.9 ms. Bytes for the same: 243 MB, 57
// microseconds, so arithmetic is the bound for more than some 30 rows. Of the instructions of the inner loop 64 of 68 are
// fmaf. This is the path for f32 weights and for comparisons; 16-bit weights have matmul_mma.cu.
#include "include/element.cuh"
#include "include/epilogue.cuh"

struct MatMulArguments {
    weir::Epilogue epilogue;
    const float* x;
    const void* w;  // from the first input on
    int64_t stride_x, stride_w;
    int inputs;
    int wide_x, wide_w;  // rows lie at multiples of four elements
};

namespace weir {

constexpr int kInputs = 16;
constexpr int kThreads = 256;

// Inputs first .. first + 3 of a row of so many; `pad` past its end.
template <typename T>
WEIR_DEVICE float4 load_inputs(const T* row, int first, int inputs, bool wide, float pad) {
    if (wide && first + 4 <= inputs) {
        return widen4(row + first);
    }
    float v[4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
        v[i] = first + i < inputs ? widen(row[first + i]) : pad;
    }
    return make_float4(v[0], v[1], v[2], v[3]);
}

// kTile rows of an operand, 16 inputs of each, on their way from global to shared memory.
template <typename T, int kTile>
struct Panel {
    static constexpr int kUnits = kTile * kInputs / 4 / kThreads;

    const T* rows[kUnits];
    float4 values[kUnits];
    bool wide;
    float pad;

    WEIR_DEVICE Panel(const T* matrix, int64_t stride, int first, int count, bool aligned, float filling) : wide(aligned), pad(filling) {
#pragma unroll
        for (int u = 0; u < kUnits; u++) {
            // Past the last row the last stands in; its sums are not written.
            int row = least(first + static_cast<int>(threadIdx.x) / 4 + u * (kThreads / 4), count - 1);
            rows[u] = matrix + row * stride;
        }
    }

    WEIR_DEVICE void load(int input, int inputs) {
#pragma unroll
        for (int u = 0; u < kUnits; u++) {
            values[u] = load_inputs(rows[u], input + static_cast<int>(threadIdx.x) % 4 * 4, inputs, wide, pad);
        }
    }

    WEIR_DEVICE void store(float* shared) const {
        int group = threadIdx.x % 4;
#pragma unroll
        for (int u = 0; u < kUnits; u++) {
            float* column = shared + group * 4 * kTile + ((threadIdx.x / 4 + u * (kThreads / 4)) ^ (group * 8));
            column[0 * kTile] = values[u].x;
            column[1 * kTile] = values[u].y;
            column[2 * kTile] = values[u].z;
            column[3 * kTile] = values[u].w;
        }
    }
};

template <typename T, int kTile>
WEIR_DEVICE void matmul(const MatMulArguments& a) {
    constexpr int kOwn = kTile / 16;     // rows and outputs of a thread, in runs of four
    constexpr int kHalf = kTile * kInputs;
    constexpr int kStage = 2 * kHalf;
    WEIR_SHARED(float4[2 * kStage / 4], shared4);
    float* shared = reinterpret_cast<float*>(shared4);

    // Where the inputs end, x is 0 and w is -0: -0 added to a sum leaves its bits.
    int row = blockIdx.x * kTile, output = blockIdx.y * kTile;
    Panel<float, kTile> x(a.x, a.stride_x, row, a.epilogue.rows, a.wide_x != 0, 0.0f);
    Panel<T, kTile> w(static_cast<const T*>(a.w), a.stride_w, output, a.epilogue.outputs, a.wide_w != 0, -0.0f);

    // A warp has 4 x 8 threads of the block's 16 x 16: what it reads of a row of the tile is 64 and 128 bytes.
    int down = lane() / 8 + warp() / 2 * 4, across = lane() % 8 + warp() % 2 * 8;
    float sums[kOwn][kOwn] = {};
    x.load(0, a.inputs);
    w.load(0, a.inputs);
    x.store(shared);
    w.store(shared + kHalf);
    __syncthreads();
    for (int input = 0, stage = 0; input < a.inputs; input += kInputs, stage ^= 1) {
        bool more = input + kInputs < a.inputs;
        if (more) {
            x.load(input + kInputs, a.inputs);
            w.load(input + kInputs, a.inputs);
        }
        const float* tile = shared + stage * kStage;
#pragma unroll
        for (int k = 0; k < kInputs; k++) {
            float xs[kOwn], ws[kOwn];
#pragma unroll
            for (int i = 0; i < kOwn; i += 4) {
                int turned = k / 4 * 8;
                float4 u = *reinterpret_cast<const float4*>(tile + k * kTile + ((down * 4 + i * 16) ^ turned));
                float4 v = *reinterpret_cast<const float4*>(tile + kHalf + k * kTile + ((across * 4 + i * 16) ^ turned));
                xs[i] = u.x, xs[i + 1] = u.y, xs[i + 2] = u.z, xs[i + 3] = u.w;
                ws[i] = v.x, ws[i + 1] = v.y, ws[i + 2] = v.z, ws[i + 3] = v.w;
            }
#pragma unroll
            for (int i = 0; i < kOwn; i++) {
#pragma unroll
                for (int j = 0; j < kOwn; j++) {
                    sums[i][j] = fmaf(xs[i], ws[j], sums[i][j]);
                }
            }
        }
        if (more) {
            x.store(shared + (stage ^ 1) * kStage);
            w.store(shared + (stage ^ 1) * kStage + kHalf);
        }
        __syncthreads();
    }

    // The stages' memory now holds the sums, 64 rows at a time.
#pragma unroll
    for (int i = 0; i < kOwn; i += 4) {
#pragma unroll
        for (int r = 0; r < 4; r++) {
#pragma unroll
            for (int j = 0; j < kOwn; j += 4) {
                float4 v = make_float4(sums[i + r][j], sums[i + r][j + 1], sums[i + r][j + 2], sums[i + r][j + 3]);
                *reinterpret_cast<float4*>(shared + (down * 4 + r) * kTile + across * 4 + j * 16) = v;
            }
        }
        __syncthreads();
        write_tile<64, kTile, kTile, kThreads>(a.epilogue, shared, row + i * 16, output);
        __syncthreads();
    }
}

}  // namespace weir

WEIR_KERNEL(matmul_f32, MatMulArguments, 256, 2) { weir::matmul<float, 128>(a); }
WEIR_KERNEL(matmul_bf16, MatMulArguments, 256, 2) { weir::matmul<weir::bf16, 128>(a); }
WEIR_KERNEL(matmul_f16, MatMulArguments, 256, 2) { weir::matmul<weir::f16, 128>(a); }
WEIR_KERNEL(matmul_small_f32, MatMulArguments, 256) { weir::matmul<float, 64>(a); }
WEIR_KERNEL(matmul_small_bf16, MatMulArguments, 256) { weir::matmul<weir::bf16, 64>(a); }
WEIR_KERNEL(matmul_small_f16, MatMulArguments, 256) { weir::matmul<weir::f16, 64>(a); }
