// The nonlinearities of an MLP, see Activation.cs. One source for the op and for the products that fuse it, so that both
// give the same bits; operation for operation those of the CPU body (ActivationMath.cs).
#pragma once

#include "math.cuh"

namespace weir {

// The numbers are those of Activation.cs; None is the launchers' word for no activation.
enum class Activation : int { None = -1, GeluTanh = 0, GeluErf = 1, Relu = 2, Silu = 3 };

// x / (1 + e^-u)
WEIR_DEVICE float times_logistic(float x, float u) { return x / (1.0f + exponential(0.0f - u)); }

WEIR_DEVICE float silu(float x) { return times_logistic(x, x); }

// (1 + tanh u) / 2 = 1 / (1 + e^-2u), which does not cancel on the left; 2u = 2 sqrt(2/pi) (x + 0.044715 x^3).
WEIR_DEVICE float gelu_tanh(float x) { return times_logistic(x, x * fmaf(x * x, 0.071354814f, 1.5957691f)); }

// With t = |x| / sqrt 2: below 0.9277 a polynomial for erf, above it erfc t = e^q(t) (N. Juffa's fit), taken from 2 on
// the right and as it is on the left, where 1 + erf would cancel.
WEIR_DEVICE float gelu_erf(float x) {
    float a = x * 0.70710678f;
    float t = fabsf(a);
    float s = a * a;

    float r = -5.96761703e-4f;
    r = fmaf(r, s, 4.99119423e-3f);
    r = fmaf(r, s, -2.67681349e-2f);
    r = fmaf(r, s, 1.12819925e-1f);
    r = fmaf(r, s, -3.76125336e-1f);
    r = fmaf(r, s, 1.28379166e-1f);
    float near = 1.0f + fmaf(r, a, a);

    float q = fmaf(-1.72853470e-5f, t, 3.83197126e-4f);
    float u = fmaf(-3.88396438e-3f, t, 2.42546219e-2f);
    q = fmaf(q, s, u);
    q = fmaf(q, t, -1.06777877e-1f);
    q = fmaf(q, t, -6.34846687e-1f);
    q = fmaf(q, t, -1.28717512e-1f);
    q = q * t - t;
    float tail = exponential(q);
    float far = a < 0.0f ? tail : 2.0f - tail;

    return x * 0.5f * (t < 0.927734375f ? near : far);
}

// The larger of x and 0, which is +0 for -0; NaN stays NaN.
WEIR_DEVICE float relu(float x) { return x > 0.0f || x != x ? x : 0.0f; }

// The same for every thread of a launch, so that the branch costs no divergence.
WEIR_DEVICE float activate(Activation activation, float x) {
    switch (activation) {
        case Activation::GeluTanh: return gelu_tanh(x);
        case Activation::GeluErf: return gelu_erf(x);
        case Activation::Relu: return relu(x);
        case Activation::Silu: return silu(x);
        default: return x;
    }
}

}  // namespace weir
