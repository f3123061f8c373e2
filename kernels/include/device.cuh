// What every kernel stands on. Under nvcc these are the language's own words; under g++ the emulator's, so that the
// same file runs in a test on a machine with no GPU.
//
// A kernel takes one struct by value, declared beside it, whose C# twin stands in the launcher:
//
//     struct AddArguments { const float* a; ... };
//     WEIR_KERNEL(add, AddArguments, 256) { ... a.x ... }
//
// The third operand is the largest block it may be launched with; a fourth, the blocks that a multiprocessor must have
// registers for. Products and sums are contracted nowhere (-fmad=false,
// -ffp-contract=off): a fused multiply-add is written fmaf, so that host, device and CPU body round alike.
#pragma once

#include <cstddef>
#include <cstdint>

#ifdef __CUDACC__

#define WEIR_DEVICE __device__ __forceinline__
#define WEIR_KERNEL(name, Arguments, ...) \
    extern "C" __global__ void __launch_bounds__(__VA_ARGS__) name(const __grid_constant__ Arguments a)

// A block's own memory: WEIR_SHARED(float[32], partial); the second form is as long as the launch says.
#define WEIR_SHARED(type, name)    \
    using name##_shared_t = type;  \
    __shared__ name##_shared_t name
#define WEIR_DYNAMIC_SHARED(name) extern __shared__ __align__(1024) unsigned char name[]

// Ends the launch with an error where the host emulation can say more than the device.
#define WEIR_CHECK(condition, message) ((void)0)

#else

#include "../emulator/emulator.h"

#endif

namespace weir {

#ifdef __CUDACC__
// What instructions for shared memory want in place of a pointer.
WEIR_DEVICE uint32_t shared_address(const void* p) { return static_cast<uint32_t>(__cvta_generic_to_shared(p)); }
#endif

constexpr int kWarp = 32;
constexpr unsigned kAllLanes = 0xffffffffu;

WEIR_DEVICE int lane() { return static_cast<int>(threadIdx.x % kWarp); }
WEIR_DEVICE int warp() { return static_cast<int>(threadIdx.x / kWarp); }

template <typename T>
WEIR_DEVICE T least(T a, T b) { return b < a ? b : a; }
template <typename T>
WEIR_DEVICE T most(T a, T b) { return a < b ? b : a; }

WEIR_DEVICE constexpr int ceil_div(int a, int b) { return (a + b - 1) / b; }

// What a kernel found wrong with its operands, for the host to see at its next wait: the first fault stays.
enum class Fault : int { None = 0, Index = 1, Id = 2, Twice = 3, Position = 4 };

WEIR_DEVICE void report(int* fault, Fault which) {
    atomicCAS(fault, 0, static_cast<int>(which));
}

}  // namespace weir
