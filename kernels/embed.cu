// Rows of a weight matrix by their numbers: y[i] = scale W[ids[i], :], see IOps.Embed.
//
// One block a row. Bytes a row of d elements: 2 d or 4 d read, 4 d written, of which nothing can be saved: 512 rows of
// 4,096 in bf16 are 12.6 MB, 3 microseconds at 4.3 TB/s, so it is the launch that one sees. A thread takes four elements
// at a time, 8 or 16 bytes in and 16 out; y's rows may lie at any multiple of 4 bytes, then it writes them singly.
#include "include/vector.cuh"

struct EmbedArguments {
    const int* ids;
    const void* table;
    float* y;
    int* fault;
    int64_t stride_table, stride_y;
    int width, entries;
    float scale;
    int wide;  // y's rows lie at multiples of 16 bytes
};

namespace weir {

template <typename T>
WEIR_DEVICE void embed(const EmbedArguments& a) {
    int64_t id = a.ids[blockIdx.x];
    float* y = a.y + blockIdx.x * a.stride_y;
    if (id < 0 || id >= a.entries) {
        if (threadIdx.x == 0) {
            report(a.fault, Fault::Id);
        }
        return;
    }
    const T* row = static_cast<const T*>(a.table) + id * a.stride_table;
    for (int i = 4 * threadIdx.x; i < a.width; i += 4 * blockDim.x) {
        float4 v = widen4(row + i);  // A row is filled up with zeros to 16 bytes.
        store4(y + i, map4(v, [&](float value) { return a.scale * value; }), a.wide, a.width - i);
    }
}

}  // namespace weir

WEIR_KERNEL(embed_f32, EmbedArguments, 256) { weir::embed<float>(a); }
WEIR_KERNEL(embed_bf16, EmbedArguments, 256) { weir::embed<weir::bf16>(a); }
WEIR_KERNEL(embed_f16, EmbedArguments, 256) { weir::embed<weir::f16>(a); }
