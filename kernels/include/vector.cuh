// Sixteen bytes at once, as many as one instruction moves: the address must be a multiple of 16. Rows of tensors may begin
// at any multiple of 4 bytes and end at any element: load4 and store4 take four floats of such a row.
#pragma once

#include "element.cuh"

namespace weir {

template <typename T>
struct alignas(16) Vector16 {
    static constexpr int count = 16 / sizeof(T);
    T x[count];
};

WEIR_DEVICE bool is_aligned16(const void* p) { return reinterpret_cast<uintptr_t>(p) % 16 == 0; }

// Moved as four words: element by element the compiler may make two instructions of eight bytes of it.
template <typename T>
WEIR_DEVICE Vector16<T> load16(const T* p) {
    WEIR_CHECK(is_aligned16(p), "load16 reads an address that is no multiple of 16");
    uint4 words = *reinterpret_cast<const uint4*>(p);
    Vector16<T> v;
    memcpy(&v, &words, sizeof words);
    return v;
}

// The same of what a kernel reads once and never writes: it stays out of the first-level cache, and the second-level cache
// brings its line whole.
template <typename T>
WEIR_DEVICE uint4 load16_once(const T* p) {
    WEIR_CHECK(is_aligned16(p), "load16_once reads an address that is no multiple of 16");
#ifdef __CUDACC__
    uint4 v;
    asm("ld.global.nc.L1::no_allocate.L2::128B.v4.u32 {%0, %1, %2, %3}, [%4];"
        : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w) : "l"(__cvta_generic_to_global(p)));
    return v;
#else
    return *reinterpret_cast<const uint4*>(p);
#endif
}

template <typename T>
WEIR_DEVICE void store16(T* p, const Vector16<T>& v) {
    WEIR_CHECK(is_aligned16(p), "store16 writes an address that is no multiple of 16");
    uint4 words;
    memcpy(&words, &v, sizeof words);
    *reinterpret_cast<uint4*>(p) = words;
}

// The first `count` of four floats at p, the others 0; in one access where `wide` says that p is a multiple of 16 bytes.
WEIR_DEVICE float4 load4(const float* p, bool wide, int count) {
    if (wide && count >= 4) {
        return *reinterpret_cast<const float4*>(p);
    }
    return make_float4(count > 0 ? p[0] : 0.0f, count > 1 ? p[1] : 0.0f, count > 2 ? p[2] : 0.0f, count > 3 ? p[3] : 0.0f);
}

WEIR_DEVICE void store4(float* p, float4 v, bool wide, int count) {
    if (wide && count >= 4) {
        *reinterpret_cast<float4*>(p) = v;
        return;
    }
    if (count > 0) p[0] = v.x;
    if (count > 1) p[1] = v.y;
    if (count > 2) p[2] = v.z;
    if (count > 3) p[3] = v.w;
}

template <typename F>
WEIR_DEVICE float4 map4(float4 v, F f) { return make_float4(f(v.x), f(v.y), f(v.z), f(v.w)); }

WEIR_DEVICE float4 add4(float4 a, float4 b) { return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w); }

}  // namespace weir
