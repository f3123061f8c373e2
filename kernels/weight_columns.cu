// Input features of a weight matrix as rows: y[i] = W[:, start + i], see IOps.WeightColumns.
//
// A transposition: a block takes 64 outputs of 64 inputs through shared memory, so that a warp reads neighbours in a row
// of W and writes neighbours in a row of y. Bytes an element: 2 or 4 read, 4 written; all 14,336 columns of a bf16
// [4,096, 14,336] are 352 MB, 82 microseconds at 4.3 TB/s. A thread has its 16 loads in flight at once: 8 KiB a block, 64
// KiB a multiprocessor, where latency x bandwidth asks for some 24. The tile's rows are 65 words long, which puts a column
// of it into 32 banks.
#include "include/element.cuh"

struct WeightColumnsArguments {
    const void* w;  // from input `start` on
    float* y;
    int64_t stride_w, stride_y;
    int rows, outputs;
};

namespace weir {

template <typename T>
WEIR_DEVICE void weight_columns(const WeightColumnsArguments& a) {
    constexpr int kTile = 64, kThreads = 256, kLoads = kTile * kTile / kThreads;
    WEIR_SHARED(float[kTile][kTile + 1], tile);
    int output = blockIdx.x * kTile, input = blockIdx.y * kTile;
    int across = threadIdx.x % kTile, along = threadIdx.x / kTile;
    const T* w = static_cast<const T*>(a.w);
    float values[kLoads];
#pragma unroll
    for (int i = 0; i < kLoads; i++) {
        int o = output + along + i * (kThreads / kTile);
        values[i] = o < a.outputs && input + across < a.rows ? widen(w[o * a.stride_w + input + across]) : 0.0f;
    }
#pragma unroll
    for (int i = 0; i < kLoads; i++) {
        tile[along + i * (kThreads / kTile)][across] = values[i];
    }
    __syncthreads();
#pragma unroll
    for (int i = 0; i < kLoads; i++) {
        int row = along + i * (kThreads / kTile);
        if (input + row < a.rows && output + across < a.outputs) {
            a.y[(input + row) * a.stride_y + output + across] = tile[across][row];
        }
    }
}

}  // namespace weir

WEIR_KERNEL(weight_columns_f32, WeightColumnsArguments, 256) { weir::weight_columns<float>(a); }
WEIR_KERNEL(weight_columns_bf16, WeightColumnsArguments, 256) { weir::weight_columns<weir::bf16>(a); }
WEIR_KERNEL(weight_columns_f16, WeightColumnsArguments, 256) { weir::weight_columns<weir::f16>(a); }
