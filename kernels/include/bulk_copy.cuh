// What a pipeline of bulk copies is made of (Hopper, sm_90a): the copy engine that brings a box of a matrix into shared
// memory, the barriers in shared memory that it reports to, and warps with different work.
//
// A TensorMap is a member of the kernel's argument struct, filled by ICudaDriver.EncodeTensorMap. One thread asks for a
// box; what lies outside the matrix arrives as 0 and counts as bytes too. With swizzling a row of the box is 128 bytes and
// its 16-byte unit u lies at u ^ (row % 8), the layout that wgmma reads without bank conflicts.
//
// An mbarrier is done with a phase when all its arrivals have come and all expected bytes have landed; the next phase
// begins at once. mbarrier_wait(b, p) goes on when the phase of parity p is over: the first has parity 0, and waiting for
// parity 1 before it returns at once.
#pragma once

#include "device.cuh"

namespace weir {

struct alignas(64) TensorMap { unsigned char bytes[128]; };

// Eight bytes in shared memory.
struct alignas(8) Mbarrier { uint64_t state; };

}  // namespace weir

#ifndef __CUDACC__
#include "../emulator/bulk_copy.h"
#endif

namespace weir {

#ifdef __CUDACC__

// By one thread; the others may use it after a fence and a barrier.
WEIR_DEVICE void mbarrier_init(Mbarrier* b, int arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" :: "r"(shared_address(b)), "r"(arrivals) : "memory");
}

WEIR_DEVICE void mbarrier_init_fence() { asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory"); }

WEIR_DEVICE void mbarrier_arrive(Mbarrier* b) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" :: "r"(shared_address(b)) : "memory");
}

// Arrives, and lets the phase wait for so many bytes more.
WEIR_DEVICE void mbarrier_arrive_expect(Mbarrier* b, int bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" :: "r"(shared_address(b)), "r"(bytes) : "memory");
}

WEIR_DEVICE void mbarrier_wait(Mbarrier* b, int parity) {
    uint32_t done;
    do {
        asm volatile(
            "{\n"
            ".reg .pred p;\n"
            "mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\n"
            "selp.u32 %0, 1, 0, p;\n"
            "}" : "=r"(done) : "r"(shared_address(b)), "r"(parity) : "memory");
    } while (!done);
}

WEIR_DEVICE void prefetch_tensor_map(const TensorMap& map) {
    asm volatile("prefetch.tensormap [%0];" :: "l"(&map) : "memory");
}

// The box that begins at this column and row.
WEIR_DEVICE void bulk_load(void* shared, const TensorMap& map, int column, int row, Mbarrier* b) {
    asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3}], [%4];"
                 :: "r"(shared_address(shared)), "l"(&map), "r"(column), "r"(row), "r"(shared_address(b)) : "memory");
}

// Makes what threads have written to shared memory visible to wgmma and the copy engine.
WEIR_DEVICE void fence_async_proxy() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

// Barrier 1 to 15 for so many threads of the block, whole warps; arriving does not wait.
WEIR_DEVICE void named_barrier_sync(int id, int threads) {
    asm volatile("bar.sync %0, %1;" :: "r"(id), "r"(threads) : "memory");
}

WEIR_DEVICE void named_barrier_arrive(int id, int threads) {
    asm volatile("bar.arrive %0, %1;" :: "r"(id), "r"(threads) : "memory");
}

// Registers a thread of this warpgroup may have from here on: one gives some away for others to take. The kernel must be
// a WEIR_KERNEL that says how many blocks must fit, of whole warpgroups, or the compiler leaves them as they are.
template <int Registers>
WEIR_DEVICE void take_registers() {
    static_assert(Registers % 8 == 0 && Registers >= 24 && Registers <= 256);
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" :: "n"(Registers));
}

template <int Registers>
WEIR_DEVICE void give_registers() {
    static_assert(Registers % 8 == 0 && Registers >= 24 && Registers <= 256);
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" :: "n"(Registers));
}

// True in one lane of a warp that has come here whole; always the same one.
WEIR_DEVICE bool elect_one() {
    uint32_t elected;
    asm volatile(
        "{\n"
        ".reg .pred p;\n"
        "elect.sync _|p, 0xffffffff;\n"
        "selp.u32 %0, 1, 0, p;\n"
        "}" : "=r"(elected));
    return elected != 0;
}

#else

WEIR_DEVICE void mbarrier_init(Mbarrier* b, int arrivals) { emulator::mbarrier_init(b, arrivals); }
WEIR_DEVICE void mbarrier_init_fence() {}
WEIR_DEVICE void mbarrier_arrive(Mbarrier* b) { emulator::mbarrier_arrive(b, 0); }
WEIR_DEVICE void mbarrier_arrive_expect(Mbarrier* b, int bytes) { emulator::mbarrier_arrive(b, bytes); }
WEIR_DEVICE void mbarrier_wait(Mbarrier* b, int parity) { emulator::mbarrier_wait(b, parity); }
WEIR_DEVICE void prefetch_tensor_map(const TensorMap&) {}
WEIR_DEVICE void bulk_load(void* shared, const TensorMap& map, int column, int row, Mbarrier* b) { emulator::bulk_load(shared, map, column, row, b); }
WEIR_DEVICE void fence_async_proxy() {}
WEIR_DEVICE void named_barrier_sync(int id, int threads) { emulator::barrier(emulator::named_barrier(id, threads), threads); }
WEIR_DEVICE void named_barrier_arrive(int id, int threads) { emulator::barrier_arrive(emulator::named_barrier(id, threads), threads); }
template <int Registers>
WEIR_DEVICE void take_registers() { emulator::check_warpgroup("setmaxnreg"); }
template <int Registers>
WEIR_DEVICE void give_registers() { emulator::check_warpgroup("setmaxnreg"); }
WEIR_DEVICE bool elect_one() { return emulator::elect_one(); }

#endif

}  // namespace weir
