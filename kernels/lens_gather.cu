// Rows of the unembedding that the targets of a lens name, in the order of the slots, so that their logits are products
// like all others: see LensArguments.pick. One block a row; 16 bytes a thread and step. Bytes: two rows of W a target.
#include "include/lens_statistics.cuh"

struct LensGatherArguments {
    weir::LensArguments lens;
    const uint4* w;
    uint4* y;  // [slot, target] rows; 0 where a slot has no row
    int units;  // of 16 bytes, in a row of either
};

WEIR_KERNEL(lens_gather, LensGatherArguments, 128) {
    int slot = blockIdx.x / a.lens.target_count, row = weir::lens_row(a.lens, slot);
    int64_t target = row < 0 ? 0 : a.lens.targets[static_cast<int64_t>(row) * a.lens.target_count + blockIdx.x % a.lens.target_count];
    for (int i = threadIdx.x; i < a.units; i += blockDim.x) {
        a.y[blockIdx.x * static_cast<int64_t>(a.units) + i] = row < 0 ? uint4{} : a.w[target * a.units + i];
    }
}
