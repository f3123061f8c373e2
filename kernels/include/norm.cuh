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
    double inverse_size;
    int stride_x, stride_y, stride_scale, stride_normalized;
    float gain_offset, epsilon;
};

// f(element, chain) over a thread's elements, then the sum over the row's threads.
template <bool Aligned, typename Term>
WEIR_DEVICE double sum_row(HeldRow<Aligned>& x, Term f) {
    const RowPart& part = x.part;
    double chain[4] = {};
    for (int n = 0; n < part.quads; n += x.held.count) {
        x.from(n);
#pragma unroll
        for (int i = 0; i < x.held.count; i++) {
            int count = part.count(part.at(n + i));
#pragma unroll
            for (int j = 0; j < 4; j++) {
                if (Aligned ? count > 0 : j < count) {
                    chain[j] = f(x.held.q[i].x[j], chain[j]);
                }
            }
        }
    }
    return part.reduce((chain[0] + chain[1]) + (chain[2] + chain[3]), Sum());
}

template <bool Aligned>
WEIR_DEVICE float row_mean(HeldRow<Aligned>& x, double inverse_size) {
    return static_cast<float>(sum_row(x, [](float x, double sum) { return sum + x; }) * inverse_size);
}

// The middle step of a norm.
WEIR_DEVICE float normalize(float x, float mean, float inverse) { return (x - mean) * inverse; }

// The last step of a norm.
WEIR_DEVICE float affine(float x, float gain, float offset) { return x * (gain + offset); }
WEIR_DEVICE float affine(float x, float gain, float offset, float bias) { return fmaf(x, gain + offset, bias); }

template <bool Aligned, bool Centered>
WEIR_DEVICE void norm_row(const NormArguments& a, const RowPart& part) {
    int group = static_cast<int>(blockIdx.y);
    int64_t start = static_cast<int64_t>(group) * a.share.width;
    HeldRow<Aligned> x(part, row_of(a.x, part.row, a.stride_x) + start);
    HeldRow<Aligned> gain(part, a.gain);
    HeldRow<Aligned> bias(part, Centered ? a.bias : nullptr);
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
    float* y = row_of(a.y, part.row, a.stride_y) + start;
    float* normalized = row_of(a.normalized, part.row, a.stride_normalized) + start;
    for (int n = 0; n < part.quads; n += x.held.count) {
        Quads<Aligned> v = x.from(n);
#pragma unroll
        for (int i = 0; i < v.count; i++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                v.q[i].x[j] = normalize(v.q[i].x[j], mean, inverse);
            }
        }
        if (a.normalized != nullptr) {
            part.store(normalized, n, v);
        }
        const Quads<Aligned>& g = gain.from(n);
        const Quads<Aligned>& b = bias.from(n);
#pragma unroll
        for (int i = 0; i < v.count; i++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                float x = v.q[i].x[j];
                v.q[i].x[j] = bias.row == nullptr ? affine(x, g.q[i].x[j], a.gain_offset)
                                                  : affine(x, g.q[i].x[j], a.gain_offset, b.q[i].x[j]);
            }
        }
        part.store(y, n, v);
    }
}

template <bool Centered>
WEIR_DEVICE void norm_rows(const NormArguments& a) {
    RowPart part(a.share);
    if (a.share.aligned) {
        norm_row<true, Centered>(a, part);
    } else {
        norm_row<false, Centered>(a, part);
    }
}

}  // namespace weir
