// y = a + b, see IOps.Add and include/elementwise.cuh.
//
// Bytes: 12 an element. 54 registers, so 9 blocks of 128 threads with 8 loads of 16 bytes each: 147 KB in flight where 23
// are needed; 13 instructions for 16 bytes of 113.
#include "include/elementwise.cuh"

WEIR_KERNEL(add, weir::ElementwiseArguments, 256) {
    weir::elementwise(a, [](float x, float y) { return x + y; });
}
