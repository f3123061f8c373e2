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

template <typename T, typename Combine>
WEIR_DEVICE T warp_reduce(T value, Combine combine) {
#pragma unroll
    for (int offset = kWarp / 2; offset > 0; offset /= 2) {
        value = combine(value, __shfl_xor_sync(kAllLanes, value, offset));
    }
    return value;
}

// Every thread of the block calls it, with a block of whole warps, and every thread gets the result.
template <typename T, typename Combine>
WEIR_DEVICE T block_reduce(T value, Combine combine) {
    WEIR_SHARED(T[kWarp], partial);
    value = warp_reduce(value, combine);
    if (lane() == 0) {
        partial[warp()] = value;
    }
    __syncthreads();
    value = partial[0];
    for (int w = 1; w < static_cast<int>(blockDim.x) / kWarp; w++) {
        value = combine(value, partial[w]);
    }
    __syncthreads();
    return value;
}

}  // namespace weir
