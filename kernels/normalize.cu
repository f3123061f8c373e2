// The middle step of a norm with a scale that is given: y = (x - mean) / scale, see IOps.Normalize and include/norm.cuh.
#include "include/norm.cuh"

struct NormalizeArguments {
    weir::RowShare share;
    const float* x;
    const float* scale;
    float* y;
    double inverse_width;
    int stride_x, stride_scale, stride_y;
    int centered;
};

namespace weir {

template <bool Aligned>
WEIR_DEVICE void normalize_row(const NormalizeArguments& a, const RowPart& part) {
    HeldRow<Aligned> x(part, row_of(a.x, part.row, a.stride_x));
    float inverse = part.has_row() ? 1.0f / *row_of(a.scale, part.row, a.stride_scale) : 0;
    float mean = a.centered ? row_mean(x, a.inverse_width) : 0;
    float* y = row_of(a.y, part.row, a.stride_y);
    for (int n = 0; n < part.quads; n += x.held.count) {
        Quads<Aligned> v = x.from(n);
#pragma unroll
        for (int i = 0; i < v.count; i++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                v.q[i].x[j] = normalize(v.q[i].x[j], mean, inverse);
            }
        }
        part.store(y, n, v);
    }
}

}  // namespace weir

WEIR_KERNEL(normalize, NormalizeArguments, 512) {
    weir::RowPart part(a.share);
    if (a.share.aligned) {
        weir::normalize_row<true>(a, part);
    } else {
        weir::normalize_row<false>(a, part);
    }
}
