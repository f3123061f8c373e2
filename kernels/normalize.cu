// The middle step of a norm with a scale that is given: y = (x - mean) / scale, see IOps.Normalize and include/norm.cuh.
//
// Bytes: 8 an element. 40 registers, so 6 blocks of 256 threads with 4 loads of 16 bytes each: 98 KB in flight where 23
// are needed.
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

template <bool Held>
WEIR_DEVICE void normalize_row(const NormalizeArguments& a) {
    RowPart part(a.share);
    HeldRow<Held> x(part, row_of(a.x, part.row, a.stride_x));
    float inverse = part.has_row() ? 1.0f / *row_of(a.scale, part.row, a.stride_scale) : 0;
    float mean = a.centered ? row_mean(x, a.inverse_width) : 0;
    for (int n = 0; n < x.end(); n += x.step) {
        Quads<Held>& v = x.from(n);
        change(v, [=](float x) { return normalize(x, mean, inverse); });
        part.store(row_of(a.y, part.row, a.stride_y), n, v);
    }
}

}  // namespace weir

WEIR_KERNEL(normalize, NormalizeArguments, 512) {
    if (weir::is_held(a.share)) {
        weir::normalize_row<true>(a);
    } else {
        weir::normalize_row<false>(a);
    }
}
