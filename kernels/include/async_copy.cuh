// Copies from device to shared memory that do not pass through registers (cp.async, Ampere and later).
//
// A thread's copies since its last commit are a group; cp_async_wait<N> waits for all but the newest N of its groups.
// That makes them visible to the thread itself; the others of the block need a barrier after it. `bytes`: how many of the
// 16 or 4 bytes are read, the rest is filled with 0; with 0 bytes nothing is read. Both addresses must be aligned to the
// size of the copy.
#pragma once

#include "device.cuh"
#ifndef __CUDACC__
#include "../emulator/async_copy.h"
#endif

namespace weir {

#ifdef __CUDACC__

// Sixteen bytes around the first-level cache: what is copied into shared memory is not wanted there too.
WEIR_DEVICE void cp_async_16(void* shared, const void* global, int bytes = 16) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
                 :: "r"(shared_address(shared)), "l"(__cvta_generic_to_global(global)), "r"(bytes) : "memory");
}

WEIR_DEVICE void cp_async_4(void* shared, const void* global, int bytes = 4) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;"
                 :: "r"(shared_address(shared)), "l"(__cvta_generic_to_global(global)), "r"(bytes) : "memory");
}

WEIR_DEVICE void cp_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

template <int N>
WEIR_DEVICE void cp_async_wait() { asm volatile("cp.async.wait_group %0;" :: "n"(N) : "memory"); }

#else

WEIR_DEVICE void cp_async_16(void* shared, const void* global, int bytes = 16) { emulator::cp_async(shared, global, 16, bytes); }
WEIR_DEVICE void cp_async_4(void* shared, const void* global, int bytes = 4) { emulator::cp_async(shared, global, 4, bytes); }
WEIR_DEVICE void cp_async_commit() { emulator::cp_async_commit(); }
template <int N>
WEIR_DEVICE void cp_async_wait() { emulator::cp_async_wait(N); }

#endif

}  // namespace weir
