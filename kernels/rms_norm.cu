// Root-mean-square norm: y = x / sqrt(mean(x^2) + eps) * (gain + offset), see IOps.RmsNorm and include/norm.cuh.
//
// Bytes: 8 an element and 4 d for the gain. 56 registers, so 4 blocks of 256 threads with 4 loads of 16 bytes of x each:
// 66 KB in flight where 23 are needed, and half of that while the other blocks sum and store. 385 instructions a thread,
// 48 for 16 bytes of 113. So a row of 4,096 takes a block 32 KB of traffic, 1,800 cycles of a multiprocessor's share, and
// four of them hide the 2,000 or so that one takes from launch to end. kernels/README.md shows how it came to be.
#include "include/norm.cuh"

WEIR_KERNEL(rms_norm, weir::NormArguments, 512) { weir::norm_rows<false>(a); }
