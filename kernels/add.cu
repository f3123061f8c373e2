// y = a + b, see IOps.Add and include/elementwise.cuh.
#include "include/elementwise.cuh"

WEIR_KERNEL(add, weir::ElementwiseArguments, 256) {
    weir::elementwise(a, [](float x, float y) { return x + y; });
}
