// Statistics of two states, row by row: |a|^2, |b|^2, a . b, |a - b|^2, each summed in f64 in a fixed order, see
// IOps.CompareRows and include/rows.cuh.
//
// Bytes: 8 an element. 42 registers, so 5 blocks of 256 threads with 8 loads of 16 bytes each: 164 KB in flight where 23
// are needed; about 45 instructions for 16 bytes of 113, among them 4 conversions to f64 of 2 cycles and 10 f64 operations.
#include "include/rows.cuh"

struct CompareRowsArguments {
    weir::RowShare share;
    const float* a;
    const float* b;
    float* statistics;
    int stride_a, stride_b, stride_statistics;
};

namespace weir {

template <bool Aligned>
WEIR_DEVICE void compare_row(const CompareRowsArguments& a, const RowPart& part) {
    double sums[4] = {};
    Quads<Aligned> u, v;
    for (int n = 0; n < part.quads; n += u.count) {
        part.load(row_of(a.a, part.row, a.stride_a), n, u);
        part.load(row_of(a.b, part.row, a.stride_b), n, v);
#pragma unroll
        for (int i = 0; i < u.count; i++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {  // what is not there is 0 and adds nothing
                double x = u.q[i].x[j], y = v.q[i].x[j], d = x - y;
                sums[0] = fma(x, x, sums[0]);
                sums[1] = fma(y, y, sums[1]);
                sums[2] = fma(x, y, sums[2]);
                sums[3] = fma(d, d, sums[3]);
            }
        }
    }
    part.reduce(sums, Sum());
    if (part.row < a.share.rows && part.lane == 0) {
        float* s = row_of(a.statistics, part.row, a.stride_statistics);
#pragma unroll
        for (int i = 0; i < 4; i++) {
            s[i] = static_cast<float>(sums[i]);
        }
    }
}

}  // namespace weir

WEIR_KERNEL(compare_rows, CompareRowsArguments, 512) {
    weir::RowPart part(a.share);
    if (a.share.aligned) {
        weir::compare_row<true>(a, part);
    } else {
        weir::compare_row<false>(a, part);
    }
}
