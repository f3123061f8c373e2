// y = a - b, see IOps.Subtract and include/elementwise.cuh.
#include "include/elementwise.cuh"

WEIR_KERNEL(subtract, weir::ElementwiseArguments, 256) {
    weir::elementwise(a, [](float x, float y) { return x - y; });
}
