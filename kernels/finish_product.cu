// What a library's product leaves to do: y = residual + activation(sum + bias), with the bits of the separate ops, see
// IOps.MatMul and include/epilogue.cuh.
//
// A thread takes four neighbours of a row. Bytes an element: 4 read, 4 written, 4 more read of a residual; 512 rows of
// 14,336 are 59 MB, 14 microseconds at 4.3 TB/s, beside 76 for the product.
#include "include/epilogue.cuh"

struct FinishProductArguments {
    weir::Epilogue epilogue;
    const float* sums;  // may be y
    int64_t stride_sums;
    int wide_sums;  // rows lie at multiples of 16 bytes
};

WEIR_KERNEL(finish_product, FinishProductArguments, 256) {
    using namespace weir;
    int row = blockIdx.x, output = 4 * static_cast<int>(blockIdx.y * blockDim.x + threadIdx.x);
    if (output < a.epilogue.outputs) {
        float4 sums = load4(a.sums + row * a.stride_sums + output, a.wide_sums != 0, a.epilogue.outputs - output);
        finish(a.epilogue, sums, row, output);
    }
}
