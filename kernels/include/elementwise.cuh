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
    int64_t stride_a, stride_b, stride_y;
    float constant;
};

template <bool Aligned, typename Function>
WEIR_DEVICE void elementwise_tile(const RowPart& part, int tile, const float* a, const float* b, float* y, Function f) {
    Quad u[kQuads];
    Quad v[kQuads]{};
    part.load<Aligned>(a, tile, u);
    if (b != nullptr) {
        part.load<Aligned>(b, tile, v);
    }
#pragma unroll
    for (int q = 0; q < kQuads; q++) {
#pragma unroll
        for (int j = 0; j < 4; j++) {
            u[q].x[j] = f(u[q].x[j], v[q].x[j]);
        }
    }
    part.store<Aligned>(y, tile, u);
}

template <typename Function>
WEIR_DEVICE void elementwise_row(const RowPart& part, const RowShare& share, const float* a, const float* b, float* y, Function f) {
    int tile = static_cast<int>(blockIdx.y);
    if (share.aligned) {
        elementwise_tile<true>(part, tile, a, b, y, f);
    } else {
        elementwise_tile<false>(part, tile, a, b, y, f);
    }
}

template <typename Function>
WEIR_DEVICE void elementwise(const ElementwiseArguments& a, Function f) {
    RowPart part(a.share);
    elementwise_row(part, a.share, a.a + part.row * a.stride_a, a.b == nullptr ? nullptr : a.b + part.row * a.stride_b,
                    a.y + part.row * a.stride_y, f);
}

}  // namespace weir
