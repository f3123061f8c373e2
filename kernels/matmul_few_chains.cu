// The product in f32 with few rows: the chains of matmul.cu, to the bit, where W's bytes are the bound, see IOps.MatMul.
//
// A chain cannot be shared out, so an output's is one thread's from end to end, and what a multiprocessor has of them is
// little: 4,096 outputs are a warp on each of 128. So all that counts is that the bytes of W are on their way long before
// they are wanted: a block copies tiles of 32 outputs x 256 bytes of inputs to shared memory (include/operand.cuh), three of
// four stages ahead, 24 KiB, where latency x bandwidth asks for 700 ns x 4.3 TB/s / 132 = 23 KiB.
//
// Four warps copy; each takes the chains of rows w and w + 4. A tile of f32 is 64 dependent fmaf a row, 256 clocks at 4
// clocks each (two rows hide in one another), while its 8 KiB take 440 at the multiprocessor's share of the bandwidth, 18.6
// bytes a clock: the memory is the bound up to 8 rows. 4,096 x 4,096 in f32 is 67 MB, 15.6 microseconds at 4.3 TB/s. More
// rows go in groups of 8, whose tiles come from the second-level cache.
#include "include/epilogue.cuh"
#include "include/operand.cuh"

struct MatMulFewChainsArguments {
    weir::Epilogue epilogue;
    const float* x;
    const void* w;  // from the first input on; rows at multiples of 16 bytes
    int64_t stride_x, stride_w;
    int inputs;
};

namespace weir {

constexpr int kFewRows = 8, kFewOutputs = 32, kFewThreads = 128, kFewStages = 4;

// Goes on with the chains of kOwn rows, x0 and x1, and the output of this lane.
template <int kOwn, typename T, int kUnits>
WEIR_DEVICE void extend(float (&sums)[2], const unsigned char* w, const float* x0, const float* x1, int inputs) {
    constexpr int kInUnit = 16 / sizeof(T);
    const float* x[2] = {x0, x1};
#pragma unroll 4
    for (int k = 0; k + kInUnit <= inputs; k += kInUnit) {
        Vector16<T> v = load16(reinterpret_cast<const T*>(w + operand_place<kUnits>(lane(), k / kInUnit)));
#pragma unroll
        for (int i = 0; i < kInUnit; i += 4) {
#pragma unroll
            for (int r = 0; r < kOwn; r++) {
                float4 u = *reinterpret_cast<const float4*>(x[r] + k + i);
                sums[r] = fmaf(u.x, widen(v.x[i]), sums[r]);
                sums[r] = fmaf(u.y, widen(v.x[i + 1]), sums[r]);
                sums[r] = fmaf(u.z, widen(v.x[i + 2]), sums[r]);
                sums[r] = fmaf(u.w, widen(v.x[i + 3]), sums[r]);
            }
        }
    }
    // Where the inputs end, one by one: even a product of zeros can change a sum's sign.
#pragma unroll 1
    for (int k = inputs / kInUnit * kInUnit; k < inputs; k++) {
        T v = reinterpret_cast<const T*>(w + operand_place<kUnits>(lane(), k / kInUnit))[k % kInUnit];
#pragma unroll
        for (int r = 0; r < kOwn; r++) {
            sums[r] = fmaf(x[r][k], widen(v), sums[r]);
        }
    }
}

template <typename T>
WEIR_DEVICE void matmul_few_chains(const MatMulFewChainsArguments& a) {
    constexpr int kInputs = 256 / sizeof(T);
    using W = Operand<T, kFewOutputs, kInputs, kFewThreads>;
    constexpr int kStage = W::kBytes + kFewRows * kInputs * 4;
    WEIR_DYNAMIC_SHARED(shared);

    int row = blockIdx.x * kFewRows, output = blockIdx.y * kFewOutputs;
    int rows = least(kFewRows, a.epilogue.rows - row);
    const float* x = a.x + row * a.stride_x;
    const T* w_rows = static_cast<const T*>(a.w);
    W w([&](int i) { return w_rows + least(output + i, a.epilogue.outputs - 1) * a.stride_w; });

    auto copy = [&](int tile, int stage) {
        int input = tile * kInputs;
        unsigned char* to = shared + stage * kStage;
        w.copy(input, a.inputs, to);
        // Rows of x may lie at any multiple of 4 bytes.
        for (int i = threadIdx.x; i < rows * kInputs; i += kFewThreads) {
            int k = input + i % kInputs;
            cp_async_4(to + W::kBytes + 4 * i, x + i / kInputs * a.stride_x + k, k < a.inputs ? 4 : 0);
        }
    };

    float sums[2] = {};
    int tiles = ceil_div(a.inputs, kInputs);
#pragma unroll 1
    for (int tile = 0; tile < kFewStages - 1; tile++) {
        if (tile < tiles) {
            copy(tile, tile);
        }
        cp_async_commit();
    }
#pragma unroll 1
    for (int tile = 0, stage = 0; tile < tiles; tile++) {
        cp_async_wait<kFewStages - 2>();
        __syncthreads();
        // The stage that was used last is the next to fill: everyone is done with it.
        if (tile + kFewStages - 1 < tiles) {
            copy(tile + kFewStages - 1, stage == 0 ? kFewStages - 1 : stage - 1);
        }
        cp_async_commit();
        const unsigned char* now = shared + stage * kStage;
        const float* x0 = reinterpret_cast<const float*>(now + W::kBytes) + warp() * kInputs;
        int inputs = least(kInputs, a.inputs - tile * kInputs);
        if (warp() + 4 < rows) {
            extend<2, T, W::kUnits>(sums, now, x0, x0 + 4 * kInputs, inputs);
        } else if (warp() < rows) {
            extend<1, T, W::kUnits>(sums, now, x0, x0, inputs);
        }
        stage = stage == kFewStages - 1 ? 0 : stage + 1;
    }
    cp_async_wait<0>();
    __syncthreads();

    float* all = reinterpret_cast<float*>(shared);
    all[warp() * kFewOutputs + lane()] = sums[0];
    all[(warp() + 4) * kFewOutputs + lane()] = sums[1];
    __syncthreads();
    write_tile<kFewRows, kFewOutputs, kFewOutputs, kFewThreads>(a.epilogue, all, row, output);
}

}  // namespace weir

WEIR_KERNEL(matmul_few_chains_f32, MatMulFewChainsArguments, 128) { weir::matmul_few_chains<float>(a); }
WEIR_KERNEL(matmul_few_chains_bf16, MatMulFewChainsArguments, 128) { weir::matmul_few_chains<weir::bf16>(a); }
WEIR_KERNEL(matmul_few_chains_f16, MatMulFewChainsArguments, 128) { weir::matmul_few_chains<weir::f16>(a); }
