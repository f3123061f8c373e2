// The softmax of flash attention (Dao 2023) for the two rows of a lane's fragment, a tile of keys at a time: a running
// maximum and sum, in powers of two. s[4 n + 2 half + i] is the score of key 8 n + 2 (lane % 4) + i for row 8 half + lane / 4,
// as mma and wgmma leave it. A tile that a row sees nothing of leaves its numbers as they are, bit for bit.
#pragma once

#include "attention.cuh"
#include "math.cuh"

namespace weir {

template <int N>
WEIR_DEVICE void cap(float (&s)[N], float scale, float softcap) {
#pragma unroll
    for (int i = 0; i < N; i++) {
        s[i] = capped(s[i], scale, softcap);
    }
}

template <int N>
WEIR_DEVICE void mask(float (&s)[N], int first_key, const Seen (&seen)[2]) {
#pragma unroll
    for (int i = 0; i < N; i++) {
        s[i] = seen[i / 2 % 2].has(first_key + i / 4 * 8 + lane() % 4 * 2 + i % 2) ? s[i] : minus_infinity();
    }
}

struct RunningSoftmax {
    float largest[2] = {minus_infinity(), minus_infinity()}, totals[2] = {};

    // s becomes weights; what was summed with the weights before is to be multiplied by `fade`, a factor a row. `factor`:
    // of a score to be a power of two.
    template <int N>
    WEIR_DEVICE void soften(float (&s)[N], float factor, float (&fade)[2]) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            float most_now = largest[half];
#pragma unroll
            for (int i = 2 * half; i < N; i += 4) {
                most_now = fmaxf(most_now, fmaxf(s[i], s[i + 1]));
            }
            most_now = fmaxf(most_now, __shfl_xor_sync(kAllLanes, most_now, 1));
            most_now = fmaxf(most_now, __shfl_xor_sync(kAllLanes, most_now, 2));
            // A row that has seen nothing yet: its scores are -infinity, or NaN, and their powers 0, or NaN.
            float shift = most_now == minus_infinity() ? 0.0f : most_now * factor;
            fade[half] = largest[half] == most_now ? 1.0f : power_of_two((largest[half] - most_now) * factor);
            largest[half] = most_now;
            float total = 0;
#pragma unroll
            for (int i = 2 * half; i < N; i += 4) {
                s[i] = power_of_two(fmaf(s[i], factor, -shift));
                s[i + 1] = power_of_two(fmaf(s[i + 1], factor, -shift));
                total += s[i];
                total += s[i + 1];
            }
            totals[half] = fmaf(totals[half], fade[half], total);
        }
    }

    // What the sums of a row are to be multiplied by at the end: 0 where it has seen nothing.
    WEIR_DEVICE float norm(int half) const {
        float total = totals[half];
        total += __shfl_xor_sync(kAllLanes, total, 1);
        total += __shfl_xor_sync(kAllLanes, total, 2);
        return total == 0.0f ? 0.0f : 1.0f / total;
    }
};

// Sums of a lane's two rows, laid out as the scores, taken down.
template <int N>
WEIR_DEVICE void fade_sums(float (&sums)[N], const float (&fade)[2]) {
    if (__any_sync(kAllLanes, fade[0] != 1.0f || fade[1] != 1.0f)) {
#pragma unroll
        for (int i = 0; i < N; i++) {
            sums[i] *= fade[i / 2 % 2];
        }
    }
}

}  // namespace weir
