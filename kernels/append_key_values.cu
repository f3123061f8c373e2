// Stores keys and values at their positions, see IOps.AppendKeyValues.
//
// Moves bytes: 8 a key element and value element in f32 come in, as many (f32) or half of them (16 bits) go out. A row
// of 8 heads of 128 is 8 KiB in and 4 KiB out; 8,192 rows move 100 MB, 23 us at 4.3 TB/s. One block a row of keys or of
// values; a thread writes 16 bytes at a time, and reads them so where the row lies on such an address.
#include "include/attention.cuh"

struct AppendKeyValuesArguments {
    const float* k;
    const float* v;
    int64_t stride_k, stride_v;
    weir::StoreView store;
    weir::BatchRows rows;
    int* fault;
};

namespace weir {

template <typename T>
WEIR_DEVICE void append(const AppendKeyValuesArguments& a) {
    constexpr int kLength = Vector<T>::kLength;
    int row = a.rows.first + blockIdx.x;
    int sequence = sequence_of(a.rows, row);
    int position = a.rows.starts[sequence] + row - a.rows.offsets[sequence];
    if (position >= a.store.capacity) {
        report(a.fault, Fault::Index);
        return;
    }
    const float* x = blockIdx.y == 0 ? a.k + row * a.stride_k : a.v + row * a.stride_v;
    void* into = blockIdx.y == 0 ? a.store.keys : a.store.values;
    bool wide = a.store.size % 4 == 0 && reinterpret_cast<uintptr_t>(x) % 16 == 0;
    int vectors = a.store.stride / kLength;
    for (int i = threadIdx.x; i < a.store.heads * vectors; i += blockDim.x) {
        int head = i / vectors, d = i % vectors * kLength;
        const float* from = x + head * a.store.size + d;
        float values[kLength];
#pragma unroll
        for (int j = 0; j < kLength; j += 4) {
            if (wide && d + j < a.store.size) {
                float4 four = *reinterpret_cast<const float4*>(from + j);
                values[j] = four.x, values[j + 1] = four.y, values[j + 2] = four.z, values[j + 3] = four.w;
            } else {
#pragma unroll
                for (int l = j; l < j + 4; l++) {
                    values[l] = d + l < a.store.size ? from[l] : 0.0f;
                }
            }
        }
        Vector<T> packed;
#pragma unroll
        for (int j = 0; j < kLength; j++) {
            packed.at[j] = narrow<T>(values[j]);
        }
        *reinterpret_cast<Vector<T>*>(a.store.head<T>(into, sequence, head) + static_cast<int64_t>(position) * a.store.stride + d) = packed;
    }
}

}  // namespace weir

WEIR_KERNEL(append_key_values_f32, AppendKeyValuesArguments, 256) { weir::append<float>(a); }
WEIR_KERNEL(append_key_values_bf16, AppendKeyValuesArguments, 256) { weir::append<weir::bf16>(a); }
WEIR_KERNEL(append_key_values_f16, AppendKeyValuesArguments, 256) { weir::append<weir::f16>(a); }
