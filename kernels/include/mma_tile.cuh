// A tile of x W^T on tensor cores (Ampere and later) by a block of kDown x kAcross warps: both operands in 16 bits, inputs
// side by side, sums in f32.
//
// Tiles of kInputs inputs pass through kStages stages of shared memory, filled by cp.async as far ahead as there are
// stages. In a stage inputs are the columns, and the 16-byte units of a row are permuted by the row's number, so that the
// eight rows of every ldmatrix, and the eight units of every quarter of a warp's copies, meet all banks once. A warp loads
// the operands of the next 16 inputs while those of the last are multiplied.
//
// A sum adds 16 inputs after 16 in their order, whatever the shape of the tile: its bits depend on its own row and output
// alone. Past the last input both operands are zeros.
#pragma once

#include "async_copy.cuh"
#include "mma.cuh"

namespace weir {

// Byte at which unit `unit` of a row of kUnits lies. 128 bytes hold one row or several.
template <int kUnits>
WEIR_DEVICE int mma_place(int row, int unit) {
    constexpr int kRowsInLine = kUnits < 8 ? 8 / kUnits : 1, kSpan = kUnits < 8 ? kUnits : 8;
    return (row * kUnits + (unit ^ (row / kRowsInLine % kSpan))) * 16;
}

// The rows of an operand that a thread copies 16 bytes of. `row_at` says where row i of the tile begins, a multiple of 16
// bytes; past the last row any that exists may stand in.
template <typename T, int kRows, int kInputs, int kThreads>
struct MmaOperand {
    static constexpr int kUnits = kInputs / 8;
    static constexpr int kStep = kThreads / kUnits;  // rows that the block copies at once
    static constexpr int kCount = kRows / kStep;
    static_assert(kThreads % kUnits == 0 && kRows % kStep == 0 && kStep % 8 == 0, "Every thread copies as many units, all permuted alike.");

    const T* rows[kCount];

    template <typename RowAt>
    WEIR_DEVICE explicit MmaOperand(RowAt row_at) {
        int first = threadIdx.x / kUnits, unit = threadIdx.x % kUnits;
#pragma unroll
        for (int i = 0; i < kCount; i++) {
            rows[i] = row_at(first + i * kStep) + unit * 8;
        }
    }

    // Starts copying kInputs inputs from `input` on, of `inputs`.
    WEIR_DEVICE void copy(int input, int inputs, unsigned char* shared) const {
        int first = threadIdx.x / kUnits, unit = threadIdx.x % kUnits;
        int bytes = 2 * most(0, least(8, inputs - input - unit * 8));
        unsigned char* to = shared + mma_place<kUnits>(first, unit);
#pragma unroll
        for (int i = 0; i < kCount; i++) {
            cp_async_16(to + i * kStep * kUnits * 16, rows[i] + input, bytes);
        }
    }
};

template <typename T, int kRows_, int kOutputs_, int kInputs_, int kDown, int kAcross, int kStages_>
struct MmaTile {
    static constexpr int kRows = kRows_, kOutputs = kOutputs_, kInputs = kInputs_, kStages = kStages_;
    static constexpr int kThreads = kWarp * kDown * kAcross;
    static constexpr int kUnits = kInputs / 8;
    static constexpr int kRowTiles = kRows / kDown / 16, kOutputTiles = kOutputs / kAcross / 8;
    static constexpr int kOperandX = kRows * kInputs * 2, kStage = kOperandX + kOutputs * kInputs * 2;
    static constexpr int kStride = kOutputs + 8;  // of sums in shared memory: a warp's writes meet no bank twice

    using X = MmaOperand<T, kRows, kInputs, kThreads>;
    using W = MmaOperand<T, kOutputs, kInputs, kThreads>;

    // sums[i][j][r] belongs to row row(i, r) and output output(j, r) of the tile.
    float sums[kRowTiles][kOutputTiles][4];

