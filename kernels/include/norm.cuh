// What the two norms and their separate steps share, so that all give the same bits.
//
// A row stays in registers between its sums and its result where a block can hold it (16,384 elements); a longer one is
// read again, from the caches if it is still there. Sums are taken in f64: a thread's own elements in order, then the
// fixed tree of RowPart::reduce.
#pragma once

#include "rows.cuh"

namespace weir {

struct NormArguments {
    RowShare share;  // a row of it is a group: rows x groups of `size`
    const float* x;
    const float* gain;
    const float* bias;  // or null
    float* y;
    float* scale;       // or null
    float* normalized;  // or null
    int stride_x, stride_y, stride_scale, stride_normalized;
    int groups;
    float gain_offset, epsilon;
};

// The middle step of a norm.
WEIR_DEVICE float normalize(float x, float mean, float inverse) { return (x - mean) * inverse; }

// The last step of a norm, for the quad at element `at`.
template <bool Aligned>
WEIR_DEVICE Quad affine_quad(Quad v, const float* gain, float offset, const float* bias, int at, int count) {
    Quad g = load_quad<Aligned>(gain + at, count);
    if (bias == nullptr) {
#pragma unroll
        for (int j = 0; j < 4; j++) {
            v.x[j] = v.x[j] * (g.x[j] + offset);
        }
    } else {
        Quad b = load_quad<Aligned>(bias + at, count);
#pragma unroll
        for (int j = 0; j < 4; j++) {
            v.x[j] = fmaf(v.x[j], g.x[j] + offset, b.x[j]);
        }
    }
    return v;
}

// A row of x, or as much of it as the threads hold.
template <bool Aligned>
struct NormRow {
    RowPart part;
    const float* x;
    Quads<Aligned> held;

    WEIR_DEVICE NormRow(const RowPart& part, const float* x) : part(part), x(x) { part.load(x, 0, held); }

    // The quads from n on, read again where the row is longer than what is held.
    WEIR_DEVICE void hold(int n) {
        if (part.quads() > held.count) {
            part.load(x, n, held);
        }
    }

    // f(element, total so far) over the thread's own elements in order, then the sum over the row's threads.
    template <typename Term>
    WEIR_DEVICE double sum(Term f) {
        double total = 0;
        for (int n = 0; n < part.quads(); n += held.count) {
            hold(n);
#pragma unroll
            for (int i = 0; i < held.count; i++) {
                int count = part.count(part.at(n + i));
#pragma unroll
                for (int j = 0; j < 4; j++) {
                    if (Aligned ? count > 0 : j < count) {
                        total = f(held.q[i].x[j], total);
                    }
                }
            }
        }
        return part.reduce(total, Sum());
    }

    WEIR_DEVICE float mean() {
        return static_cast<float>(sum([](float x, double total) { return total + x; }) / part.width);
    }

    WEIR_DEVICE double squares(float mean) {
        return sum([mean](float x, double total) {
            double centered = x - mean;
            return fma(centered, centered, total);
        });
    }
};

template <bool Aligned, bool Centered>
WEIR_DEVICE void norm_row(const NormArguments& a, const RowPart& part) {
    int row = part.row / a.groups;
    int group = part.row % a.groups;
    int64_t start = static_cast<int64_t>(group) * a.share.width;
    NormRow<Aligned> x(part, row_of(a.x, row, a.stride_x) + start);
    float mean = Centered ? x.mean() : 0;
    float scale = static_cast<float>(sqrt(x.squares(mean) / part.width + a.epsilon));
    float inverse = 1.0f / scale;
    if (a.scale != nullptr && part.has_row() && part.lane == 0) {
        row_of(a.scale, row, a.stride_scale)[group] = scale;
    }
    float* y = row_of(a.y, row, a.stride_y) + start;
    float* normalized = row_of(a.normalized, row, a.stride_normalized) + start;
    for (int n = 0; n < part.quads(); n += x.held.count) {
        x.hold(n);
#pragma unroll
        for (int i = 0; i < x.held.count; i++) {
            int at = part.at(n + i);
            int count = part.count(at);
            Quad v = x.held.q[i];
#pragma unroll
            for (float& element : v.x) {
                element = normalize(element, mean, inverse);
            }
            if (a.normalized != nullptr) {
                store_quad<Aligned>(normalized + at, v, count);
            }
            store_quad<Aligned>(y + at, affine_quad<Aligned>(v, a.gain, a.gain_offset, a.bias, at, count), count);
        }
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
