// Rotary position embedding in rotate-half layout: y[i] = x[i] cos - x[i + pairs] sin, y[i + pairs] = x[i + pairs] cos +
// x[i] sin, see IOps.Rope.
//
// A thread has a quad of pairs of a head, both halves of each, so that y may be x. Products and sums are rounded one by
// one, as on the CPU and in PyTorch. Bytes: 8 an element; the angles are the same for all heads and stay in the caches. 44
// registers, so 5 blocks of 256 threads with 2 loads of 16 bytes of x each: 41 KB in flight where 23 are needed.
#include "include/rows.cuh"

struct RopeArguments {
    weir::RowShare share;  // of the pairs of a head; the blocks of y are the heads
    const float* x;
    const float* cos;
    const float* sin;
    float* y;
    int stride_x, stride_cos, stride_sin, stride_y;
    int size;
};

namespace weir {

template <bool Aligned>
WEIR_DEVICE void rope_head(const RopeArguments& a, const RowPart& part) {
    if (part.row >= a.share.rows) {
        return;
    }
    int64_t start = static_cast<int64_t>(blockIdx.y) * a.size;
    int pairs = a.share.width;
    const float* x = row_of(a.x, part.row, a.stride_x) + start;
    float* y = row_of(a.y, part.row, a.stride_y) + start;
    const float* cosines = row_of(a.cos, part.row, a.stride_cos);
    const float* sines = row_of(a.sin, part.row, a.stride_sin);
    for (int i = part.at(0); i < pairs; i += part.lanes * 4) {
        int count = part.count(i);
        Quad left = load_quad<Aligned>(x + i, count);
        Quad right = load_quad<Aligned>(x + pairs + i, count);
        Quad c = load_quad<Aligned>(cosines + i, count);
        Quad s = load_quad<Aligned>(sines + i, count);
        Quad u, v;
#pragma unroll
        for (int j = 0; j < 4; j++) {
            u.x[j] = left.x[j] * c.x[j] - right.x[j] * s.x[j];
            v.x[j] = right.x[j] * c.x[j] + left.x[j] * s.x[j];
        }
        store_quad<Aligned>(y + i, u, count);
        store_quad<Aligned>(y + pairs + i, v, count);
    }
    if (a.x != a.y) {
        for (int i = 2 * pairs + part.at(0); i < a.size; i += part.lanes * 4) {
            store_quad<Aligned>(y + i, load_quad<Aligned>(x + i, a.size - i), a.size - i);
        }
    }
}

}  // namespace weir

WEIR_KERNEL(rope, RopeArguments, 256) {
    weir::RowPart part(a.share);
    if (a.share.aligned) {
        weir::rope_head<true>(a, part);
    } else {
        weir::rope_head<false>(a, part);
    }
}
