// Products on Hopper's tensor cores (sm_90a): the 128 threads of a warpgroup multiply A [64 x 16] by B [16 x N] of bf16 or
// f16 and add to D [64 x N] in f32. They run by themselves, operands read straight from shared memory:
//
//     wgmma_fence(d);                          // what was written to these registers comes first; A's are named too
//     wgmma<bf16>(d, a + k * kWgmmaStep, b + k * kWgmmaStep, accumulate);   // N is twice the size of d; as often as wanted
//     wgmma_commit();                          // these are a group
//     wgmma_wait<0>(d);                        // all but so many groups are done; d may be read, operands overwritten
//
// Between fence and wait nothing else may touch d or the registers of A, and d must have held something before the first
// product: else ptxas makes one product wait for the other (its notes C7510 to C7515).
//
// Thread 32 w + lane, with g = lane / 4 and t = lane % 4, holds D[16 w + g + 8 (i / 2 % 2)][8 (i / 4) + 2 t + i % 2] in
// d[i], and, where A comes from registers, the rows 16 w to 16 w + 15 of it as in mma.cuh.
//
// Operands lie as swizzled bulk copies leave them, in boxes of 128 bytes a row that begin at multiples of 1,024 bytes.
// A [64, k] and B [N, k], 64 k to a box, are wgmma_operand(box); the next 16 k are kWgmmaStep further. B stored [k, N]
// (TransposedB), 64 columns to a box, is wgmma_transposed_operand(box, bytes from box to box), and the next 16 k are
// kWgmmaTransposedStep further.
#pragma once

#include "element.cuh"
#ifndef __CUDACC__
#include "../emulator/wgmma.h"
#endif

