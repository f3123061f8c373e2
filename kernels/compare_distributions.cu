// Distances of two softmax distributions a row: both divergences, |p - q| and total variation, see
// IOps.CompareDistributions.
//
// One block a row. Both rows are read twice, the second time from the second-level cache where the two of them fit it (a
// vocabulary of 128,256 takes 1 MiB a row pair; 132 blocks at once are more than 50 MB, so large batches read memory
// twice). Bytes: 16 a token and row at worst; about 80 instructions a token: 80 / (4 x 32 lanes x 1.7 GHz x 132) a token
// against 16 bytes at 4.3 TB/s, 2.8 ps against 3.7 ps: bound by memory. A thread's own share is summed in f64 in order of
// the id, then the fixed tree of block_reduce.
#include "include/math.cuh"
#include "include/reduce.cuh"

struct CompareDistributionsArguments {
    const float* a;
    const float* b;
    float* distances;
    int64_t stride_a, stride_b, stride_distances;
    int width;
};

namespace weir {

struct SoftmaxRow {
    float top;
    double sum;
};

WEIR_DEVICE SoftmaxRow softmax_row(const float* logits, int width) {
    float top = -INFINITY;
    for (int i = threadIdx.x; i < width; i += blockDim.x) {
        top = most(top, logits[i]);
    }
    top = block_reduce(top, Maximum());
    double sum = 0;
    for (int i = threadIdx.x; i < width; i += blockDim.x) {
        sum += exponential(logits[i] - top);
    }
    return {top, block_reduce(sum, Sum())};
}

// A token's part of KL(p || q), p (e^-x - 1 + x) with x the log ratio and q = p e^-x: never negative, so that a small
// divergence keeps its digits. A token without p adds q alone, whatever its ratio; NaN is not equal to 0 and stays.
WEIR_DEVICE float divergence(float p, float q, float x) {
    float series = 1.0f / 40320;
    series = fmaf(series, x, -1.0f / 5040);
    series = fmaf(series, x, 1.0f / 720);
    series = fmaf(series, x, -1.0f / 120);
    series = fmaf(series, x, 1.0f / 24);
    series = fmaf(series, x, -1.0f / 6);
    series = fmaf(series, x, 0.5f);
    float term = fabsf(x) < 0.5f ? p * (x * x) * series : p * (x - 1.0f) + q;
    return p == 0.0f ? q : term;
}

}  // namespace weir

WEIR_KERNEL(compare_distributions, CompareDistributionsArguments, 256) {
    using namespace weir;
    const float* a_row = a.a + blockIdx.x * a.stride_a;
    const float* b_row = a.b + blockIdx.x * a.stride_b;
    SoftmaxRow p_row = softmax_row(a_row, a.width), q_row = softmax_row(b_row, a.width);
    float p_inverse = static_cast<float>(1 / p_row.sum), q_inverse = static_cast<float>(1 / q_row.sum);
    // The log ratio comes from the logits themselves, so that a small divergence keeps its digits.
    float offset = static_cast<float>(static_cast<double>(p_row.top) - q_row.top + log(p_row.sum) - log(q_row.sum));
    double forward = 0, backward = 0, squares = 0, absolute = 0;
    for (int i = threadIdx.x; i < a.width; i += blockDim.x) {
        float p = exponential(a_row[i] - p_row.top) * p_inverse;
        float q = exponential(b_row[i] - q_row.top) * q_inverse;
        float ratio = (a_row[i] - b_row[i]) - offset;
        float difference = p - q;
        forward += divergence(p, q, ratio);
        backward += divergence(q, p, 0.0f - ratio);
        squares = fma(static_cast<double>(difference), static_cast<double>(difference), squares);
        absolute += fabsf(difference);
    }
    forward = block_reduce(forward, Sum());
    backward = block_reduce(backward, Sum());
    squares = block_reduce(squares, Sum());
    absolute = block_reduce(absolute, Sum());
    if (threadIdx.x == 0) {
        float* distances = a.distances + blockIdx.x * a.stride_distances;
        distances[0] = static_cast<float>(forward);
        distances[1] = static_cast<float>(backward);
        distances[2] = static_cast<float>(sqrt(squares));
        distances[3] = static_cast<float>(absolute / 2);
    }
}
