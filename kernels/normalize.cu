// The middle step of a norm with a scale that is given: y = (x - mean) / scale, see IOps.Normalize and include/norm.cuh.
#include "include/norm.cuh"

struct NormalizeArguments {
    weir::RowShare share;
    const float* x;
    const float* scale;
    float* y;
    int64_t stride_x, stride_scale, stride_y;
    int centered;
};

namespace weir {

template <bool Aligned>
WEIR_DEVICE void normalize_row(const NormalizeArguments& a, const RowPart& part) {
    NormRow<Aligned> x(part, a.x + part.row * a.stride_x);
    float mean = a.centered ? x.mean() : 0;
    float inverse = part.has_row() ? 1.0f / a.scale[part.row * a.stride_scale] : 0;
    float* y = a.y + part.row * a.stride_y;
    for (int tile = 0; tile < part.tiles(); tile++) {
        x.hold(tile);
#pragma unroll
        for (int q = 0; q < kQuads; q++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                x.held[q].x[j] = normalize(x.held[q].x[j], mean, inverse);
            }
        }
        part.store<Aligned>(y, tile, x.held);
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
