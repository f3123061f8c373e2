// Functions of f32. The first three are those of the CPU body (SimdMath.cs) operation for operation, so that host, device
// and CPU give the same bits.
#pragma once

#include "device.cuh"

namespace weir {

// e^x of an x in [-87.33654, 88.72284): x = n ln 2 + r with |r| at most ln(2)/2, ln 2 in two parts (Cody and Waite 1980),
// and Cephes' polynomial of degree 7 for e^r. To about 1 ulp.
WEIR_DEVICE float exponential_in_range(float x) {
    // Adding 1.5 2^23 rounds to an integer and leaves it in the low bits, ready for the exponent.
    const float shift = 12582912.0f;
    float shifted = fmaf(x, 1.442695041f, shift);
    float n = shifted - shift;
    float r = fmaf(n, -0.693145752f, x);
    r = fmaf(n, -1.42860677e-6f, r);
    float p = 1.9875691500e-4f;
    p = fmaf(p, r, 1.3981999507e-3f);
    p = fmaf(p, r, 8.3334519073e-3f);
    p = fmaf(p, r, 4.1665795894e-2f);
    p = fmaf(p, r, 1.6666665459e-1f);
    p = fmaf(p, r, 5.0000001201e-1f);
    p = fmaf(p, r, 1.0f);
    p = fmaf(p, r, 1.0f);
    return __uint_as_float(__float_as_uint(p) + (__float_as_uint(shifted) << 23));
}

// e^x; 0 where it is below the smallest normal number, infinity above 88.72; NaN stays NaN.
WEIR_DEVICE float exponential(float x) {
    float result = exponential_in_range(x);
    result = x < 88.72284f ? result : x + __uint_as_float(0x7f800000u);
    return x < -87.33654f ? 0.0f : result;
}

// tanh x to a few ulp: an odd polynomial below 0.625 (Cephes), so that small values keep all their digits, else
// 1 - 2 / (e^2x + 1).
WEIR_DEVICE float hyperbolic_tangent(float x) {
    float magnitude = fabsf(x);
    float z = x * x;
    float p = -5.70498872745e-3f;
    p = fmaf(p, z, 2.06390887954e-2f);
    p = fmaf(p, z, -5.37397155531e-2f);
    p = fmaf(p, z, 1.33314422036e-1f);
    p = fmaf(p, z, -3.33332819422e-1f);
    float small = fmaf(p * z, x, x);
    float large = 1.0f - 2.0f / (exponential(magnitude + magnitude) + 1.0f);
    large = x < 0.0f ? 0.0f - large : large;
    return magnitude < 0.625f ? small : large;
}

// 2^x as the special function unit gives it, to 2 ulp; 0 below the smallest normal number. The emulator's last bits differ.
WEIR_DEVICE float power_of_two(float x) {
#ifdef __CUDACC__
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
#else
    return x < -126.0f ? 0.0f : exp2f(x);
#endif
}

// 1 / x as the special function unit gives it, to 1 ulp; 0 of an infinity.
WEIR_DEVICE float reciprocal(float x) {
#ifdef __CUDACC__
    float y;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
#else
    return 1.0f / x;
#endif
}

// The larger of two; NaN where one is.
WEIR_DEVICE float larger_or_nan(float a, float b) {
#ifdef __CUDACC__
    float y;
    asm("max.NaN.f32 %0, %1, %2;" : "=f"(y) : "f"(a), "f"(b));
    return y;
#else
    return a != a || b < a ? a : b;
#endif
}

}  // namespace weir
