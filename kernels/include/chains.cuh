// A square tile of x W^T in f32, kTile = 128 or 64 wide, by 256 threads: every sum is one chain of fmaf in the order of the
// inputs. W is widened as it is read.
//
// Tiles of 16 inputs of both operands lie in shared memory, two of them, so that the next is loaded (into registers, since
// W may have to be widened and both must be turned) while one is multiplied. A thread holds 8 x 8 or 4 x 4 sums: for each
// input it reads 16 floats in four 16-byte reads and does 64 fmaf. In shared memory inputs are the rows; the four threads
// that bring one row's 16 inputs write to columns that differ by 8, so that a warp's 32 writes meet 32 banks.
#pragma once

#include "element.cuh"

namespace weir {

constexpr int kChainInputs = 16;
constexpr int kChainThreads = 256;

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
    static constexpr int kUnits = kTile * kChainInputs / 4 / kChainThreads;

    const T* rows[kUnits];
    float4 values[kUnits];
    bool wide;
    float pad;

    // `row_at` says where row i of the tile begins; `wide`: at multiples of four elements.
    template <typename RowAt>
    WEIR_DEVICE Panel(RowAt row_at, bool aligned, float filling) : wide(aligned), pad(filling) {
#pragma unroll
        for (int u = 0; u < kUnits; u++) {
            rows[u] = row_at(static_cast<int>(threadIdx.x) / 4 + u * (kChainThreads / 4));
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
            float* column = shared + group * 4 * kTile + ((threadIdx.x / 4 + u * (kChainThreads / 4)) ^ (group * 8));
            column[0 * kTile] = values[u].x;
            column[1 * kTile] = values[u].y;
            column[2 * kTile] = values[u].z;
            column[3 * kTile] = values[u].w;
        }
    }
};

template <typename T, int kTile>
struct ChainTile {
    static constexpr int kOwn = kTile / 16;  // rows and outputs of a thread, in runs of four
    static constexpr int kHalf = kTile * kChainInputs;
    static constexpr int kStage = 2 * kHalf;
    static constexpr int kSharedFloats = 2 * kStage;

    // Sum [i][j] is that of row down * 4 + i / 4 * 64 + i % 4 and output across * 4 + j / 4 * 64 + j % 4.
    float sums[kOwn][kOwn];
    int down, across;

    // A warp has 4 x 8 threads of the block's 16 x 16: what it reads of a row of the tile is 64 and 128 bytes.
    WEIR_DEVICE ChainTile() : down(lane() / 8 + warp() / 2 * 4), across(lane() % 8 + warp() % 2 * 8) {}

    // A run of four sums.
    WEIR_DEVICE float4 run(int i, int j) const { return make_float4(sums[i][j], sums[i][j + 1], sums[i][j + 2], sums[i][j + 3]); }

    // By all threads; afterwards the shared memory is free. Where the inputs end, x must be filled with 0 and w with -0:
    // -0 added to a sum leaves its bits.
    WEIR_DEVICE void compute(Panel<float, kTile>& x, Panel<T, kTile>& w, int inputs, float* shared) {
#pragma unroll
        for (int i = 0; i < kOwn; i++) {
#pragma unroll
            for (int j = 0; j < kOwn; j++) {
                sums[i][j] = 0;
            }
        }
        x.load(0, inputs);
        w.load(0, inputs);
        x.store(shared);
        w.store(shared + kHalf);
        __syncthreads();
        for (int input = 0, stage = 0; input < inputs; input += kChainInputs, stage ^= 1) {
            bool more = input + kChainInputs < inputs;
            if (more) {
                x.load(input + kChainInputs, inputs);
                w.load(input + kChainInputs, inputs);
            }
            const float* tile = shared + stage * kStage;
#pragma unroll
            for (int k = 0; k < kChainInputs; k++) {
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
    }
};

}  // namespace weir
