// Products on tensor cores, a warp at a time (Ampere and later), and the loads of their operands from shared memory.
//
// mma multiplies A [16 x 16] by B [16 x 8] of bf16 or f16 and adds to C [16 x 8] in f32. With g = lane / 4 and
// t = lane % 4 a lane holds, two elements a register and the lower index in the lower half:
//
//     a[0] = A[g][2t, 2t+1]      a[2] = A[g][2t+8, 2t+9]        c[0], c[1] = C[g][2t, 2t+1]
//     a[1] = A[g+8][2t, 2t+1]    a[3] = A[g+8][2t+8, 2t+9]      c[2], c[3] = C[g+8][2t, 2t+1]
//     b[0] = B[2t, 2t+1][g]      b[1] = B[2t+8, 2t+9][g]
//
// ldmatrix reads 8 x 8 matrices: lanes 8 i to 8 i + 7 name the rows of matrix i (16 bytes each, 16-byte aligned), and
// every lane gets elements 2t, 2t+1 of row g of it in r[i]; transposed, rows 2t, 2t+1 of column g. So the four matrices
// of a row-major A are one ldmatrix_x4, and B comes from W stored [n, k] without, from V stored [k, n] with transposition.
//
// movmatrix transposes an 8 x 8 matrix of which every lane has elements 2t, 2t+1 of row g: it gets those of column g.
#pragma once

#include "element.cuh"
#ifndef __CUDACC__
#include "../emulator/mma.h"
#endif

namespace weir {

#ifdef __CUDACC__

template <typename T>
WEIR_DEVICE void mma(float c[4], const uint32_t a[4], const uint32_t b[2]);

#define WEIR_MMA(Element, name)                                                                             \
    template <>                                                                                             \
    WEIR_DEVICE void mma<Element>(float c[4], const uint32_t a[4], const uint32_t b[2]) {                   \
        asm("mma.sync.aligned.m16n8k16.row.col.f32." name "." name ".f32 "                                  \
            "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"                               \
            : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])                                                \
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));                            \
    }
WEIR_MMA(bf16, "bf16")
WEIR_MMA(f16, "f16")
#undef WEIR_MMA

#define WEIR_LDMATRIX_X4(name, form)                                                                        \
    WEIR_DEVICE void name(uint32_t r[4], const void* row) {                                                 \
        asm volatile("ldmatrix.sync.aligned.m8n8.x4" form ".shared.b16 {%0, %1, %2, %3}, [%4];"             \
                     : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(shared_address(row)) : "memory"); \
    }
#define WEIR_LDMATRIX_X2(name, form)                                                                        \
    WEIR_DEVICE void name(uint32_t r[2], const void* row) {                                                 \
        asm volatile("ldmatrix.sync.aligned.m8n8.x2" form ".shared.b16 {%0, %1}, [%2];"                     \
                     : "=r"(r[0]), "=r"(r[1]) : "r"(shared_address(row)) : "memory");                       \
    }
WEIR_LDMATRIX_X4(ldmatrix_x4, "")
WEIR_LDMATRIX_X4(ldmatrix_x4_trans, ".trans")
WEIR_LDMATRIX_X2(ldmatrix_x2, "")
WEIR_LDMATRIX_X2(ldmatrix_x2_trans, ".trans")
#undef WEIR_LDMATRIX_X4
#undef WEIR_LDMATRIX_X2

WEIR_DEVICE uint32_t movmatrix(uint32_t r) {
    uint32_t y;
    asm("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(y) : "r"(r));
    return y;
}

#else

template <typename T>
WEIR_DEVICE void mma(float c[4], const uint32_t a[4], const uint32_t b[2]) { emulator::mma<T>(c, a, b); }

WEIR_DEVICE void ldmatrix_x4(uint32_t r[4], const void* row) { emulator::ldmatrix<4, false>(r, row); }
WEIR_DEVICE void ldmatrix_x4_trans(uint32_t r[4], const void* row) { emulator::ldmatrix<4, true>(r, row); }
WEIR_DEVICE void ldmatrix_x2(uint32_t r[2], const void* row) { emulator::ldmatrix<2, false>(r, row); }
WEIR_DEVICE void ldmatrix_x2_trans(uint32_t r[2], const void* row) { emulator::ldmatrix<2, true>(r, row); }
WEIR_DEVICE uint32_t movmatrix(uint32_t r) { return emulator::movmatrix(r); }

#endif

}  // namespace weir
