// post = f(pre) or f(pre) * linear, see IOps.Activate, include/elementwise.cuh and include/activation.cuh.
#include "include/activation.cuh"
#include "include/elementwise.cuh"

namespace weir {

template <typename Function>
WEIR_DEVICE void activate_rows(const ElementwiseArguments& a, Function f) {
    if (a.b == nullptr) {
        elementwise(a, [f](float pre, float) { return f(pre); });
    } else {
        elementwise(a, [f](float pre, float linear) { return f(pre) * linear; });
    }
}

}  // namespace weir

// A kernel for each activation, so that none chooses element by element.
WEIR_KERNEL(activate_gelu_tanh, weir::ElementwiseArguments, 256) {
    weir::activate_rows(a, [](float x) { return weir::gelu_tanh(x); });
}

WEIR_KERNEL(activate_gelu_erf, weir::ElementwiseArguments, 256) {
    weir::activate_rows(a, [](float x) { return weir::gelu_erf(x); });
}

WEIR_KERNEL(activate_relu, weir::ElementwiseArguments, 256) {
    weir::activate_rows(a, [](float x) { return weir::relu(x); });
}

WEIR_KERNEL(activate_silu, weir::ElementwiseArguments, 256) {
    weir::activate_rows(a, [](float x) { return weir::silu(x); });
}
