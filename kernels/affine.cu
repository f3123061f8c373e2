// The last step of a norm: y = x (gain + offset) + bias, see IOps.Affine and include/norm.cuh.
//
// Bytes: 8 an element; gain and bias stay in the caches. 64 registers, so 8 blocks of 128 threads with 4 loads of 16 bytes
// of x each: 66 KB in flight where 23 are needed; 27 instructions for 16 bytes of 113.
#include "include/norm.cuh"

struct AffineArguments {
    weir::RowShare share;
    const float* x;
    const float* gain;
    const float* bias;  // or null
    float* y;
    int stride_x, stride_y;
    float gain_offset;
};

namespace weir {

template <bool Aligned>
WEIR_DEVICE void affine_row(const AffineArguments& a, const RowPart& part) {
    Quads<Aligned> v, gain, bias;
    int first = static_cast<int>(blockIdx.y) * kQuads;
    for (int n = first; n < first + kQuads; n += v.count) {
        part.load(row_of(a.x, part.row, a.stride_x), n, v);
        part.load(a.gain, n, gain);
        if (a.bias != nullptr) {
            part.load(a.bias, n, bias);
        }
        affine(v, gain, a.gain_offset, a.bias != nullptr, bias);
        part.store(row_of(a.y, part.row, a.stride_y), n, v);
    }
}

}  // namespace weir

WEIR_KERNEL(affine, AffineArguments, 256) {
    weir::RowPart part(a.share);
    if (a.share.aligned) {
        weir::affine_row<true>(a, part);
    } else {
        weir::affine_row<false>(a, part);
    }
}
