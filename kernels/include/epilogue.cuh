// What a product does to its sums before it writes them: y = residual + activation(sum + bias), each step with the bits of
// the op of that name.
//
// A block puts its sums into shared memory first, a tile at a time. From there a thread takes four neighbours, so that
// reads and writes of rows are whole lines whatever layout the sums had in registers, and the code of the activation
// stands in the kernel once, not once for every register.
#pragma once

#include "activation.cuh"
#include "vector.cuh"

namespace weir {

struct Epilogue {
    float* y;
    const float* bias;      // or null
    const float* residual;  // or null; may be y
    int64_t stride_y, stride_residual;
    int rows, outputs;
    Activation activation;
    int wide;  // y, bias and residual lie at multiples of 16 bytes, and so do their rows
};

// Writes four sums of a row, or as many as there are outputs.
WEIR_DEVICE void finish(const Epilogue& e, float4 v, int row, int output) {
    int count = e.outputs - output;
    if (e.bias != nullptr) {
        v = add4(v, load4(e.bias + output, e.wide, count));
    }
    v = map4(v, [&](float sum) { return activate(e.activation, sum); });
    if (e.residual != nullptr) {
        v = add4(load4(e.residual + row * e.stride_residual + output, e.wide, count), v);
    }
    store4(e.y + row * e.stride_y + output, v, e.wide, count);
}

// Writes kRows x kOutputs sums, kStride apart in shared memory, to where `row` and `output` say. kThreads threads call it
// between barriers of theirs; `thread` says which of them this one is.
template <int kRows, int kOutputs, int kStride, int kThreads>
WEIR_DEVICE void write_tile(const Epilogue& e, const float* sums, int row, int output, int thread = threadIdx.x) {
    constexpr int kUnits = kOutputs / 4;
#pragma unroll 2
    for (int i = thread; i < kRows * kUnits; i += kThreads) {
        int r = row + i / kUnits, o = output + i % kUnits * 4;
        if (r < e.rows && o < e.outputs) {
            finish(e, *reinterpret_cast<const float4*>(sums + i / kUnits * kStride + i % kUnits * 4), r, o);
        }
    }
}

}  // namespace weir
