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
    constexpr int kLength = Vector16<T>::count;
    int packed = a.rows.first + blockIdx.x, row = a.rows.row(packed);
    int sequence = sequence_of(a.rows, packed);
    int position = a.rows.starts[sequence] + packed - a.rows.offsets[sequence];
    if (row < 0 || position >= a.store.capacity) {
        report(a.fault, row < 0 ? Fault::Index : Fault::Position);
        return;
    }
    const float* x = blockIdx.y == 0 ? a.k + row * a.stride_k : a.v + row * a.stride_v;
    void* into = blockIdx.y == 0 ? a.store.keys : a.store.values;
    bool wide = a.store.size % 4 == 0 && is_aligned16(x);
    int vectors = a.store.stride / kLength;
    for (int i = threadIdx.x; i < a.store.heads * vectors; i += blockDim.x) {
        int head = i / vectors, d = i % vectors * kLength;
        Vector16<T> packed;
#pragma unroll
        for (int j = 0; j < kLength; j += 4) {
            float4 v = load4(x + head * a.store.size + d + j, wide, a.store.size - d - j);
            packed.x[j] = narrow<T>(v.x), packed.x[j + 1] = narrow<T>(v.y), packed.x[j + 2] = narrow<T>(v.z), packed.x[j + 3] = narrow<T>(v.w);
        }
        store16(a.store.head<T>(into, sequence, head) + static_cast<int64_t>(position) * a.store.stride + d, packed);
    }
}

}  // namespace weir

WEIR_KERNEL(append_key_values_f32, AppendKeyValuesArguments, 256) { weir::append<float>(a); }
WEIR_KERNEL(append_key_values_bf16, AppendKeyValuesArguments, 256) { weir::append<weir::bf16>(a); }
WEIR_KERNEL(append_key_values_f16, AppendKeyValuesArguments, 256) { weir::append<weir::f16>(a); }
