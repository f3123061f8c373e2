// y = cap tanh(x / cap), see IOps.Softcap and include/elementwise.cuh.
#include "include/elementwise.cuh"
#include "include/math.cuh"

WEIR_KERNEL(softcap, weir::ElementwiseArguments, 256) {
    float cap = a.constant;
    weir::elementwise(a, [cap](float x, float) { return cap * weir::hyperbolic_tangent(x / cap); });
}
