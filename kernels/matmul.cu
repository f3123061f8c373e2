// The product in f32: y = x W^T with W widened as it is read, see IOps.MatMul. Every sum is one chain of fmaf in the order
// of the inputs, which is what the CPU body computes: the same bits, whatever the tile and the number of rows.
//
// A block makes a square tile of y, 128 or 64 wide (include/chains.cuh). The small tile is for products that have fewer
// large ones than the device has multiprocessors.
//
// Operations: 2 n k m at 67 TFLOP/s nominal; 512 x 4,096 x 14,336 is 60 GFLOP, 0.9 ms. Bytes for the same: 243 MB, 57
// microseconds, so arithmetic is the bound for more than some 30 rows; up to 32 have matmul_few_chains.cu. Of the 1,282
// instructions of the loop over tiles of 16 inputs 1,024 are fmaf, and some 60 of the rest are not run where rows lie at
// multiples of 16 bytes. This is the path for f32 weights and for comparisons; 16-bit weights have matmul_mma.cu.
#include "include/chains.cuh"
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

template <typename T, int kTile>
WEIR_DEVICE void matmul(const MatMulArguments& a) {
    using Tile = ChainTile<T, kTile>;
    WEIR_SHARED(float4[Tile::kSharedFloats / 4], shared4);
    float* shared = reinterpret_cast<float*>(shared4);
    int row = blockIdx.x * kTile, output = blockIdx.y * kTile;

    // Past the last row the last stands in; its sums are not written.
    const T* w_rows = static_cast<const T*>(a.w);
    Panel<float, kTile> x([&](int i) { return a.x + least(row + i, a.epilogue.rows - 1) * a.stride_x; }, a.wide_x != 0, 0.0f);
    Panel<T, kTile> w([&](int i) { return w_rows + least(output + i, a.epilogue.outputs - 1) * a.stride_w; }, a.wide_w != 0, -0.0f);
    Tile tile;
    tile.compute(x, w, a.inputs, shared);

    // The stages' memory now holds the sums, 64 rows at a time.
#pragma unroll
    for (int i = 0; i < Tile::kOwn; i += 4) {
#pragma unroll
        for (int r = 0; r < 4; r++) {
#pragma unroll
            for (int j = 0; j < Tile::kOwn; j += 4) {
                *reinterpret_cast<float4*>(shared + (tile.down * 4 + r) * kTile + tile.across * 4 + j * 16) = tile.run(i + r, j);
            }
        }
        __syncthreads();
        write_tile<64, kTile, kTile, kChainThreads>(a.epilogue, shared, row + i * 16, output);
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
