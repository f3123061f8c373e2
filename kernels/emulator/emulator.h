// The words of CUDA C++ for g++: a kernel's threads are fibers of one host thread, a block at a time, so that barriers,
// shuffles and shared memory mean what they mean on the device. Which fiber goes next is drawn from the launch's seed:
// code that lacks a barrier reads what another thread has not written yet and gives a wrong result.
//
// A thread runs until it meets others (barrier, shuffle, vote, mma, wait). So no seed shows two threads that change the
// same word without an atomic, x[0] += 1, since neither is stopped in the middle of it; nor a missing memory fence, since
// what is written is seen at once; nor a race between threads that would write the same. compute-sanitizer does.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#define __device__
#define __global__
#define __forceinline__ inline
#define __restrict__ __restrict
#define WEIR_DEVICE inline

struct uint3 { unsigned x, y, z; };
struct dim3 { unsigned x, y, z; };
struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct alignas(8) int2 { int x, y; };
struct alignas(16) int4 { int x, y, z, w; };

inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline uint2 make_uint2(unsigned x, unsigned y) { return {x, y}; }
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) { return {x, y, z, w}; }

namespace weir::emulator {

// What the running thread of a kernel sees of itself.
struct Position { uint3 thread, block; dim3 block_size, grid_size; };
extern thread_local const Position* position;

// Ends the launch with an error; does not come back.
[[noreturn]] void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));

// Waits until every lane of the mask has come here with an operand of its own, then lets the last one that came run
// `act` over all 32 operands, then everybody goes on. A lane that is not there has a null operand.
using Act = void (*)(void** operands);
void warp_collective(unsigned mask, const char* what, void* operand, Act act);

// bar.sync: barrier `id` of the block, for so many threads; 0 threads is all that have not ended, and these must come to it
// in the same line.
void barrier(int id, int threads, int line = 0);
void barrier_arrive(int id, int threads);

// Lets other threads run; the thread goes on when `ready(state)` holds.
void wait_until(bool (*ready)(const void*), const void* state, const char* what);

// A coin of the launch's seed: whether something that may happen early does. With seed 0 nothing does.
bool coin();

void* static_shared(const void* key, size_t bytes, size_t alignment);
unsigned char* dynamic_shared();
size_t dynamic_shared_bytes();

// Fails unless these bytes are shared memory of the block and aligned.
void check_shared(const void* address, size_t bytes, size_t alignment, const char* what);

// Something that the running thread keeps from call to call until it ends.
void* own(const void* key, void* (*make)(), void (*destroy)(void*));
template <typename T>
T& own() {
    static const char key = 0;
    return *static_cast<T*>(own(&key, [] { return static_cast<void*>(new T()); }, [](void* p) { delete static_cast<T*>(p); }));
}

// Something that happens later by itself (a bulk copy): runs at a moment that the seed chooses, at the latest when no
// thread could go on without it. `state` is copied.
void later(void (*act)(void*), const void* state, size_t bytes);

struct Kernel {
    const char* name;
    size_t argument_bytes;
    int most_threads;
    void (*body)(const void*);
};

struct Registration { explicit Registration(const Kernel& kernel); };

// The threads of WEIR_KERNEL's launch bounds.
constexpr int most_threads(int threads, int /* blocks */ = 1) { return threads; }

float widen_f16(uint16_t bits);
uint16_t narrow_f16(float x);
inline uint16_t narrow_bf16(float x) {
    uint32_t bits;
    std::memcpy(&bits, &x, 4);
    return x != x ? static_cast<uint16_t>((bits >> 16) | 0x40) : static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

template <typename T>
struct Shuffle { T value; T result; int source; };

template <typename T>
T shuffle(unsigned mask, const char* what, T value, int source) {
    Shuffle<T> s{value, value, source};
    warp_collective(mask, what, &s, [](void** lanes) {
        for (int i = 0; i < 32; i++) {
            if (auto* own = static_cast<Shuffle<T>*>(lanes[i]); own && own->source >= 0 && own->source < 32) {
                auto* other = static_cast<Shuffle<T>*>(lanes[own->source]);
                if (!other) {
                    fail("a shuffle reads lane %d, which is not in it", own->source);
                }
                own->result = other->value;
            }
        }
    });
    return s.result;
}

unsigned ballot(unsigned mask, bool predicate);

}  // namespace weir::emulator

#define threadIdx (::weir::emulator::position->thread)
#define blockIdx (::weir::emulator::position->block)
#define blockDim (::weir::emulator::position->block_size)
#define gridDim (::weir::emulator::position->grid_size)

