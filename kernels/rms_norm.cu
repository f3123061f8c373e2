// Root-mean-square norm: y = x / sqrt(mean(x^2) + eps) * (gain + offset), see IOps.RmsNorm and include/norm.cuh.
#include "include/norm.cuh"

WEIR_KERNEL(rms_norm, weir::NormArguments, 512) { weir::norm_rows<false>(a); }
