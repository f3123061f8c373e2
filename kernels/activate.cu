// post = f(pre) or f(pre) * linear, see IOps.Activate, include/elementwise.cuh and include/activation.cuh.
//
// Bytes: 12 an element with a linear branch, 8 without. 54 to 56 registers, so 9 blocks of 128 threads with 8 loads of 16
// bytes each: 147 KB in flight where 23 are needed. Instructions for 16 bytes, of 113: silu 59 (81 without a branch), relu
// 15, both gelus 64 (90).
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