#define WEIR_KERNEL(name, Arguments, ...)                                                 \
    static void name##_body(const Arguments& a);                                          \
    static const ::weir::emulator::Registration name##_registration({#name, sizeof(Arguments), ::weir::emulator::most_threads(__VA_ARGS__), \
        [](const void* p) { name##_body(*static_cast<const Arguments*>(p)); }});          \
    static void name##_body(const Arguments& a)

#define WEIR_SHARED(type, name)       \
    using name##_shared_t = type;     \
    static const char name##_key = 0; \
    name##_shared_t& name = *static_cast<name##_shared_t*>(::weir::emulator::static_shared(&name##_key, sizeof(name##_shared_t), alignof(name##_shared_t)))
#define WEIR_DYNAMIC_SHARED(name) unsigned char* name = ::weir::emulator::dynamic_shared()

#define WEIR_CHECK(condition, message) ((condition) ? (void)0 : ::weir::emulator::fail("%s", message))

inline void __syncthreads(int line = __builtin_LINE()) { weir::emulator::barrier(0, 0, line); }
// The barrier, and whether a thread of the block came with a predicate.
inline int __syncthreads_or(int predicate, int line = __builtin_LINE()) {
    static const char key = 0;
    int& any = *static_cast<int*>(weir::emulator::static_shared(&key, sizeof(int), alignof(int)));
    __syncthreads(line);
    if (threadIdx.x == 0) {
        any = 0;
    }
    __syncthreads(line);
    if (predicate) {
        any = 1;
    }
    __syncthreads(line);
    return any;
}
inline void __syncwarp(unsigned mask = 0xffffffffu) { weir::emulator::warp_collective(mask, "__syncwarp", mask ? &mask : nullptr, [](void**) {}); }

template <typename T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
    int lane = static_cast<int>(threadIdx.x % 32);
    return weir::emulator::shuffle(mask, "__shfl_sync", value, lane / width * width + source % width);
}

template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32) {
    int lane = static_cast<int>(threadIdx.x % 32), source = lane ^ bits;
    return weir::emulator::shuffle(mask, "__shfl_xor_sync", value, source / width == lane / width ? source : lane);
}

template <typename T>
T __shfl_down_sync(unsigned mask, T value, int delta, int width = 32) {
    int lane = static_cast<int>(threadIdx.x % 32);
    return weir::emulator::shuffle(mask, "__shfl_down_sync", value, lane % width + delta < width ? lane + delta : lane);
}

template <typename T>
T __shfl_up_sync(unsigned mask, T value, int delta, int width = 32) {
    int lane = static_cast<int>(threadIdx.x % 32);
    return weir::emulator::shuffle(mask, "__shfl_up_sync", value, lane % width >= delta ? lane - delta : lane);
}

inline unsigned __ballot_sync(unsigned mask, int predicate) { return weir::emulator::ballot(mask, predicate != 0); }
inline int __any_sync(unsigned mask, int predicate) { return weir::emulator::ballot(mask, predicate != 0) != 0; }
inline int __all_sync(unsigned mask, int predicate) { return weir::emulator::ballot(mask, predicate == 0) == 0; }

// Blocks run on several host threads, so global atomics must be atomic.
template <typename T>
T atomicAdd(T* p, T v) {
    if constexpr (std::numeric_limits<T>::is_integer) {
        return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST);
    } else {
        T old, sum;
        __atomic_load(p, &old, __ATOMIC_SEQ_CST);
        do {
            sum = old + v;
        } while (!__atomic_compare_exchange(p, &old, &sum, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
        return old;
    }
}

template <typename T>
T atomicCAS(T* p, T expected, T desired) {
    __atomic_compare_exchange(p, &expected, &desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    return expected;
}

template <typename T>
T atomicExch(T* p, T v) {
    T old;
    __atomic_exchange(p, &v, &old, __ATOMIC_SEQ_CST);
    return old;
}

template <typename T>
T atomicMax(T* p, T v) {
    T old;
    __atomic_load(p, &old, __ATOMIC_SEQ_CST);
    while (old < v && !__atomic_compare_exchange(p, &old, &v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
    }
    return old;
}

template <typename T>
T atomicMin(T* p, T v) {
    T old;
    __atomic_load(p, &old, __ATOMIC_SEQ_CST);
    while (v < old && !__atomic_compare_exchange(p, &old, &v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
    }
    return old;
}

template <typename T>
T atomicOr(T* p, T v) { return __atomic_fetch_or(p, v, __ATOMIC_SEQ_CST); }

inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
inline void __threadfence_block() {}
[[noreturn]] inline void __trap() { weir::emulator::fail("the kernel ended itself with __trap"); }

template <typename T>
T __ldg(const T* p) { return *p; }

inline float __uint_as_float(unsigned x) { float y; std::memcpy(&y, &x, 4); return y; }
inline unsigned __float_as_uint(float x) { unsigned y; std::memcpy(&y, &x, 4); return y; }
inline float __int_as_float(int x) { float y; std::memcpy(&y, &x, 4); return y; }
inline int __float_as_int(float x) { int y; std::memcpy(&y, &x, 4); return y; }
// Four bytes of the eight of x (0 to 3) and y (4 to 7), each named by four bits.
inline unsigned __byte_perm(unsigned x, unsigned y, unsigned names) {
    uint64_t both = static_cast<uint64_t>(y) << 32 | x;
    unsigned result = 0;
    for (int i = 0; i < 4; i++) {
        result |= static_cast<unsigned>(both >> (names >> 4 * i & 7) * 8 & 0xff) << 8 * i;
    }
    return result;
}
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
inline void sincospi(double x, double* s, double* c) {
    // Exact reduction to one turn, so that large arguments lose nothing.
    double turn = std::remainder(x, 2.0);
    *s = std::sin(turn * 3.14159265358979323846);
    *c = std::cos(turn * 3.14159265358979323846);
}
