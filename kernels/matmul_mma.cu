// The product of 16-bit weights on tensor cores (Ampere and later): y = x W^T with x rounded to W's type (cast_rows.cu), sums
// in f32, see IOps.MatMul. Tiles are made by include/mma_tile.cuh; every sum adds its inputs in the same order whatever the
// tile, so that a row's bits do not depend on its batch.
//
// Three shapes. Large, 128 x 128 by four warps of 64 x 64: a step of 16 inputs is 8 ldmatrix for 32 mma, 16 KiB of shared
// memory read and 8 KiB written a block for 256 clocks of an A100 multiprocessor's tensor cores, 75 % of what its shared
// memory can do. Four stages of 32 inputs are 64 KiB, so that two blocks fit. Medium, 64 x 64 by four warps of 32 x 32, where
// large tiles would be fewer than multiprocessors. Small, 16 x 32, for up to 16 rows, where W's bytes are the bound: 128
// blocks for 4,096 outputs with 24 KiB of W in flight each, which is what 4.3 TB/s with 700 ns of latency ask of a
// multiprocessor (23 KiB).
//
// Operations: 2 n k m; 512 x 4,096 x 14,336 is 60 GFLOP, 0.19 ms at an A100's 312 TFLOP/s. On Hopper mma reaches some 62 %
// of the tensor cores, 0.1 ms; matmul_hopper.cu is for that. Bytes of the same: 117 MB of W, 27 microseconds at 4.3 TB/s.
#include "include/epilogue.cuh"
#include "include/mma_tile.cuh"

struct MatMulMmaArguments {
    weir::Epilogue epilogue;
    const void* x;  // rows at multiples of 16 bytes
    const void* w;  // from the first input on; rows at multiples of 16 bytes
    int64_t stride_x, stride_w;
    int inputs;
};

namespace weir {

template <typename T, typename Tile>
WEIR_DEVICE void matmul_mma(const MatMulMmaArguments& a) {
    WEIR_DYNAMIC_SHARED(shared);
    int row = blockIdx.x * Tile::kRows, output = blockIdx.y * Tile::kOutputs;
    const T *x_rows = static_cast<const T*>(a.x), *w_rows = static_cast<const T*>(a.w);

    // Past the last row the last stands in; its sums are not written.
    typename Tile::X x([&](int i) { return x_rows + least(row + i, a.epilogue.rows - 1) * a.stride_x; });
    typename Tile::W w([&](int i) { return w_rows + least(output + i, a.epilogue.outputs - 1) * a.stride_w; });
    Tile tile;
    tile.compute(x, w, a.inputs, shared);
    float* sums = reinterpret_cast<float*>(shared);
    tile.put(sums);
    __syncthreads();
    write_tile<Tile::kRows, Tile::kOutputs, Tile::kStride, Tile::kThreads>(a.epilogue, sums, row, output);
}

// The launcher (MatMul.cs) has the same numbers.
template <typename T>
using Large = MmaTile<T, 128, 128, 32, 2, 2, 4>;
template <typename T>
using Medium = MmaTile<T, 64, 64, 64, 2, 2, 4>;
template <typename T>
using Small = MmaTile<T, 16, 32, 128, 1, 4, 4>;

}  // namespace weir

WEIR_KERNEL(matmul_mma_bf16, MatMulMmaArguments, 128, 2) { weir::matmul_mma<weir::bf16, weir::Large<weir::bf16>>(a); }
WEIR_KERNEL(matmul_mma_f16, MatMulMmaArguments, 128, 2) { weir::matmul_mma<weir::f16, weir::Large<weir::f16>>(a); }
WEIR_KERNEL(matmul_mma_medium_bf16, MatMulMmaArguments, 128, 2) { weir::matmul_mma<weir::bf16, weir::Medium<weir::bf16>>(a); }
WEIR_KERNEL(matmul_mma_medium_f16, MatMulMmaArguments, 128, 2) { weir::matmul_mma<weir::f16, weir::Medium<weir::f16>>(a); }
WEIR_KERNEL(matmul_mma_small_bf16, MatMulMmaArguments, 128, 2) { weir::matmul_mma<weir::bf16, weir::Small<weir::bf16>>(a); }
WEIR_KERNEL(matmul_mma_small_f16, MatMulMmaArguments, 128, 2) { weir::matmul_mma<weir::f16, weir::Small<weir::f16>>(a); }
