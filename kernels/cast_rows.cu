// Rows in the weights' 16-bit type, as tensor cores take them: from f32, rounded to the nearest, or from that type itself
// where a range of inputs begins off the 16 bytes that copies want. Rows of y begin at multiples of 16 bytes and are filled
// up with zeros to one; so are rows that x does not have.
//
// A thread makes 16 bytes of y from 32 of x, so that a warp writes 512 in a row; x's rows may lie at any multiple of 4
// bytes, then it reads them singly. Bytes: 6 an element; 512 rows of 4,096 are 12.6 MB, 3 microseconds at 4.3 TB/s, beside
// 76 for their product with [14,336, 4,096] at 790 TFLOP/s.
#include "include/vector.cuh"

struct CastRowsArguments {
    const void* x;
    void* y;
    const int* rows;  // row of x for each row of y, or -1; null for the same row
    int64_t stride_x, stride_y;
    int count;  // rows of x
    int width;
    int wide;  // x's rows lie at multiples of 16 bytes
};

namespace weir {

template <typename To>
WEIR_DEVICE Vector16<To> cast8(const float* x, bool wide, int count) {
    float4 a = load4(x, wide, count), b = load4(x + 4, wide, count - 4);
    return {{narrow<To>(a.x), narrow<To>(a.y), narrow<To>(a.z), narrow<To>(a.w),
             narrow<To>(b.x), narrow<To>(b.y), narrow<To>(b.z), narrow<To>(b.w)}};
}

template <typename To>
WEIR_DEVICE Vector16<To> cast8(const To* x, bool, int count) {
    Vector16<To> v;
#pragma unroll
    for (int i = 0; i < 8; i++) {
        v.x[i] = i < count ? x[i] : To{0};
    }
    return v;
}

template <typename From, typename To>
WEIR_DEVICE void cast_rows(const CastRowsArguments& a) {
    int row = blockIdx.x, from = a.rows != nullptr ? a.rows[row] : row;
    int first = 8 * static_cast<int>(blockIdx.y * blockDim.x + threadIdx.x);
    if (first < a.width) {
        bool exists = from >= 0 && from < a.count;
        const From* x = static_cast<const From*>(a.x) + (exists ? from : 0) * a.stride_x + first;
        store16(static_cast<To*>(a.y) + row * a.stride_y + first, cast8<To>(x, a.wide != 0, exists ? a.width - first : 0));
    }
}

}  // namespace weir

WEIR_KERNEL(cast_rows_bf16, CastRowsArguments, 256) { weir::cast_rows<float, weir::bf16>(a); }
WEIR_KERNEL(cast_rows_f16, CastRowsArguments, 256) { weir::cast_rows<float, weir::f16>(a); }
WEIR_KERNEL(cast_rows_16, CastRowsArguments, 256) { weir::cast_rows<weir::bf16, weir::bf16>(a); }
