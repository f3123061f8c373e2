// Cosines and sines of positions, see IOps.RopeAngles.
//
// A thread an angle, once a forward. In f64: an angle of thousands of radians keeps its last digit. sincospi takes the
// angle in half turns and so reduces it exactly in a few operations, where sincos keeps a table of pi's digits and a stack
// frame for angles beyond 10^5.
#include "include/device.cuh"

struct RopeAnglesArguments {
    const int* positions;
    const float* frequencies;
    float* cos;
    float* sin;
    int stride_cos, stride_sin;
    int rows, pairs;
    float magnitude;
};

WEIR_KERNEL(rope_angles, RopeAnglesArguments, 256) {
    int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i >= static_cast<int64_t>(a.rows) * a.pairs) {
        return;
    }
    int64_t row = i / a.pairs;
    int pair = static_cast<int>(i % a.pairs);
    int position = a.positions[row];
    float angle = static_cast<float>(position) * a.frequencies[pair];
    double s, c;
    sincospi(static_cast<double>(angle) * 0.318309886183790671538, &s, &c);
    a.cos[row * a.stride_cos + pair] = position == -1 ? 1.0f : a.magnitude * static_cast<float>(c);
    a.sin[row * a.stride_sin + pair] = position == -1 ? 0.0f : a.magnitude * static_cast<float>(s);
}
