// y[i] = x[indices[i]], see IOps.GatherRows and include/rows.cuh.
#include "include/rows.cuh"

struct GatherRowsArguments {
    weir::RowShare share;  // of y
    const float* x;
    const int* indices;
    float* y;
    int* fault;
    int64_t stride_x, stride_y;
    int rows;  // of x
};

namespace weir {

template <bool Aligned>
WEIR_DEVICE void gather_row(const GatherRowsArguments& a, const RowPart& part, int tile, int index) {
    Quad v[kQuads];
    part.load<Aligned>(a.x + index * a.stride_x, tile, v);
    part.store<Aligned>(a.y + part.row * a.stride_y, tile, v);
}

}  // namespace weir

WEIR_KERNEL(gather_rows, GatherRowsArguments, 256) {
    weir::RowPart part(a.share);
    if (!part.has_row()) {
        return;
    }
    int tile = static_cast<int>(blockIdx.y);
    int index = a.indices[part.row];
    if (index < 0 || index >= a.rows) {
        weir::report(a.fault, weir::Fault::Index);
    } else if (a.share.aligned) {
        weir::gather_row<true>(a, part, tile, index);
    } else {
        weir::gather_row<false>(a, part, tile, index);
    }
}
