// y[i] = x[indices[i]], see IOps.GatherRows and include/rows.cuh.
//
// Bytes: 8 an element. 32 registers, so 16 blocks of 128 threads with 4 loads of 16 bytes each: 131 KB in flight where 23
// are needed; 14 instructions for 16 bytes of 113.
#include "include/rows.cuh"

struct GatherRowsArguments {
    weir::RowShare share;  // of y
    const float* x;
    const int* indices;
    float* y;
    int* fault;
    int stride_x, stride_y;
    int rows;  // of x
};

namespace weir {

template <bool Aligned>
WEIR_DEVICE void gather_row(const GatherRowsArguments& a, const RowPart& part, int index) {
    Quads<Aligned> v;
    int first = static_cast<int>(blockIdx.y) * kQuads;
    for (int n = first; n < first + kQuads; n += v.count) {
        part.load(row_of(a.x, index, a.stride_x), n, v);
        part.store(row_of(a.y, part.row, a.stride_y), n, v);
    }
}

}  // namespace weir

WEIR_KERNEL(gather_rows, GatherRowsArguments, 256) {
    weir::RowPart part(a.share);
    if (!part.has_row()) {
        return;
    }
    int index = a.indices[part.row];
    if (index < 0 || index >= a.rows) {
        weir::report(a.fault, weir::Fault::Index);
    } else if (a.share.aligned) {
        weir::gather_row<true>(a, part, index);
    } else {
        weir::gather_row<false>(a, part, index);
    }
}
