// What the two norms and their separate steps share, so that all give the same bits.
//
// Row, gain and bias are asked for together, before anything waits: in decoding all of them come from memory, since a
// layer's weights have gone through the caches since the last token. Sums are taken in f64: a thread's own elements in
// four chains, one for each place in a quad, then the fixed tree of RowPart::reduce.
#pragma once

#include "rows.cuh"

namespace weir {

struct NormArguments {
    RowShare share;  // of groups: the blocks of y are the groups of a row
    const float* x;
    const float* gain;
    const float* bias;  // or null
    float* y;
    float* scale;       // or null
    float* normalized;  // or null
    const float* residual;
    float* sum;         // or null
    double inverse_size;
    int stride_x, stride_y, stride_scale, stride_normalized, stride_residual, stride_sum;
    float gain_offset, epsilon;
};

// f(element, chain) over a thread's elements, then the sum over the row's threads.
template <bool Held, typename Term>
WEIR_DEVICE double sum_row(HeldRow<Held>& x, Term f) {
    const RowPart& part = x.part;
    double chain[4] = {};
    for (int n = 0; n < x.end(); n += x.step) {
        const Quads<Held>& v = x.from(n);
#pragma unroll
        for (int i = 0; i < x.step; i++) {
            int count = part.count(part.at(n + i));
#pragma unroll
            for (int j = 0; j < 4; j++) {
                if (Held ? count > 0 : j < count) {
                    chain[j] = f(v.q[i].x[j], chain[j]);
                }
            }
        }
    }
    return part.reduce((chain[0] + chain[1]) + (chain[2] + chain[3]), Sum());
}

template <bool Held>
WEIR_DEVICE float row_mean(HeldRow<Held>& x, double inverse_size) {
    return static_cast<float>(sum_row(x, [](float x, double sum) { return sum + x; }) * inverse_size);
}

// The middle step of a norm.
WEIR_DEVICE float normalize(float x, float mean, float inverse) { return (x - mean) * inverse; }

// The last step of a norm.
template <bool Aligned>
WEIR_DEVICE void affine(Quads<Aligned>& v, const Quads<Aligned>& gain, float offset, bool has_bias, const Quads<Aligned>& bias) {
    if (has_bias) {
        change(v, [=](float x, float g, float b) { return fmaf(x, g + offset, b); }, gain, bias);
    } else {
        change(v, [=](float x, float g) { return x * (g + offset); }, gain);
    }
}

template <bool Held, bool Centered>
WEIR_DEVICE void norm_row(const NormArguments& a) {
    RowPart part(a.share);
    int group = static_cast<int>(blockIdx.y);
    int64_t start = static_cast<int64_t>(group) * a.share.width;
    HeldRow<Held> x(part, row_of(a.x, part.row, a.stride_x) + start);
    HeldRow<Held> gain(part, a.gain);
    HeldRow<Held> bias(part, Centered ? a.bias : nullptr);
    float mean = Centered ? row_mean(x, a.inverse_size) : 0;
    double squares = sum_row(x, [mean](float x, double sum) {
        double centered = x - mean;
        return fma(centered, centered, sum);
    });
    float scale = static_cast<float>(sqrt(squares * a.inverse_size + a.epsilon));
    float inverse = 1.0f / scale;
    if (a.scale != nullptr && part.has_row() && part.lane == 0) {
        row_of(a.scale, part.row, a.stride_scale)[group] = scale;
    }
    for (int n = 0; n < x.end(); n += x.step) {
        Quads<Held>& v = x.from(n);
        change(v, [=](float x) { return normalize(x, mean, inverse); });
        if (a.normalized != nullptr) {
            part.store(row_of(a.normalized, part.row, a.stride_normalized) + start, n, v);
        }
        affine(v, gain.from(n), a.gain_offset, bias.row != nullptr, bias.from(n));
        part.store(row_of(a.y, part.row, a.stride_y) + start, n, v);
        if (a.sum != nullptr) {
            Quads<Held> r;
            part.load(row_of(a.residual, part.row, a.stride_residual) + start, n, r);
            change(v, [](float y, float r) { return r + y; }, r);
            part.store(row_of(a.sum, part.row, a.stride_sum) + start, n, v);
        }
    }
}

template <bool Centered>
WEIR_DEVICE void norm_rows(const NormArguments& a) {
    if (is_held(a.share)) {
        norm_row<true, Centered>(a);
    } else {
        norm_row<false, Centered>(a);
    }
}

}  // namespace weir
