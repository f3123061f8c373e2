// The middle step of a norm with a scale that is given: y = (x - mean) / scale, see IOps.Normalize and include/norm.cuh.
#include "include/norm.cuh"

struct NormalizeArguments {
    weir::RowShare share;
    const float* x;
    const float* scale;
    float* y;
    int stride_x, stride_scale, stride_y;
    int centered;
};

namespace weir {

template <bool Aligned>
WEIR_DEVICE void normalize_row(const NormalizeArguments& a, const RowPart& part) {
    NormRow<Aligned> x(part, row_of(a.x, part.row, a.stride_x));
    float mean = a.centered ? x.mean() : 0;
    float inverse = part.has_row() ? 1.0f / *row_of(a.scale, part.row, a.stride_scale) : 0;
    float* y = row_of(a.y, part.row, a.stride_y);
    for (int n = 0; n < part.quads(); n += x.held.count) {
        x.hold(n);
#pragma unroll
        for (Quad& q : x.held.q) {
#pragma unroll
            for (float& v : q.x) {
                v = normalize(v, mean, inverse);
            }
        }
        part.store(y, n, x.held);
    }
}

}  // namespace weir

WEIR_KERNEL(normalize, NormalizeArguments, 1024) {
    weir::RowPart part(a.share);
    if (a.share.aligned) {
        weir::normalize_row<true>(a, part);
    } else {
        weir::normalize_row<false>(a, part);
    }
}