    WEIR_DEVICE static int row(int i, int r) { return warp() / kAcross * (kRows / kDown) + i * 16 + lane() / 4 + r / 2 * 8; }
    WEIR_DEVICE static int output(int j, int r) { return warp() % kAcross * (kOutputs / kAcross) + j * 8 + lane() % 4 * 2 + r % 2; }

    // By all threads. Afterwards the shared memory, kStages * kStage bytes of it, is free.
    WEIR_DEVICE void compute(const X& x, const W& w, int inputs, unsigned char* shared) {
        auto copy = [&](int tile, int stage) {
            x.copy(tile * kInputs, inputs, shared + stage * kStage);
            w.copy(tile * kInputs, inputs, shared + stage * kStage + kOperandX);
        };
#pragma unroll
        for (int i = 0; i < kRowTiles; i++) {
#pragma unroll
            for (int j = 0; j < kOutputTiles; j++) {
#pragma unroll
                for (int r = 0; r < 4; r++) {
                    sums[i][j][r] = 0;
                }
            }
        }

        int tiles = ceil_div(inputs, kInputs);
#pragma unroll
        for (int tile = 0; tile < kStages - 1; tile++) {
            if (tile < tiles) {
                copy(tile, tile);
            }
            cp_async_commit();
        }
        for (int tile = 0, stage = 0; tile < tiles; tile++) {
            cp_async_wait<kStages - 2>();
            __syncthreads();
            // The stage that was multiplied last is the next to fill: everyone is done with it.
            if (tile + kStages - 1 < tiles) {
                copy(tile + kStages - 1, stage == 0 ? kStages - 1 : stage - 1);
            }
            cp_async_commit();
            multiply(shared + stage * kStage);
            stage = stage == kStages - 1 ? 0 : stage + 1;
        }
        cp_async_wait<0>();
        __syncthreads();
    }

    // Writes the sums to shared memory, rows kStride floats apart.
    WEIR_DEVICE void put(float* to) const {
#pragma unroll
        for (int i = 0; i < kRowTiles; i++) {
#pragma unroll
            for (int j = 0; j < kOutputTiles; j++) {
#pragma unroll
                for (int r = 0; r < 4; r += 2) {
                    *reinterpret_cast<float2*>(to + row(i, r) * kStride + output(j, r)) = make_float2(sums[i][j][r], sums[i][j][r + 1]);
                }
            }
        }
    }

private:
    struct Fragments {
        uint32_t x[kRowTiles][4], w[kOutputTiles][2];
    };

    WEIR_DEVICE static void load(Fragments& f, const unsigned char* stage, int step) {
        int row = warp() / kAcross * (kRows / kDown) + lane() % 16, unit = step * 2 + lane() / 16;
#pragma unroll
        for (int i = 0; i < kRowTiles; i++) {
            ldmatrix_x4(f.x[i], stage + mma_place<kUnits>(row, unit) + i * 16 * kUnits * 16);
        }
        const unsigned char* w = stage + kOperandX;
        int output = warp() % kAcross * (kOutputs / kAcross) + lane() % 8;
        if constexpr (kOutputTiles == 1) {
            ldmatrix_x2(f.w[0], w + mma_place<kUnits>(output, step * 2 + lane() / 8 % 2));
        } else {
            output += lane() / 16 * 8;
#pragma unroll
            for (int j = 0; j < kOutputTiles; j += 2) {
                ldmatrix_x4(f.w[j], w + mma_place<kUnits>(output, step * 2 + lane() / 8 % 2) + j * 8 * kUnits * 16);
            }
        }
    }

    WEIR_DEVICE void multiply(const unsigned char* stage) {
        Fragments f[2];
        load(f[0], stage, 0);
#pragma unroll
        for (int step = 0; step < kInputs / 16; step++) {
            if (step + 1 < kInputs / 16) {
                load(f[(step + 1) % 2], stage, step + 1);
            }
#pragma unroll
            for (int i = 0; i < kRowTiles; i++) {
#pragma unroll
                for (int j = 0; j < kOutputTiles; j++) {
                    mma<T>(sums[i][j], f[step % 2].x[i], f[step % 2].w[j]);
                }
            }
        }
    }
};

}  // namespace weir
