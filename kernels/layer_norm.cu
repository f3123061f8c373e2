// Layer norm: y = (x - mean) / sqrt(mean((x - mean)^2) + eps) * gain + bias, see IOps.LayerNorm and include/norm.cuh.
//
// The mean is taken first and the deviations from it then, since |x|^2 - n m^2 cancels where the mean is large; both from
// registers. Bytes: 8 an element and 8 d for gain and bias. 80 registers, so 3 blocks of 256 threads with 4 loads of 16
// bytes of x each: 49 KB in flight where 23 are needed. 608 instructions a thread, 76 for 16 bytes of 113.
#include "include/norm.cuh"

WEIR_KERNEL(layer_norm, weir::NormArguments, 512) { weir::norm_rows<true>(a); }
