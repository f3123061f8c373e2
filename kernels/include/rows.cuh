// How the threads of a kernel that goes row by row share the rows, twin of RowShare.cs.
//
// `lanes` neighbouring threads take a row together: a power of two up to a warp, so that a block holds several short rows
// and their sums stay within a warp, or the whole block. Elements go by fours: lane l has the quads l, l + lanes, ..., so
// that neighbours read neighbouring addresses. Where every operand allows it (address and stride multiples of 16 bytes,
// width of 4 elements: the launcher decides, for all threads alike) a quad moves in one instruction, and a thread asks for
// kQuads of them before it uses the first; else a quad moves element by element, one after another. Who owns which element,
// and in what order, is the same in both, and so is every bit of a sum.
//
// All of these kernels are bound by memory. What that asks for, on an H200 (132 multiprocessors, copying 4.3 TB/s, about
// 700 ns until a load comes back, 1.8 GHz):
//   in flight    4.3 TB/s x 700 ns / 132 = 23 KB a multiprocessor
//   instructions a multiprocessor moves 18 bytes a cycle, so the 512 bytes of a warp's quads take 28 cycles, in which its
//                four schedulers issue 113 instructions
// Each kernel says what it has of both. Counts are of nvcc 12.4 for sm_90, the path of an aligned row of 4,096.
#pragma once

#include "reduce.cuh"
#include "vector.cuh"

namespace weir {

constexpr int kQuads = 4;

using Quad = Vector16<float>;

struct RowShare {
    int rows;     // of the grid
    int width;    // elements of a row
    int lanes;    // threads a row
    int quads;    // of a thread, at most
    int aligned;  // 1 where quads move as 16 bytes
};

WEIR_DEVICE const float* row_of(const float* p, int row, int stride) { return p + static_cast<int64_t>(row) * stride; }
WEIR_DEVICE float* row_of(float* p, int row, int stride) { return p + static_cast<int64_t>(row) * stride; }

// The first `count` elements at p; the others are 0.
template <bool Aligned>
WEIR_DEVICE Quad load_quad(const float* p, int count) {
    Quad q{};
    if constexpr (Aligned) {
        if (count > 0) {
            q = load16(p);
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
            store16(p, q);
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

// What a thread holds of a row at a time.
template <bool Aligned>
struct Quads {
    static constexpr int count = Aligned ? kQuads : 1;
    Quad q[count];
};

// x = f(x, others...), element by element.
template <bool Aligned, typename Function, typename... Others>
WEIR_DEVICE void change(Quads<Aligned>& x, Function f, const Others&... others) {
#pragma unroll
    for (int i = 0; i < x.count; i++) {
#pragma unroll
        for (int j = 0; j < 4; j++) {
            x.q[i].x[j] = f(x.q[i].x[j], others.q[i].x[j]...);
        }
    }
}

// A thread's part of a row.
struct RowPart {
    int row;
    int lane;
    int lanes;
    int width;  // 0 for a thread with no row, which still takes part in sums
    int quads;  // of the row's first lane; another has as many or one less

    WEIR_DEVICE explicit RowPart(const RowShare& share) {
        lanes = share.lanes;
        if (lanes > kWarp) {
            row = static_cast<int>(blockIdx.x);
            lane = static_cast<int>(threadIdx.x);
        } else {
            int shift = 31 - __clz(lanes);
            row = static_cast<int>(blockIdx.x * (blockDim.x >> shift) + (threadIdx.x >> shift));
            lane = static_cast<int>(threadIdx.x) & (lanes - 1);
        }
        width = row < share.rows ? share.width : 0;
        quads = row < share.rows ? share.quads : 0;
    }

    WEIR_DEVICE bool has_row() const { return width > 0; }

    // First element of the thread's nth quad, and how many of its elements the row has, below 1 for none.
    WEIR_DEVICE int at(int n) const { return (lane + n * lanes) * 4; }
    WEIR_DEVICE int count(int at) const { return width - at; }

    // The thread's quads from n on.
    template <bool Aligned>
    WEIR_DEVICE void load(const float* p, int n, Quads<Aligned>& to) const {
#pragma unroll
        for (int i = 0; i < to.count; i++) {
            to.q[i] = load_quad<Aligned>(p + at(n + i), count(at(n + i)));
        }
    }

    template <bool Aligned>
    WEIR_DEVICE void store(float* p, int n, const Quads<Aligned>& from) const {
#pragma unroll
        for (int i = 0; i < from.count; i++) {
            store_quad<Aligned>(p + at(n + i), from.q[i], count(at(n + i)));
        }
    }

    // Each of a few values over the row. Every thread of the block calls it; the threads of a row get the row's.
    template <typename T, int N, typename Combine>
    WEIR_DEVICE void reduce(T (&values)[N], Combine combine) const {
        if (lanes > kWarp) {
            block_reduce(values, combine);
            return;
        }
        for (int offset = lanes / 2; offset > 0; offset /= 2) {
#pragma unroll
            for (int i = 0; i < N; i++) {
                values[i] = combine(values[i], __shfl_xor_sync(kAllLanes, values[i], offset));
            }
        }
    }

    template <typename T, typename Combine>
    WEIR_DEVICE T reduce(T value, Combine combine) const {
        T values[1] = {value};
        reduce(values, combine);
        return values[0];
    }
};

// A row that is used more than once. Where it is held, all its quads are asked for at once, long before the first is used,
// and stay in registers; else it is gone through again, quad by quad.
template <bool Held>
struct HeldRow {
    RowPart part;
    const float* row;  // or null
    Quads<Held> quads;

    // Zeros for a row that is not there.
    WEIR_DEVICE HeldRow(const RowPart& part, const float* row) : part(part), row(row), quads{} {
        if (Held && row != nullptr) {
            part.load(row, 0, quads);
        }
    }

    // What to go through it by: for (int n = 0; n < row.end(); n += row.step) { use row.from(n) }
    static constexpr int step = Quads<Held>::count;
    WEIR_DEVICE int end() const { return Held ? step : part.quads; }
    WEIR_DEVICE Quads<Held>& from(int n) {
        if (!Held && row != nullptr) {
            part.load(row, n, quads);
        }
        return quads;
    }
};

// Whether threads can hold their quads of a row.
WEIR_DEVICE bool is_held(const RowShare& share) { return share.aligned && share.quads <= kQuads; }

}  // namespace weir
