// The lens in f32, see IOps.Lens: logits are sums of products as matmul.cu makes them, to the bit, with W widened as it is
// read. This is the path for f32 weights and for comparisons; 16-bit weights have lens_mma.cu and lens_hopper.cu.
//
// A block makes tiles of 128 slots x 128 columns (include/chains.cuh), one after another through its part of the
// vocabulary. The sums of a tile pass through the memory of its operands, 64 columns at a time, to the threads that keep
// the statistics (include/lens_statistics.cuh); none reaches device memory.
//
// Operations: 2 n d V at 67 TFLOP/s nominal; 512 x 768 x 50,257 is 39 GFLOP, 0.6 ms. A thread does 64 d fmaf a tile and
// some 64 x 10 instructions for the statistics, 1.3 % at d = 768.
#include "include/chains.cuh"
#include "include/lens_statistics.cuh"

struct LensF32Arguments {
    weir::LensArguments lens;
    const float* x;  // rows, not slots
    const void* w;   // rows of the vocabulary; of the targets where they are picked
    int64_t stride_x, stride_w;
    int inputs, wide_x;
};

namespace weir {

template <typename T>
WEIR_DEVICE void lens(const LensF32Arguments& a) {
    constexpr int kTile = 128;
    using Tile = ChainTile<T, kTile>;
    static_assert(Tile::kSharedFloats >= kTile * kLensChunk, "A chunk takes the place of a tile's operands.");
    WEIR_SHARED(float4[Tile::kSharedFloats / 4], shared4);
    float* shared = reinterpret_cast<float*>(shared4);

    LensPart part = lens_part(a.lens, kTile);
    int block = part.tile * kTile;
    LensLane statistics;
    statistics.begin(a.lens, part, block, warp() * kLensRows);
    Panel<float, kTile> x([&](int i) { return a.x + most(lens_row(a.lens, block + i), 0) * a.stride_x; }, a.wide_x != 0, 0.0f);
    const T* rows = static_cast<const T*>(a.w);
    Tile tile;
    for (int column = part.begin; column < part.end; column += kTile) {
        Panel<T, kTile> w([&](int i) { return rows + least(column + i, part.end - 1) * a.stride_w; }, true, -0.0f);
        tile.compute(x, w, a.inputs, shared);
        auto put = [&](int first) {
#pragma unroll
            for (int i = 0; i < Tile::kOwn; i++) {
                *reinterpret_cast<float4*>(shared + lens_at(tile.down * 4 + i / 4 * 64 + i % 4, tile.across)) = tile.run(i, first);
            }
        };
#pragma unroll 1
        for (int chunk = column; chunk < least(column + kTile, part.end); chunk += kLensChunk) {
            chunk == column ? put(0) : put(4);
            __syncthreads();
            statistics.prepare(a.lens, shared, chunk);
            if (a.lens.references != nullptr) {
                __syncthreads();
            }
            statistics.add(a.lens, shared, chunk);
            __syncthreads();
        }
        if ((column + kTile) % kLensSlice == 0 || column + kTile >= part.end) {
            statistics.end_slice(a.lens, column / kLensSlice);
        }
    }
}

}  // namespace weir

WEIR_KERNEL(lens_f32, LensF32Arguments, 256) { weir::lens<float>(a); }
WEIR_KERNEL(lens_bf16, LensF32Arguments, 256) { weir::lens<weir::bf16>(a); }
WEIR_KERNEL(lens_f16, LensF32Arguments, 256) { weir::lens<weir::f16>(a); }
