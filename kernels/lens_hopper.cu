// The lens of 16-bit weights on Hopper, see IOps.Lens: logits are sums of products as matmul_hopper.cu makes them, to the
// bit, of states rounded to the weights' type (cast_rows.cu).
//
// A block makes tiles of 128 slots x 256 columns (include/wgmma_tile.cuh), one after another through its part of the
// vocabulary, by two warpgroups that multiply 64 slots each. Those need one another for nothing: rows and their references
// stand in one block of 64 slots, and each warp hands its sums through 4 KiB of shared memory of its own, 64 columns at a
// time, to the lanes that keep the statistics (include/lens_statistics.cuh). So one warpgroup gets ahead of the other by
// three of the four stages, and is at its statistics while the other multiplies. Small, 64 x 256 by one warpgroup, is for
// up to 64 slots, where the bytes of W are the bound.
//
// Operations: 2 n d V; all 32 layers of 512 tokens of Llama-3.1-8B, 16,384 x 4,096 x 131,072, are 17.6 TFLOP, 22.3 ms at
// the 790 TFLOP/s measured with PyTorch. The launcher makes 128 tiles x 16 parts of them: 15.5 rounds of 132 blocks, so 16,
// and 23 ms are what to expect. 512 x 4,096 x 128,256, 0.54 TFLOP, are 4 tiles x 33 parts, one round; its longest part is
// 16 tiles of columns where 15.2 would do, 0.72 ms. Bytes of that: 1.05 GB of W, 0.24 ms at 4.3 TB/s.
//
// A tile at d = 4,096 keeps the tensor cores busy for 65,536 clocks, in which wgmma reads 5 MiB of shared memory, 62 % of
// what it can do; the statistics add 0.25 MiB. A warp's statistics of a tile are 1,350 instructions, as counted in SASS,
// with log-sum-exp, entropy and top-k, 2,060 with the divergence too (MUFU takes 1,060 clocks of it), and one warp of a
// warpgroup has a scheduler for itself; three stages at the full rate of one warpgroup are 1,536 clocks. So what of the
// statistics is seen is under 1 % of the time, 2 % with divergences.
#include "include/lens_statistics.cuh"
#include "include/wgmma_tile.cuh"

struct LensHopperArguments {
    weir::TensorMap x, w;  // slots; rows of the vocabulary, or of the targets where they are picked
    weir::LensArguments lens;
    int inputs;
};

namespace weir {

constexpr int kLensSlots = 64;  // that a warpgroup works on

template <typename Tile>
WEIR_DEVICE void lens_hopper(const LensHopperArguments& a) {
    WEIR_DYNAMIC_SHARED(shared);
    WEIR_SHARED(typename Tile::Barriers, barriers);
    LensPart part = lens_part(a.lens, Tile::kRows);
    Tile tile(shared, barriers);
    if (Tile::copies()) {
        if (Tile::is_producer()) {
            prefetch_tensor_map(a.x);
            prefetch_tensor_map(a.w);
            for (int column = part.begin; column < part.end; column += Tile::kOutputs) {
                tile.produce(a.x, a.w, part.tile * Tile::kRows, column, a.inputs);
            }
        }
        return;
    }

    int warpgroup = warp() / 4, first_row = warp() % 4 * kLensRows;
    bool divergence = a.lens.references != nullptr && a.lens.pick == 0;
    float* chunk = reinterpret_cast<float*>(shared + Tile::kBytes) + warpgroup * kLensSlots * kLensChunk;
    auto wait = [&] {
        if (divergence) {
            named_barrier_sync(1 + warpgroup, 4 * kWarp);
        } else {
            __syncwarp();
        }
    };
    int own = lens_at(Tile::row(0) % kLensSlots, Tile::output(0) / 4) + Tile::output(0) % 4;
    LensLane statistics;
    statistics.begin(a.lens, part, part.tile * Tile::kRows + warpgroup * kLensSlots, first_row);
    for (int column = part.begin; column < part.end; column += Tile::kOutputs) {
        tile.consume(a.inputs);
#pragma unroll 1
        for (int first = 0; first < least(Tile::kOutputs, part.end - column); first += kLensChunk) {
#pragma unroll
            for (int of = 0; of < Tile::kOutputs; of += kLensChunk) {
                if (of == first) {
#pragma unroll
                    for (int i = 0; i < kLensChunk / 2; i += 2) {
                        // Eight columns further two units, which only turn; eight rows further the same place.
                        float* to = chunk + (own ^ i / 4 * 8) + i / 2 % 2 * 8 * kLensChunk;
                        *reinterpret_cast<float2*>(to) = make_float2(tile.sums[of / 2 + i], tile.sums[of / 2 + i + 1]);
                    }
                }
            }
            __syncwarp();
            statistics.prepare(a.lens, chunk, column + first);
            if (divergence) {
                wait();
            }
            statistics.add(a.lens, chunk, column + first);
            wait();
        }
        if ((column + Tile::kOutputs) % kLensSlice == 0 || column + Tile::kOutputs >= part.end) {
            statistics.end_slice(a.lens, column / kLensSlice);
        }
    }
}

// The launcher (Lens.cs) has the same numbers.
template <typename T>
using Large = WgmmaTile<T, 2, 256, 4>;
template <typename T>
using Small = WgmmaTile<T, 1, 256, 5>;

}  // namespace weir

WEIR_KERNEL(lens_hopper_bf16, LensHopperArguments, 384, 1) { weir::lens_hopper<weir::Large<weir::bf16>>(a); }
WEIR_KERNEL(lens_hopper_f16, LensHopperArguments, 384, 1) { weir::lens_hopper<weir::Large<weir::f16>>(a); }
WEIR_KERNEL(lens_hopper_small_bf16, LensHopperArguments, 256, 1) { weir::lens_hopper<weir::Small<weir::bf16>>(a); }
WEIR_KERNEL(lens_hopper_small_f16, LensHopperArguments, 256, 1) { weir::lens_hopper<weir::Small<weir::f16>>(a); }
