// y = f(a, b), element by element; see rows.cuh for how threads share rows. The blocks of y share a row longer than a
// block takes at once.
#pragma once

#include "rows.cuh"

namespace weir {

struct ElementwiseArguments {
    RowShare share;
    const float* a;
    const float* b;  // or null: f looks at a alone
    float* y;
    int stride_a, stride_b, stride_y;
    float constant;
};

template <bool Aligned, typename Function>
WEIR_DEVICE void elementwise_quads(const RowPart& part, const float* a, const float* b, float* y, Function f) {
    Quads<Aligned> u, v{};
    int first = static_cast<int>(blockIdx.y) * kQuads;
    for (int n = first; n < first + kQuads; n += u.count) {
        part.load(a, n, u);
        if (b != nullptr) {
            part.load(b, n, v);
        }
        change(u, f, v);
        part.store(y, n, u);
    }
}

template <typename Function>
WEIR_DEVICE void elementwise_row(const RowPart& part, bool aligned, const float* a, const float* b, float* y, Function f) {
    if (aligned) {
        elementwise_quads<true>(part, a, b, y, f);
    } else {
        elementwise_quads<false>(part, a, b, y, f);
    }
}

template <typename Function>
WEIR_DEVICE void elementwise(const ElementwiseArguments& a, Function f) {
    RowPart part(a.share);
    elementwise_row(part, a.share.aligned, row_of(a.a, part.row, a.stride_a),
                    a.b == nullptr ? nullptr : row_of(a.b, part.row, a.stride_b), row_of(a.y, part.row, a.stride_y), f);
}

}  // namespace weir
