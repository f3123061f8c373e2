// How the threads of a kernel that goes row by row share the rows, twin of RowShare.cs.
//
// `lanes` neighbouring threads take a row together: a power of two up to a warp, so that a block holds several short rows
// and their sums stay within a warp, or the whole block. Elements go by fours: lane l has the quads l, l + lanes, ..., so
// that neighbours read neighbouring addresses, kQuads of them at a time, all asked for before the first is used. A quad
// moves as 16 bytes where every operand allows it (address and stride multiples of 16, width a multiple of 4: the
// launcher decides, for all threads alike) and element by element else. Who owns which element does not depend on
// that, and so neither does a bit of any sum.
#pragma once

#include "reduce.cuh"

namespace weir {

constexpr int kQuads = 4;

struct Quad {
    float x[4];
};

struct RowShare {
    int rows;     // of the grid
    int width;    // elements of a row
    int lanes;    // threads a row
    int aligned;  // 1 where quads move as 16 bytes
};

// The first `count` elements at p; the others are 0.
template <bool Aligned>
WEIR_DEVICE Quad load_quad(const float* p, int count) {
    Quad q{};
    if constexpr (Aligned) {
        if (count > 0) {
            float4 v = *reinterpret_cast<const float4*>(p);
            q = {{v.x, v.y, v.z, v.w}};
        }
    } else {
#pragma unroll
        for (int j = 0; j < 4; j++) {
            if (j < count) {
                q.x[j] = p[j];
            }
        }
    }
    return q;
}

template <bool Aligned>
WEIR_DEVICE void store_quad(float* p, Quad q, int count) {
    if constexpr (Aligned) {
        if (count > 0) {
            *reinterpret_cast<float4*>(p) = make_float4(q.x[0], q.x[1], q.x[2], q.x[3]);
        }
    } else {
#pragma unroll
        for (int j = 0; j < 4; j++) {
            if (j < count) {
                p[j] = q.x[j];
            }
        }
    }
}

// A thread's part of a row. With a grid of one block a row in y the row goes on in tiles; else the blocks of y share it.
struct RowPart {
    int row;
    int lane;
    int lanes;
    int width;  // 0 for a thread with no row, which still takes part in sums

    WEIR_DEVICE explicit RowPart(const RowShare& share) {
        int rows_per_block = static_cast<int>(blockDim.x) / share.lanes;
        row = static_cast<int>(blockIdx.x) * rows_per_block + static_cast<int>(threadIdx.x) / share.lanes;
        lane = static_cast<int>(threadIdx.x) % share.lanes;
        lanes = share.lanes;
        width = row < share.rows ? share.width : 0;
    }

    WEIR_DEVICE bool has_row() const { return width > 0; }
    WEIR_DEVICE int tile_width() const { return lanes * kQuads * 4; }
    WEIR_DEVICE int tiles() const { return ceil_div(width, tile_width()); }

    // First element of quad q of a tile, and how many of its elements the row has, below 1 for none.
    WEIR_DEVICE int at(int tile, int q) const { return ((tile * kQuads + q) * lanes + lane) * 4; }
    WEIR_DEVICE int count(int at) const { return width - at; }

    template <bool Aligned>
    WEIR_DEVICE void load(const float* p, int tile, Quad (&quads)[kQuads]) const {
#pragma unroll
        for (int q = 0; q < kQuads; q++) {
            quads[q] = load_quad<Aligned>(p + at(tile, q), count(at(tile, q)));
        }
    }

    template <bool Aligned>
    WEIR_DEVICE void store(float* p, int tile, const Quad (&quads)[kQuads]) const {
#pragma unroll
        for (int q = 0; q < kQuads; q++) {
            store_quad<Aligned>(p + at(tile, q), quads[q], count(at(tile, q)));
        }
    }

    // Every thread of the block calls it; the threads of a row get the row's.
    template <typename T, typename Combine>
    WEIR_DEVICE T reduce(T value, Combine combine) const {
        if (lanes > kWarp) {
            return block_reduce(value, combine);
        }
        for (int offset = lanes / 2; offset > 0; offset /= 2) {
            value = combine(value, __shfl_xor_sync(kAllLanes, value, offset));
        }
        return value;
    }
};

}  // namespace weir
