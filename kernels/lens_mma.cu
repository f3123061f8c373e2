// The lens of 16-bit weights on tensor cores (Ampere and later), see IOps.Lens: logits are sums of products as
// matmul_mma.cu makes them, to the bit, of states rounded to the weights' type (cast_rows.cu).
//
// A block of four warps makes tiles of 128 slots x 128 columns (include/mma_tile.cuh), one after another through its part
// of the vocabulary. The sums of a tile pass through the memory of its operands, in chunks of 64 columns, to the threads that
// keep the statistics (include/lens_statistics.cuh); a warp looks after 32 rows. Two blocks share a multiprocessor, so that
// one multiplies while the other is at its statistics.
//
// Operations: 2 n d V; 512 x 4,096 x 128,256 is 538 GFLOP, 1.7 ms at an A100's 312 TFLOP/s. A warp's statistics of a tile
// are some 10 instructions for each of its 32 x 128 / 32 logits a lane, 1,300, for 2,048 mma at d = 4,096, which take
// 32,768 clocks of its tensor core.
#include "include/lens_statistics.cuh"
#include "include/mma_tile.cuh"

struct LensMmaArguments {
    weir::LensArguments lens;
    const void* x;  // slots; rows at multiples of 16 bytes
    const void* w;  // rows of the vocabulary; of the targets where they are picked
    int64_t stride_x, stride_w;
    int inputs;
};

namespace weir {

template <typename T>
WEIR_DEVICE void lens_mma(const LensMmaArguments& a) {
    using Tile = MmaTile<T, 128, 128, 32, 2, 2, 4>;  // Lens.cs has the same numbers.
    constexpr int kSets = Tile::kRows / kLensRows / (Tile::kThreads / kWarp);
    constexpr int kChunk = Tile::kRows * kLensChunk;
    static_assert(Tile::kOutputTiles * 8 == kLensChunk, "A warp fills the columns of a chunk.");
    static_assert(Tile::kStages * Tile::kStage >= Tile::kRows * Tile::kOutputs * 4, "A tile's sums take the place of its operands.");
    WEIR_DYNAMIC_SHARED(shared);
    float* chunks = reinterpret_cast<float*>(shared);

    LensPart part = lens_part(a.lens, Tile::kRows);
    int block = part.tile * Tile::kRows;
    LensLane statistics[kSets];
#pragma unroll
    for (int set = 0; set < kSets; set++) {
        statistics[set].begin(a.lens, part, block, (warp() * kSets + set) * kLensRows);
    }
    const T *slots = static_cast<const T*>(a.x), *rows = static_cast<const T*>(a.w);
    typename Tile::X x([&](int i) { return slots + (block + i) * a.stride_x; });
    Tile tile;
    int first_output = Tile::output(0, 0);  // A warp's outputs are one chunk.
    int own = first_output / kLensChunk * kChunk + lens_at(Tile::row(0, 0), first_output % kLensChunk / 4) + first_output % 4;
    for (int column = part.begin; column < part.end; column += Tile::kOutputs) {
        typename Tile::W w([&](int i) { return rows + least(column + i, part.end - 1) * a.stride_w; });
        tile.compute(x, w, a.inputs, shared);
#pragma unroll
        for (int i = 0; i < Tile::kRowTiles; i++) {
#pragma unroll
            for (int j = 0; j < Tile::kOutputTiles; j++) {
#pragma unroll
                for (int r = 0; r < 4; r += 2) {
                    // Eight outputs further two units, which only turn; eight rows further the same place.
                    float* to = chunks + (own ^ j * 8) + (i * 2 + r / 2) * 8 * kLensChunk;
                    *reinterpret_cast<float2*>(to) = make_float2(tile.sums[i][j][r], tile.sums[i][j][r + 1]);
                }
            }
        }
        __syncthreads();
#pragma unroll 1
        for (int first = column; first < least(column + Tile::kOutputs, part.end); first += kLensChunk) {
            float* chunk = chunks + (first - column) / kLensChunk * kChunk;
#pragma unroll
            for (int set = 0; set < kSets; set++) {
                statistics[set].prepare(a.lens, chunk, first);
            }
            if (a.lens.references != nullptr) {
                __syncthreads();
            }
#pragma unroll
            for (int set = 0; set < kSets; set++) {
                statistics[set].add(a.lens, chunk, first);
            }
        }
        __syncthreads();
        if ((column + Tile::kOutputs) % kLensSlice == 0 || column + Tile::kOutputs >= part.end) {
#pragma unroll
            for (int set = 0; set < kSets; set++) {
                statistics[set].end_slice(a.lens, column / kLensSlice);
            }
        }
    }
}

}  // namespace weir

WEIR_KERNEL(lens_mma_bf16, LensMmaArguments, 128, 2) { weir::lens_mma<weir::bf16>(a); }
WEIR_KERNEL(lens_mma_f16, LensMmaArguments, 128, 2) { weir::lens_mma<weir::f16>(a); }
