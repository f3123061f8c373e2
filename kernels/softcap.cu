// y = cap tanh(x / cap), see IOps.Softcap and include/elementwise.cuh.
//
// Bytes: 8 an element, but the bound is arithmetic: both divisions are exact and both branches of tanh are computed, 145
// instructions for 16 bytes of 113, so at most 78% of the copy's rate. Of the models only Gemma 2 has this pass, over
// logits that somebody wants to see; the lens caps them in its registers.
#include "include/elementwise.cuh"
#include "include/math.cuh"

WEIR_KERNEL(softcap, weir::ElementwiseArguments, 256) {
    float cap = a.constant;
    weir::elementwise(a, [cap](float x, float) { return cap * weir::hyperbolic_tangent(x / cap); });
}
