// wgmma on the host. Each warp computes its 16 rows of D, as on the device, at its commit or only when it waits, by the
// luck of the seed: shared memory is read and D written at that moment. What reads D without waiting finds the old one,
// and what overwrites an operand too early spoils the result.
#pragma once

#include "bulk_copy.h"
#include "mma.h"

#include <deque>
#include <vector>

namespace weir::emulator {

// Addresses in descriptors have 18 bits: here they count from the block's dynamic shared memory.
inline uint32_t wgmma_address(const void* box) {
    check_shared(box, 1024, 1024, "wgmma");
    auto address = static_cast<const unsigned char*>(box) - dynamic_shared();
    if (address < 0 || static_cast<size_t>(address) >= dynamic_shared_bytes()) {
        fail("the operand of wgmma does not lie in dynamic shared memory");
    }
    return static_cast<uint32_t>(address);
}

// One product as a lane asked for it.
struct WarpProduct {
    void (*run)(const WarpProduct* const* lanes, int warp);
    float* d;
    uint64_t a, b;
    uint32_t registers[4];
    bool from_registers, accumulate;
};

struct WarpProducts {
    std::vector<WarpProduct> open;
    std::deque<std::vector<WarpProduct>> groups;
    size_t keep;  // So many groups may stay undone.
    int warp;     // In its warpgroup.
};

// Byte `offset` of an operand, counted without the swizzle.
inline const void* wgmma_byte(uint64_t descriptor, size_t offset, size_t bytes) {
    uintptr_t start = reinterpret_cast<uintptr_t>(dynamic_shared()) + (descriptor & 0x3fff) * 16;
    const auto* p = reinterpret_cast<const void*>(swizzle(start + offset));
    check_shared(p, bytes, bytes, "wgmma");
    return p;
}

template <typename T, bool TransposedB, int N>
void run_warp_product(const WarpProduct* const* lanes, int warp) {
    const WarpProduct& first = *lanes[0];
    float A[16][16], B[16][N], D[16][N];
    T x[8];
    size_t stride = (first.b >> 32 & 0x3fff) * 16, leading = (first.b >> 16 & 0x3fff) * 16;
    for (int u = 0; u < N * 2; u++) {
        // Eight elements along the dimension that is stored contiguously.
        int n = TransposedB ? u % (N / 8) * 8 : u / 2, k = TransposedB ? u / (N / 8) : u % 2 * 8;
        size_t offset = TransposedB ? n / 64 * leading + n % 64 * 2 + k / 8 * stride + k % 8 * 128 : n / 8 * stride + n % 8 * 128 + k * 2;
        std::memcpy(x, wgmma_byte(first.b, offset, 16), 16);
        for (int i = 0; i < 8; i++) {
            B[TransposedB ? k : k + i][TransposedB ? n + i : n] = widen(x[i]);
        }
    }
    stride = (first.a >> 32 & 0x3fff) * 16;
    for (int row = 0; row < 16 && !first.from_registers; row++) {
        for (int k = 0; k < 16; k += 8) {
            int m = 16 * warp + row;
            std::memcpy(x, wgmma_byte(first.a, m / 8 * stride + m % 8 * 128 + k * 2, 16), 16);
            for (int i = 0; i < 8; i++) {
                A[row][k + i] = widen(x[i]);
            }
        }
    }
    for (int lane = 0; lane < 32; lane++) {
        int g = lane / 4, t = lane % 4;
        for (int r = 0; r < 4 && first.from_registers; r++) {
            for (int i = 0; i < 2; i++) {
                A[g + r % 2 * 8][2 * t + i + r / 2 * 8] = element<T>(lanes[lane]->registers[r], i);
            }
        }
        for (int i = 0; i < N / 2; i++) {
            D[g + i / 2 % 2 * 8][i / 4 * 8 + 2 * t + i % 2] = first.accumulate ? lanes[lane]->d[i] : 0;
        }
    }
    for (int m = 0; m < 16; m++) {
        for (int k = 0; k < 16; k++) {
            for (int n = 0; n < N; n++) {
                D[m][n] = fmaf(A[m][k], B[k][n], D[m][n]);
            }
        }
    }
    for (int lane = 0; lane < 32; lane++) {
        int g = lane / 4, t = lane % 4;
        for (int i = 0; i < N / 2; i++) {
            lanes[lane]->d[i] = D[g + i / 2 % 2 * 8][i / 4 * 8 + 2 * t + i % 2];
        }
    }
}

template <typename T, bool TransposedB, int N>
void wgmma(float* d, uint64_t a, const uint32_t* registers, uint64_t b, bool accumulate) {
    check_warpgroup("wgmma");
    WarpProduct product{&run_warp_product<T, TransposedB, N>, d, a, b, {}, registers != nullptr, accumulate};
    if (registers) {
        std::memcpy(product.registers, registers, sizeof product.registers);
    }
    own<WarpProducts>().open.push_back(product);
}

// Runs the oldest groups of a warp, product for product in the order that they were asked for.
inline void run_groups(void** operands) {
    auto** lanes = reinterpret_cast<WarpProducts**>(operands);
    for (int lane = 0; lane < 32; lane++) {
        if (!lanes[lane]) {
            fail("wgmma needs all 32 lanes, lane %d is not there", lane);
        }
    }
    while (lanes[0]->groups.size() > lanes[0]->keep) {
        for (size_t p = 0; p < lanes[0]->groups.front().size(); p++) {
            const WarpProduct* products[32];
            for (int lane = 0; lane < 32; lane++) {
                const auto& groups = lanes[lane]->groups;
                products[lane] = groups.size() == lanes[0]->groups.size() && p < groups.front().size() ? &groups.front()[p] : nullptr;
                const WarpProduct *own = products[lane], *first = products[0];
                if (!own || own->run != first->run || own->a != first->a || own->b != first->b || own->accumulate != first->accumulate) {
                    fail("lane %d has asked for other wgmma products than lane 0", lane);
                }
            }
            products[0]->run(products, lanes[0]->warp);
        }
        for (int lane = 0; lane < 32; lane++) {
            lanes[lane]->groups.pop_front();
        }
    }
}

inline void wgmma_commit() {
    auto& products = own<WarpProducts>();
    products.groups.push_back(std::move(products.open));
    products.open.clear();
    products.warp = static_cast<int>(threadIdx.x / 32 % 4);
    products.keep = 0;
    warp_collective(0xffffffffu, "wgmma.commit_group", &products, [](void** lanes) {
        if (coin()) {
            run_groups(lanes);
        }
    });
}

inline void wgmma_wait(size_t groups) {
    auto& products = own<WarpProducts>();
    products.keep = groups;
    warp_collective(0xffffffffu, "wgmma.wait_group", &products, run_groups);
}

}  // namespace weir::emulator
