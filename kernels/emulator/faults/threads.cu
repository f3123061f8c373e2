// What threads of a block do together: barriers, shared memory of both kinds, shuffles, votes, atomics, named barriers;
// with blocks that do not fill their last warp and threads that end early.
#include "../../include/bulk_copy.cuh"
#include "../../include/reduce.cuh"

namespace {

struct ThreadsArguments {
    const float* x;
    float* y;
    int n, fault;
};

}  // namespace

// y[i] = x[n - 1 - i] + x[n - 2 - i], around the end: through one array and then through another.
WEIR_KERNEL(reversed, ThreadsArguments, 96) {
    using namespace weir;
    enum { kNone, kNoBarrier, kNoSecondBarrier, kPastStatic, kPastDynamic, kOffByOne, kDivergentBarrier, kDeadlock };
    WEIR_SHARED(float[70], once);
    WEIR_DYNAMIC_SHARED(shared);
    auto* twice = reinterpret_cast<float*>(shared);
    int i = threadIdx.x, n = a.n - (a.fault == kOffByOne);
    if (i >= n) {
        return;
    }
    once[i + (a.fault == kPastStatic)] = a.x[i];
    if (a.fault == kDivergentBarrier && i % 2 == 0) {
        __syncthreads();
    } else if (a.fault == kDeadlock && i < 32) {
        named_barrier_sync(1, 64);
    } else if (a.fault != kNoBarrier) {
        __syncthreads();
    }
    twice[i + (a.fault == kPastDynamic)] = once[n - 1 - i];
    if (a.fault != kNoSecondBarrier) {
        __syncthreads();
    }
    a.y[i] = twice[i] + twice[(i + 1) % n];
}

// Seven numbers a thread, of what the lanes of its warp hold.
WEIR_KERNEL(lanes, ThreadsArguments, 96) {
    using namespace weir;
    enum { kNone, kNoSyncwarp, kOtherCollective, kAbsentLane, kForeignMask, kLaneEnds };
    WEIR_SHARED(float[96], held);
    int i = threadIdx.x;
    unsigned mask = __ballot_sync(kAllLanes, i < a.n);
    if (i >= a.n) {
        return;
    }
    int count = __popc(mask);
    float x = a.x[i], sum = x;
    for (int delta = 1; delta < kWarp; delta *= 2) {
        float before = __shfl_up_sync(mask, sum, delta);
        sum += lane() >= delta ? before : 0;
    }
    float* y = a.y + i * 7;
    y[0] = sum;
    y[1] = __shfl_sync(mask, sum, a.fault == kAbsentLane ? 31 : count - 1);
    y[2] = __shfl_xor_sync(mask, x, 1);
    y[3] = __shfl_down_sync(mask, x, 1, 2);
    if (a.fault == kOtherCollective && lane() % 2 == 0) {
        y[4] = static_cast<float>(__popc(__ballot_sync(mask, x > 0)));
        __syncwarp(mask);
    } else if (a.fault == kForeignMask) {
        y[4] = static_cast<float>(__popc(__ballot_sync(mask & ~2u, x > 0)));
    } else if (a.fault == kLaneEnds && lane() == 3) {
        return;
    } else {
        __syncwarp(mask);
        y[4] = static_cast<float>(__popc(__ballot_sync(mask, x > 0)));
    }
    y[5] = static_cast<float>(2 * __any_sync(mask, x > 1.5f) + __all_sync(mask, x > -1.5f));
    held[i] = x;
    if (a.fault != kNoSyncwarp) {
        __syncwarp(mask);
    }
    y[6] = held[warp() * kWarp + (lane() + 1) % count];
}

// y: how many, their sum, the largest and the smallest, the bits of all, the same count by compare and swap, and whether
// one thread of each block, no more, met the flag down. Blocks of 64 threads; x are small integers.
WEIR_KERNEL(atomics, ThreadsArguments, 64) {
    using namespace weir;
    enum { kNone, kNoBarrier };
    WEIR_SHARED(int[4], own);
    if (threadIdx.x < 4) {
        own[threadIdx.x] = threadIdx.x == 3 ? 1 << 30 : 0;
    }
    if (a.fault != kNoBarrier) {
        __syncthreads();
    }
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    auto* y = reinterpret_cast<int*>(a.y);
    if (i < a.n) {
        int x = static_cast<int>(a.x[i]);
        atomicAdd(own, 1);
        atomicAdd(a.y + 1, a.x[i]);
        atomicMax(own + 2, x);
        atomicMin(own + 3, x);
        atomicOr(y + 4, x);
        int seen = 0;
        for (int old; (old = atomicCAS(y + 5, seen, seen + 1)) != seen;) {
            seen = old;
        }
        if (atomicExch(own + 1, 1) == 0) {
            atomicAdd(y + 6, 1);
        }
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        atomicAdd(y, own[0]);
        atomicMax(y + 2, own[2]);
        atomicMin(y + 3, own[3]);
    }
}

// y = 2 x, 64 at a time: two warps write a buffer, two read it, and named barriers say when it is full and when free.
WEIR_KERNEL(handed_over, ThreadsArguments, 128) {
    using namespace weir;
    enum { kNone, kNoFull, kNoFree, kWrongCount, kWrongBarrier };
    constexpr int kFull = 1, kFree = 3;
    WEIR_SHARED(float[2][64], buffer);
    int threads = 128 - (a.fault == kWrongCount && threadIdx.x < 32 ? 32 : 0), i = threadIdx.x % 64;
    for (int tile = 0; tile * 64 < a.n; tile++) {
        int s = tile % 2;
        if (warp() < 2) {
            if (tile >= 2 && a.fault != kNoFree) {
                named_barrier_sync(kFree + s, threads);
            }
            buffer[s][i] = a.x[tile * 64 + i];
            named_barrier_arrive(kFull + s, threads);
        } else {
            if (a.fault != kNoFull) {
                named_barrier_sync(kFull + (a.fault == kWrongBarrier ? 0 : s), threads);
            }
            a.y[tile * 64 + i] = 2 * buffer[s][63 - i];
            if ((tile + 2) * 64 < a.n) {
                named_barrier_arrive(kFree + s, threads);
            }
        }
    }
}
