// y = A B with A [32 x k] and B [k x 16] or, transposed, [16 x k]: two warps, two stages of cp.async, ldmatrix, mma.
#include "../../include/async_copy.cuh"
#include "../../include/mma.cuh"
#include "../../include/vector.cuh"

namespace {

struct TileProductArguments {
    const uint16_t* a;
    const uint16_t* b;
    float* y;
    int k, fault;
};

enum TileProductFault { kNone, kNoWait, kWaitForTooFew, kNoBarrier, kRefilledTooEarly, kOffByOne };

template <typename T, bool Transposed>
void tile_product(const TileProductArguments& a) {
    using namespace weir;
    constexpr int kM = 32, kN = 16, kK = 16, kPitch = 24;  // 48 bytes from row to row, so that ldmatrix meets no bank twice.
    WEIR_SHARED(Vector16<uint16_t>[2 * kM * kPitch / 8], shared_a);
    WEIR_SHARED(Vector16<uint16_t>[2 * kM * kPitch / 8], shared_b);
    auto* sa = reinterpret_cast<uint16_t*>(&shared_a);
    auto* sb = reinterpret_cast<uint16_t*>(&shared_b);

    auto load = [&](int tile) {
        int stage = tile % 2, k0 = tile * kK;
        for (int i = threadIdx.x; i < kM * 2; i += 64) {
            int row = i / 2, unit = i % 2 * 8;
            int left = most(0, least(8, a.k - k0 - unit));
            cp_async_16(sa + (stage * kM + row) * kPitch + unit, a.a + row * a.k + k0 + unit, 2 * left);
        }
        for (int i = threadIdx.x; i < kN * kK / 2; i += 64) {
            int row = Transposed ? i / (kK / 2) : i / (kN / 2), pair = Transposed ? i % (kK / 2) * 2 : i % (kN / 2) * 2;
            const uint16_t* from = Transposed ? a.b + row * a.k + k0 + pair : a.b + (k0 + row) * kN + pair;
            bool inside = (Transposed ? k0 + pair : k0 + row) < a.k;
            cp_async_4(sb + (stage * kM + row) * kPitch + pair, from, inside ? 4 : 0);
        }
        cp_async_commit();
    };

    int tiles = ceil_div(a.k, kK) - (a.fault == kOffByOne);
    float c[2][4] = {};
    load(0);
    for (int tile = 0; tile < tiles; tile++) {
        if (a.fault == kRefilledTooEarly && tile + 2 < tiles) {
            load(tile + 2);
        }
        if (tile + 1 < tiles) {
            load(tile + 1);
            if (a.fault == kWaitForTooFew) {
                cp_async_wait<2>();
            } else if (a.fault != kNoWait) {
                cp_async_wait<1>();
            }
        } else if (a.fault != kNoWait) {
            cp_async_wait<0>();
        }
        if (a.fault != kNoBarrier) {
            __syncthreads();
        }
        int stage = tile % 2;
        uint32_t fa[4], fb[4];
        ldmatrix_x4(fa, sa + (stage * kM + warp() * 16 + lane() % 16) * kPitch + lane() / 16 * 8);
        const uint16_t* b = sb + stage * kM * kPitch;
        if (Transposed) {
            ldmatrix_x4(fb, b + (lane() / 16 * 8 + lane() % 8) * kPitch + lane() / 8 % 2 * 8);
        } else {
            ldmatrix_x2_trans(fb, b + lane() % 16 * kPitch);
            ldmatrix_x2_trans(fb + 2, b + lane() % 16 * kPitch + 8);
        }
        mma<T>(c[0], fa, fb);
        mma<T>(c[1], fa, fb + 2);
        __syncthreads();
    }
    for (int j = 0; j < 2; j++) {
        for (int i = 0; i < 4; i++) {
            a.y[(warp() * 16 + lane() / 4 + i / 2 * 8) * kN + j * 8 + lane() % 4 * 2 + i % 2] = c[j][i];
        }
    }
}

}  // namespace

WEIR_KERNEL(tile_product_bf16, TileProductArguments, 64) { tile_product<weir::bf16, false>(a); }
WEIR_KERNEL(tile_product_bf16_transposed, TileProductArguments, 64) { tile_product<weir::bf16, true>(a); }
WEIR_KERNEL(tile_product_f16, TileProductArguments, 64) { tile_product<weir::f16, false>(a); }
WEIR_KERNEL(tile_product_f16_transposed, TileProductArguments, 64) { tile_product<weir::f16, true>(a); }
