// Tiles of x W^T on Hopper by a pipeline: both operands in 16 bits, inputs side by side, sums in f32.
//
// A block has kWarpgroups warpgroups that multiply, 64 rows of the tile each, and behind them one of which a single thread
// asks for bulk copies: 64 inputs of x's rows and W's at a time, into the next of kStages stages that is free. A stage has
// two barriers, full when its bytes have landed and empty when every warp has multiplied it. Tiles follow one another
// without a stop: while the sums of one are written, the operands of the next come in.
//
// A sum adds 16 inputs after 16 in their order, whatever the shape of the tile: its bits depend on its own row and output
// alone. Past the last input, row and output the copies bring zeros.
#pragma once

#include "bulk_copy.cuh"
#include "wgmma.cuh"

namespace weir {

template <typename T, int kWarpgroups_, int kOutputs_, int kStages_>
struct WgmmaTile {
    static constexpr int kWarpgroups = kWarpgroups_, kRows = 64 * kWarpgroups, kOutputs = kOutputs_, kInputs = 64, kStages = kStages_;
    static constexpr int kWarps = 4 * kWarpgroups, kThreads = kWarp * (kWarps + 4);
    static constexpr int kOperandX = kRows * kInputs * 2, kStage = kOperandX + kOutputs * kInputs * 2;
    static constexpr int kBytes = kStages * kStage;  // of dynamic shared memory, from a multiple of 1,024 bytes on

    struct Barriers { Mbarrier full[kStages], empty[kStages]; };

    // Of a thread that multiplies: sums[i] belongs to row row(i) and output output(i) of the tile.
    float sums[kOutputs / 2] = {};

    // By all threads of the block.
    WEIR_DEVICE WgmmaTile(unsigned char* shared, Barriers& barriers) : stages_(shared), barriers_(barriers) {
        if (threadIdx.x == 0) {
            for (int s = 0; s < kStages; s++) {
                mbarrier_init(barriers_.full + s, 1);
                mbarrier_init(barriers_.empty + s, kWarps);
            }
            mbarrier_init_fence();
        }
        __syncthreads();
    }

    // True in the warpgroup that copies; it then calls produce in one thread, and the others consume, for the same tiles.
    // With two that multiply it gives them registers: 40 + 2 x 232 a lane make the 3 x 168 that the block starts with.
    WEIR_DEVICE static bool copies() {
        bool copying = warp() >= kWarps;
        if constexpr (kWarpgroups == 2) {
            if (copying) {
                give_registers<40>();
            } else {
                take_registers<232>();
            }
        }
        return copying;
    }

    WEIR_DEVICE static bool is_producer() { return warp() == kWarps && elect_one(); }

    // Brings the tile that begins at this row of x and this row of W through the stages.
    WEIR_DEVICE void produce(const TensorMap& x, const TensorMap& w, int row, int output, int inputs) {
        for (int input = 0; input < inputs; input += kInputs) {
            Mbarrier* full = barriers_.full + stage_;
            unsigned char* stage = stages_ + stage_ * kStage;
            mbarrier_wait(barriers_.empty + stage_, parity_ ^ 1);
            mbarrier_arrive_expect(full, kStage);
            bulk_load(stage, x, input, row, full);
            bulk_load(stage + kOperandX, w, input, output, full);
            advance();
        }
    }

    // Makes the sums of a tile. One group of products is left running while the next stage is waited for.
    WEIR_DEVICE void consume(int inputs) {
        Mbarrier* last = nullptr;
        for (int input = 0; input < inputs; input += kInputs) {
            const unsigned char* stage = stages_ + stage_ * kStage;
            mbarrier_wait(barriers_.full + stage_, parity_);
            uint64_t x = wgmma_operand(stage + warp() / 4 * 64 * kInputs * 2), w = wgmma_operand(stage + kOperandX);
            wgmma_fence(sums);
#pragma unroll
            for (int step = 0; step < kInputs / 16; step++) {
                wgmma<T>(sums, x + step * kWgmmaStep, w + step * kWgmmaStep, input > 0 || step > 0);
            }
            wgmma_commit();
            wgmma_wait<1>(sums);
            free(last);
            last = barriers_.empty + stage_;
            advance();
        }
        wgmma_wait<0>(sums);
        free(last);
    }

    WEIR_DEVICE static int row(int i) { return warp() * 16 + lane() / 4 + i / 2 % 2 * 8; }
    WEIR_DEVICE static int output(int i) { return i / 4 * 8 + lane() % 4 * 2 + i % 2; }

private:
    WEIR_DEVICE void advance() {
        stage_++;
        if (stage_ == kStages) {
            stage_ = 0;
            parity_ ^= 1;
        }
    }

    WEIR_DEVICE static void free(Mbarrier* empty) {
        if (empty != nullptr && lane() == 0) {
            mbarrier_arrive(empty);
        }
    }

    unsigned char* stages_;
    Barriers& barriers_;
    int stage_ = 0, parity_ = 0;
};

}  // namespace weir
