// The element types of weights and how they become f32. A kernel is written once, over the type.
#pragma once

#include "device.cuh"

namespace weir {

struct bf16 { uint16_t bits; };
struct f16 { uint16_t bits; };

WEIR_DEVICE float widen(float x) { return x; }

WEIR_DEVICE float widen(bf16 x) { return __uint_as_float(static_cast<uint32_t>(x.bits) << 16); }

WEIR_DEVICE float widen(f16 x) {
#ifdef __CUDACC__
    float y;
    asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
    return y;
#else
    return emulator::widen_f16(x.bits);
#endif
}

// Four elements that lie side by side, the first at a multiple of their size.
WEIR_DEVICE float4 widen4(const float* p) { return *reinterpret_cast<const float4*>(p); }

template <typename T>
WEIR_DEVICE float4 widen4(const T* p) {
    uint2 words = *reinterpret_cast<const uint2*>(p);
    return make_float4(widen(T{static_cast<uint16_t>(words.x)}), widen(T{static_cast<uint16_t>(words.x >> 16)}),
                       widen(T{static_cast<uint16_t>(words.y)}), widen(T{static_cast<uint16_t>(words.y >> 16)}));
}

template <typename T>
WEIR_DEVICE T narrow(float x);

template <>
WEIR_DEVICE float narrow<float>(float x) { return x; }

// To the nearest, ties to even; NaN stays NaN.
template <>
WEIR_DEVICE bf16 narrow<bf16>(float x) {
#ifdef __CUDACC__
    bf16 y;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
    return y;
#else
    return bf16{emulator::narrow_bf16(x)};
#endif
}

template <>
WEIR_DEVICE f16 narrow<f16>(float x) {
#ifdef __CUDACC__
    f16 y;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
    return y;
#else
    return f16{emulator::narrow_f16(x)};
#endif
}

// Two elements in a register, the first in the lower half, as tensor cores take them.
template <typename T>
WEIR_DEVICE uint32_t narrow2(float low, float high);

#ifdef __CUDACC__
template <>
WEIR_DEVICE uint32_t narrow2<bf16>(float low, float high) {
    uint32_t y;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(high), "f"(low));
    return y;
}

template <>
WEIR_DEVICE uint32_t narrow2<f16>(float low, float high) {
    uint32_t y;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(y) : "f"(high), "f"(low));
    return y;
}
#else
template <typename T>
WEIR_DEVICE uint32_t narrow2(float low, float high) {
    return narrow<T>(low).bits | static_cast<uint32_t>(narrow<T>(high).bits) << 16;
}
#endif

}  // namespace weir
