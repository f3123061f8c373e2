// A tile of x W^T on tensor cores (Ampere and later) by a block of kDown x kAcross warps: both operands in 16 bits, inputs
// side by side, sums in f32.
//
// Tiles of kInputs inputs pass through kStages stages of shared memory (include/operand.cuh), filled by cp.async as far
// ahead as there are stages. A warp loads the operands of the next 16 inputs while those of the last are multiplied.
//
// A sum adds 16 inputs after 16 in their order, whatever the shape of the tile: its bits depend on its own row and output
// alone. Past the last input both operands are zeros.
#pragma once

#include "mma.cuh"
#include "operand.cuh"

namespace weir {

template <typename T, int kRows_, int kOutputs_, int kInputs_, int kDown, int kAcross, int kStages_>
struct MmaTile {
    static constexpr int kRows = kRows_, kOutputs = kOutputs_, kInputs = kInputs_, kStages = kStages_;
    static constexpr int kThreads = kWarp * kDown * kAcross;
    static constexpr int kUnits = kInputs / 8;
    static constexpr int kRowTiles = kRows / kDown / 16, kOutputTiles = kOutputs / kAcross / 8;
    static constexpr int kOperandX = kRows * kInputs * 2, kStage = kOperandX + kOutputs * kInputs * 2;
    static constexpr int kStride = kOutputs + 8;  // of sums in shared memory: a warp's writes meet no bank twice

    using X = Operand<T, kRows, kInputs, kThreads>;
    using W = Operand<T, kOutputs, kInputs, kThreads>;

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
            ldmatrix_x4(f.x[i], stage + operand_place<kUnits>(row, unit) + i * 16 * kUnits * 16);
        }
        const unsigned char* w = stage + kOperandX;
        int output = warp() % kAcross * (kOutputs / kAcross) + lane() % 8;
        if constexpr (kOutputTiles == 1) {
            ldmatrix_x2(f.w[0], w + operand_place<kUnits>(output, step * 2 + lane() / 8 % 2));
        } else {
            output += lane() / 16 * 8;
#pragma unroll
            for (int j = 0; j < kOutputTiles; j += 2) {
                ldmatrix_x4(f.w[j], w + operand_place<kUnits>(output, step * 2 + lane() / 8 % 2) + j * 8 * kUnits * 16);
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
