// The last step of a norm: y = x (gain + offset) + bias, see IOps.Affine and include/norm.cuh.
#include "include/norm.cuh"

struct AffineArguments {
    weir::RowShare share;
    const float* x;
    const float* gain;
    const float* bias;  // or null
    float* y;
    int64_t stride_x, stride_y;
    float gain_offset;
};

namespace weir {

template <bool Aligned>
WEIR_DEVICE void affine_row(const AffineArguments& a, const RowPart& part, int tile) {
    Quad v[kQuads];
    part.load<Aligned>(a.x + part.row * a.stride_x, tile, v);
#pragma unroll
    for (int q = 0; q < kQuads; q++) {
        int at = part.at(tile, q);
        v[q] = affine_quad<Aligned>(v[q], a.gain, a.gain_offset, a.bias, at, part.count(at));
    }
    part.store<Aligned>(a.y + part.row * a.stride_y, tile, v);
}

}  // namespace weir

WEIR_KERNEL(affine, AffineArguments, 256) {
    weir::RowPart part(a.share);
    int tile = static_cast<int>(blockIdx.y);
    if (a.share.aligned) {
        weir::affine_row<true>(a, part, tile);
    } else {
        weir::affine_row<false>(a, part, tile);
    }
}
