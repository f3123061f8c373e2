// y = a - b, see IOps.Subtract and include/elementwise.cuh. Bounds and counts are those of add.cu.
#include "include/elementwise.cuh"

WEIR_KERNEL(subtract, weir::ElementwiseArguments, 256) {
    weir::elementwise(a, [](float x, float y) { return x - y; });
}
