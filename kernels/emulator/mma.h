// mma and ldmatrix on the host, fragment for fragment as the PTX ISA lays them out.
#pragma once

#include "emulator.h"

namespace weir::emulator {

// Element `index` of a register that holds two.
template <typename T>
float element(uint32_t pair, int index) { return widen(T{static_cast<uint16_t>(pair >> (16 * index))}); }

template <typename T>
void mma(float* c, const uint32_t* a, const uint32_t* b) {
    struct Fragments { float* c; const uint32_t *a, *b; } own{c, a, b};
    warp_collective(0xffffffffu, "mma", &own, [](void** lanes) {
        float A[16][16], B[16][8], C[16][8];
        for (int lane = 0; lane < 32; lane++) {
            auto* f = static_cast<Fragments*>(lanes[lane]);
            if (!f) {
                fail("mma needs all 32 lanes, lane %d is not there", lane);
            }
            int g = lane / 4, t = lane % 4;
            for (int i = 0; i < 2; i++) {
                for (int r = 0; r < 4; r++) {
                    A[g + r % 2 * 8][2 * t + i + r / 2 * 8] = element<T>(f->a[r], i);
                }
                for (int r = 0; r < 2; r++) {
                    B[2 * t + i + r * 8][g] = element<T>(f->b[r], i);
                    C[g + r * 8][2 * t + i] = f->c[2 * r + i];
                }
            }
        }
        for (int m = 0; m < 16; m++) {
            for (int k = 0; k < 16; k++) {
                for (int n = 0; n < 8; n++) {
                    C[m][n] = fmaf(A[m][k], B[k][n], C[m][n]);
                }
            }
        }
        for (int lane = 0; lane < 32; lane++) {
            auto* f = static_cast<Fragments*>(lanes[lane]);
            for (int i = 0; i < 4; i++) {
                f->c[i] = C[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2];
            }
        }
    });
}

template <int Matrices, bool Transposed>
void ldmatrix(uint32_t* r, const void* row) {
    struct Rows { uint32_t* r; const void* row; } own{r, row};
    warp_collective(0xffffffffu, "ldmatrix", &own, [](void** lanes) {
        uint16_t matrix[Matrices][8][8];
        for (int lane = 0; lane < 32; lane++) {
            auto* l = static_cast<Rows*>(lanes[lane]);
            if (!l) {
                fail("ldmatrix needs all 32 lanes, lane %d is not there", lane);
            }
            if (lane < 8 * Matrices) {
                check_shared(l->row, 16, 16, "ldmatrix");
                std::memcpy(matrix[lane / 8][lane % 8], l->row, 16);
            }
        }
        for (int lane = 0; lane < 32; lane++) {
            int g = lane / 4, t = lane % 4 * 2;
            for (int i = 0; i < Matrices; i++) {
                auto& m = matrix[i];
                uint32_t low = Transposed ? m[t][g] : m[g][t], high = Transposed ? m[t + 1][g] : m[g][t + 1];
                static_cast<Rows*>(lanes[lane])->r[i] = low | high << 16;
            }
        }
    });
}

inline uint32_t movmatrix(uint32_t r) {
    struct Pair { uint32_t own, transposed; } pair{r, 0};
    warp_collective(0xffffffffu, "movmatrix", &pair, [](void** lanes) {
        uint16_t matrix[8][8];
        for (int lane = 0; lane < 32; lane++) {
            auto* p = static_cast<Pair*>(lanes[lane]);
            if (!p) {
                fail("movmatrix needs all 32 lanes, lane %d is not there", lane);
            }
            matrix[lane / 4][lane % 4 * 2] = static_cast<uint16_t>(p->own);
            matrix[lane / 4][lane % 4 * 2 + 1] = static_cast<uint16_t>(p->own >> 16);
        }
        for (int lane = 0; lane < 32; lane++) {
            int g = lane / 4, t = lane % 4 * 2;
            static_cast<Pair*>(lanes[lane])->transposed = matrix[t][g] | static_cast<uint32_t>(matrix[t + 1][g]) << 16;
        }
    });
    return pair.transposed;
}

}  // namespace weir::emulator
