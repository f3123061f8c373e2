// Sums and maxima over a warp and over a block, always in the same order: a butterfly over the lanes, then the warps
// one after another.
#pragma once

#include "device.cuh"

namespace weir {

struct Sum {
    template <typename T>
    WEIR_DEVICE T operator()(T a, T b) const { return a + b; }
};

struct Maximum {
    template <typename T>
    WEIR_DEVICE T operator()(T a, T b) const { return a < b ? b : a; }
};

struct Minimum {
    template <typename T>
    WEIR_DEVICE T operator()(T a, T b) const { return b < a ? b : a; }
};

template <typename T, typename Combine>
WEIR_DEVICE T warp_reduce(T value, Combine combine) {
#pragma unroll
    for (int offset = kWarp / 2; offset > 0; offset /= 2) {
        value = combine(value, __shfl_xor_sync(kAllLanes, value, offset));
    }
    return value;
}

// Each of a few values over the block. Every thread of the block calls it, with a block of whole warps, and every thread
// gets the results.
template <typename T, int N, typename Combine>
WEIR_DEVICE void block_reduce(T (&values)[N], Combine combine) {
    WEIR_SHARED(T[kWarp][N], partial);
#pragma unroll
    for (int i = 0; i < N; i++) {
        values[i] = warp_reduce(values[i], combine);
        if (lane() == 0) {
            partial[warp()][i] = values[i];
        }
    }
    __syncthreads();
#pragma unroll
    for (int i = 0; i < N; i++) {
        values[i] = partial[0][i];
    }
    for (int w = 1; w < static_cast<int>(blockDim.x) / kWarp; w++) {
#pragma unroll
        for (int i = 0; i < N; i++) {
            values[i] = combine(values[i], partial[w][i]);
        }
    }
    __syncthreads();
}

template <typename T, typename Combine>
WEIR_DEVICE T block_reduce(T value, Combine combine) {
    T values[1] = {value};
    block_reduce(values, combine);
    return values[0];
}

}  // namespace weir
