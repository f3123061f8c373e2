// Logits with their ids as words that compare as (larger logit, lower id first): equal logits need no thought, and lists
// that different threads have made merge by plain comparison.
#pragma once

#include "device.cuh"

namespace weir {

// A logit, in the order of floats (-0 as 0, NaN as -infinity), above the complement of its id. No key is 0.
WEIR_DEVICE uint64_t logit_key(float logit, int id) {
    uint32_t bits = __float_as_uint(logit != logit ? -INFINITY : logit + 0.0f);
    uint32_t ordered = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
    return static_cast<uint64_t>(ordered) << 32 | ~static_cast<uint32_t>(id);
}

WEIR_DEVICE float key_logit(uint64_t key) {
    uint32_t ordered = static_cast<uint32_t>(key >> 32);
    return __uint_as_float(ordered & 0x80000000u ? ordered ^ 0x80000000u : ~ordered);
}

WEIR_DEVICE int key_id(uint64_t key) { return static_cast<int>(~static_cast<uint32_t>(key)); }

}  // namespace weir
