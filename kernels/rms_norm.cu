// Root-mean-square norm: y = x / sqrt(mean(x^2) + eps) * (gain + offset), see IOps.RmsNorm.
//
// One block a group, since a group must be read before any of it can be scaled. The row is read twice; the second time
// it comes from the first-level cache (a row of 4,096 f32 is 16 KiB). Bytes: 4 d read, 4 d written a row. Squares are
// summed in f64, a thread's own share in order of the index, then the fixed tree of block_reduce, so that a row's bits do
// not depend on its batch.
#include "include/reduce.cuh"

struct RmsNormArguments {
    const float* x;
    const float* gain;
    float* y;
    float* scale;       // or null
    float* normalized;  // or null
    int64_t stride_x, stride_y, stride_scale, stride_normalized;
    int groups, size;
    float gain_offset, epsilon;
};

WEIR_KERNEL(rms_norm, RmsNormArguments, 256) {
    using namespace weir;
    int64_t row = blockIdx.x / a.groups;
    int64_t group = blockIdx.x % a.groups;
    const float* x = a.x + row * a.stride_x + group * a.size;
    float* y = a.y + row * a.stride_y + group * a.size;
    double squares = 0;
    for (int i = threadIdx.x; i < a.size; i += blockDim.x) {
        squares = fma(static_cast<double>(x[i]), static_cast<double>(x[i]), squares);
    }
    squares = block_reduce(squares, Sum());
    float scale = static_cast<float>(sqrt(squares / a.size + a.epsilon));
    float inverse = 1.0f / scale;
    if (a.scale != nullptr && threadIdx.x == 0) {
        a.scale[row * a.stride_scale + group] = scale;
    }
    for (int i = threadIdx.x; i < a.size; i += blockDim.x) {
        float normalized = x[i] * inverse;
        if (a.normalized != nullptr) {
            a.normalized[row * a.stride_normalized + group * a.size + i] = normalized;
        }
        y[i] = normalized * (a.gain[i] + a.gain_offset);
    }
}
