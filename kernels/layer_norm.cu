// Layer norm: y = (x - mean) / sqrt(mean((x - mean)^2) + eps) * gain + bias, see IOps.LayerNorm and include/norm.cuh.
#include "include/norm.cuh"

WEIR_KERNEL(layer_norm, weir::NormArguments, 512) { weir::norm_rows<true>(a); }