namespace weir {

constexpr uint64_t kWgmmaStep = 16 * 2 / 16;
constexpr uint64_t kWgmmaTransposedStep = 16 * 128 / 16;

namespace detail {

// Offsets count 16 bytes. Eight rows of 128 bytes are one pattern of the swizzle, 1,024 bytes from the next.
WEIR_DEVICE uint64_t wgmma_descriptor(const void* box, int from_box_to_box) {
#ifdef __CUDACC__
    uint32_t address = shared_address(box);
#else
    uint32_t address = emulator::wgmma_address(box);
#endif
    constexpr uint64_t swizzle128 = 1ull << 62, stride = static_cast<uint64_t>(1024 / 16) << 32;
    return swizzle128 | stride | static_cast<uint64_t>(from_box_to_box / 16) << 16 | (address & 0x3ffff) >> 4;
}

}  // namespace detail

WEIR_DEVICE uint64_t wgmma_operand(const void* box) { return detail::wgmma_descriptor(box, 16); }
WEIR_DEVICE uint64_t wgmma_transposed_operand(const void* box, int from_box_to_box) { return detail::wgmma_descriptor(box, from_box_to_box); }

#ifdef __CUDACC__

namespace detail {

template <typename T, int N>
struct Wgmma;

// A register list: the tens of the operands' numbers, and the last few.
#define WEIR_TEN(t) "%" #t "0, %" #t "1, %" #t "2, %" #t "3, %" #t "4, %" #t "5, %" #t "6, %" #t "7, %" #t "8, %" #t "9, "
#define WEIR_LIST_16 WEIR_TEN() "%10, %11, %12, %13, %14, %15"
#define WEIR_LIST_32 WEIR_TEN() WEIR_TEN(1) WEIR_TEN(2) "%30, %31"
#define WEIR_LIST_64 WEIR_TEN() WEIR_TEN(1) WEIR_TEN(2) WEIR_TEN(3) WEIR_TEN(4) WEIR_TEN(5) "%60, %61, %62, %63"
#define WEIR_LIST_128                                                                                                   \
    WEIR_TEN() WEIR_TEN(1) WEIR_TEN(2) WEIR_TEN(3) WEIR_TEN(4) WEIR_TEN(5) WEIR_TEN(6) WEIR_TEN(7) WEIR_TEN(8)          \
    WEIR_TEN(9) WEIR_TEN(10) WEIR_TEN(11) "%120, %121, %122, %123, %124, %125, %126, %127"
#define WEIR_D8(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3]), "+f"(d[i + 4]), "+f"(d[i + 5]), "+f"(d[i + 6]), "+f"(d[i + 7])
#define WEIR_D32(i) WEIR_D8(i), WEIR_D8(i + 8), WEIR_D8(i + 16), WEIR_D8(i + 24)
#define WEIR_D_16 WEIR_D8(0), WEIR_D8(8)
#define WEIR_D_32 WEIR_D32(0)
#define WEIR_D_64 WEIR_D32(0), WEIR_D32(32)
#define WEIR_D_128 WEIR_D32(0), WEIR_D32(32), WEIR_D32(64), WEIR_D32(96)

// The numbers from r0 on are those of the operands that follow `count` registers of D.
#define WEIR_WGMMA(Element, type, n, count, r0, r1, r2, r3, r4, r5, r6)                                                 \
    template <>                                                                                                         \
    struct Wgmma<Element, n> {                                                                                          \
        template <bool TransposedB>                                                                                     \
        static WEIR_DEVICE void run(float (&d)[count], uint64_t a, uint64_t b, int accumulate) {                        \
            asm volatile(                                                                                               \
                "{\n"                                                                                                   \
                ".reg .pred p;\n"                                                                                       \
                "setp.ne.b32 p, %" #r2 ", 0;\n"                                                                         \
                "wgmma.mma_async.sync.aligned.m64n" #n "k16.f32." type "." type " "                                     \
                "{" WEIR_LIST_##count "}, %" #r0 ", %" #r1 ", p, 1, 1, 0, %" #r3 ";\n"                                  \
                "}" : WEIR_D_##count : "l"(a), "l"(b), "r"(accumulate), "n"(TransposedB ? 1 : 0));                      \
        }                                                                                                               \
        template <bool TransposedB>                                                                                     \
        static WEIR_DEVICE void run(float (&d)[count], const uint32_t (&a)[4], uint64_t b, int accumulate) {            \
            asm volatile(                                                                                               \
                "{\n"                                                                                                   \
                ".reg .pred p;\n"                                                                                       \
                "setp.ne.b32 p, %" #r5 ", 0;\n"                                                                         \
                "wgmma.mma_async.sync.aligned.m64n" #n "k16.f32." type "." type " "                                     \
                "{" WEIR_LIST_##count "}, {%" #r0 ", %" #r1 ", %" #r2 ", %" #r3 "}, %" #r4 ", p, 1, 1, %" #r6 ";\n"     \
                "}" : WEIR_D_##count : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(accumulate), "n"(TransposedB ? 1 : 0)); \
        }                                                                                                               \
    };
#define WEIR_WGMMAS(Element, type)                                        \
    WEIR_WGMMA(Element, type, 32, 16, 16, 17, 18, 19, 20, 21, 22)         \
    WEIR_WGMMA(Element, type, 64, 32, 32, 33, 34, 35, 36, 37, 38)         \
    WEIR_WGMMA(Element, type, 128, 64, 64, 65, 66, 67, 68, 69, 70)        \
    WEIR_WGMMA(Element, type, 256, 128, 128, 129, 130, 131, 132, 133, 134)
WEIR_WGMMAS(bf16, "bf16")
WEIR_WGMMAS(f16, "f16")
#undef WEIR_WGMMAS
#undef WEIR_WGMMA
#undef WEIR_D_128
#undef WEIR_D_64
#undef WEIR_D_32
#undef WEIR_D_16
#undef WEIR_D32
#undef WEIR_D8
#undef WEIR_LIST_128
#undef WEIR_LIST_64
#undef WEIR_LIST_32
#undef WEIR_LIST_16
#undef WEIR_TEN

// Keeps the compiler from moving what is done with a register across this place: it takes d to be written where the
// product is asked for, and may make A as late as that.
WEIR_DEVICE void pin(float& x) { asm volatile("" : "+f"(x) :: "memory"); }
WEIR_DEVICE void pin(uint32_t& x) { asm volatile("" : "+r"(x) :: "memory"); }
template <typename T, int Count>
WEIR_DEVICE void pin(T (&x)[Count]) {
#pragma unroll
    for (int i = 0; i < Count; i++) {
        pin(x[i]);
    }
}

}  // namespace detail

template <typename T, bool TransposedB = false, int Count>
WEIR_DEVICE void wgmma(float (&d)[Count], uint64_t a, uint64_t b, bool accumulate) {
    detail::Wgmma<T, 2 * Count>::template run<TransposedB>(d, a, b, accumulate);
}

template <typename T, bool TransposedB = false, int Count>
WEIR_DEVICE void wgmma(float (&d)[Count], const uint32_t (&a)[4], uint64_t b, bool accumulate) {
    detail::Wgmma<T, 2 * Count>::template run<TransposedB>(d, a, b, accumulate);
}

template <typename... Registers>
WEIR_DEVICE void wgmma_fence(Registers&... registers) {
    (detail::pin(registers), ...);
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

WEIR_DEVICE void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

template <int Groups, typename... Registers>
WEIR_DEVICE void wgmma_wait(Registers&... registers) {
    asm volatile("wgmma.wait_group.sync.aligned %0;" :: "n"(Groups) : "memory");
    (detail::pin(registers), ...);
}

#else

template <typename T, bool TransposedB = false, int Count>
WEIR_DEVICE void wgmma(float (&d)[Count], uint64_t a, uint64_t b, bool accumulate) {
    emulator::wgmma<T, TransposedB, 2 * Count>(d, a, nullptr, b, accumulate);
}

template <typename T, bool TransposedB = false, int Count>
WEIR_DEVICE void wgmma(float (&d)[Count], const uint32_t (&a)[4], uint64_t b, bool accumulate) {
    emulator::wgmma<T, TransposedB, 2 * Count>(d, 0, a, b, accumulate);
}

template <typename... Registers>
WEIR_DEVICE void wgmma_fence(Registers&...) {}

WEIR_DEVICE void wgmma_commit() { emulator::wgmma_commit(); }

template <int Groups, typename... Registers>
WEIR_DEVICE void wgmma_wait(Registers&...) { emulator::wgmma_wait(Groups); }

#endif

}  // namespace weir
