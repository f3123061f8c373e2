// The product of 16-bit weights on Hopper: y = x W^T with x rounded to W's type (cast_rows.cu), sums in f32, see IOps.MatMul.
// Tiles are made by include/wgmma_tile.cuh; every sum adds its inputs in the same order whatever the tile.
//
// Three shapes. Large, 128 x 256: a step of 16 inputs keeps the tensor cores busy for 256 clocks and reads 20 KiB of shared
// memory, 62 % of what it can do; four stages of 48 KiB. Medium, 128 x 128, six stages, where large tiles would be fewer
// than multiprocessors. Small, 64 x 32, for up to 64 rows, where W's bytes are the bound: 128 tiles for 4,096 outputs, each
// with 64 KiB of W on its way, where 4.3 TB/s with 700 ns of latency ask 23 KiB of a multiprocessor.
//
// There are no more blocks than multiprocessors, and each makes one tile after the other: 16 tiles of rows by all outputs
// first, so that the 132 tiles that are being made at once share both operands in the second-level cache. Each warp passes
// its sums through a patch of shared memory of its own, 16 x 32 at a time, while the copies for the next tile go on.
//
// Operations: 2 n k m; 512 x 4,096 x 14,336 is 60 GFLOP, 76 microseconds at the 790 TFLOP/s measured with PyTorch. Its 224
// large tiles are 1.7 rounds of 132, so 2, and 90 microseconds are what to expect. Bytes of the same: 117 MB of W, 4 of
// x, 29 of y and as many of a residual: 42 microseconds at 4.3 TB/s.
#include "include/epilogue.cuh"
#include "include/wgmma_tile.cuh"

struct MatMulHopperArguments {
    weir::TensorMap x, w;
    weir::Epilogue epilogue;
    int inputs;
};

namespace weir {

constexpr int kPatchOutputs = 32, kPatchStride = kPatchOutputs + 8;  // Lanes that write meet no bank twice.
constexpr int kPatchBytes = 16 * kPatchStride * 4;
constexpr int kRowTilesTogether = 16;

template <typename Tile>
WEIR_DEVICE void write_sums(const Tile& tile, const Epilogue& e, float* patch, int row, int output) {
    // A patch after the other by a loop: the code behind stands in the kernel once.
#pragma unroll 1
    for (int p = 0; p < Tile::kOutputs / kPatchOutputs; p++) {
        __syncwarp();
#pragma unroll
        for (int i = 0; i < Tile::kOutputs / 2; i += 2) {
            if (i / (kPatchOutputs / 2) == p) {
                *reinterpret_cast<float2*>(patch + Tile::row(i) % 16 * kPatchStride + Tile::output(i) % kPatchOutputs) = make_float2(tile.sums[i], tile.sums[i + 1]);
            }
        }
        __syncwarp();
        write_tile<16, kPatchOutputs, kPatchStride, kWarp>(e, patch, row + warp() * 16, output + p * kPatchOutputs, lane());
    }
}

template <typename Tile>
WEIR_DEVICE void matmul_hopper(const MatMulHopperArguments& a) {
    WEIR_DYNAMIC_SHARED(shared);
    WEIR_SHARED(typename Tile::Barriers, barriers);
    int row_tiles = ceil_div(a.epilogue.rows, Tile::kRows), output_tiles = ceil_div(a.epilogue.outputs, Tile::kOutputs);
    auto each_tile = [&](auto make) {
        int together = kRowTilesTogether * output_tiles;
        for (int t = blockIdx.x; t < row_tiles * output_tiles; t += gridDim.x) {
            int first = t / together * kRowTilesTogether, count = least(kRowTilesTogether, row_tiles - first), u = t % together;
            make((first + u % count) * Tile::kRows, u / count * Tile::kOutputs);
        }
    };

    Tile tile(shared, barriers);
    if (Tile::copies()) {
        if (Tile::is_producer()) {
            prefetch_tensor_map(a.x);
            prefetch_tensor_map(a.w);
            each_tile([&](int row, int output) { tile.produce(a.x, a.w, row, output, a.inputs); });
        }
        return;
    }
    auto* patch = reinterpret_cast<float*>(shared + Tile::kBytes + warp() * kPatchBytes);
    each_tile([&](int row, int output) {
        tile.consume(a.inputs);
        write_sums(tile, a.epilogue, patch, row, output);
    });
}

// The launcher (MatMulHopper.cs) has the same numbers.
template <typename T>
using Large = WgmmaTile<T, 2, 256, 4>;
template <typename T>
using Medium = WgmmaTile<T, 2, 128, 6>;
template <typename T>
using Small = WgmmaTile<T, 1, 32, 16>;

}  // namespace weir

WEIR_KERNEL(matmul_hopper_bf16, MatMulHopperArguments, 384, 1) { weir::matmul_hopper<weir::Large<weir::bf16>>(a); }
WEIR_KERNEL(matmul_hopper_f16, MatMulHopperArguments, 384, 1) { weir::matmul_hopper<weir::Large<weir::f16>>(a); }
WEIR_KERNEL(matmul_hopper_medium_bf16, MatMulHopperArguments, 384, 1) { weir::matmul_hopper<weir::Medium<weir::bf16>>(a); }
WEIR_KERNEL(matmul_hopper_medium_f16, MatMulHopperArguments, 384, 1) { weir::matmul_hopper<weir::Medium<weir::f16>>(a); }
WEIR_KERNEL(matmul_hopper_small_bf16, MatMulHopperArguments, 256, 1) { weir::matmul_hopper<weir::Small<weir::bf16>>(a); }
WEIR_KERNEL(matmul_hopper_small_f16, MatMulHopperArguments, 256, 1) { weir::matmul_hopper<weir::Small<weir::f16>>(a); }
