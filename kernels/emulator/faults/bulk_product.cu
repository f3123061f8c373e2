// y = A B with A [64 x k] and B [n x k] or, transposed, [k x n]: a warp that asks for bulk copies, a warpgroup that
// multiplies, and barriers in shared memory between them. A may also pass through registers.
#include "../../include/bulk_copy.cuh"
#include "../../include/mma.cuh"
#include "../../include/wgmma.cuh"

namespace {

struct BulkProductArguments {
    weir::TensorMap a, b;
    float* y;
    int k, fault;
};

enum BulkProductFault { kNone, kNoCopyWait, kNoProductWait, kFreedTooEarly, kNotFreed, kOffByOne, kWrongParity, kFewerBytes, kTooManyArrivals, kNoFence };

template <typename T, int N, bool TransposedB, bool FromRegisters>
WEIR_DEVICE void bulk_product(const BulkProductArguments& a) {
    using namespace weir;
    constexpr int kStages = 2, kK = 64, kBytesA = 64 * 128, kBytesB = N * 128, kStage = kBytesA + kBytesB;
    WEIR_DYNAMIC_SHARED(shared);
    WEIR_SHARED(Mbarrier[kStages], full);
    WEIR_SHARED(Mbarrier[kStages], empty);
    int fault = a.fault, tiles = ceil_div(a.k, kK) - (fault == kOffByOne);
    if (threadIdx.x == 0) {
        for (int s = 0; s < kStages; s++) {
            mbarrier_init(full + s, 1);
            mbarrier_init(empty + s, fault == kTooManyArrivals ? 3 : 4);
        }
        mbarrier_init_fence();
    }
    if (fault != kNoFence) {
        __syncthreads();
    }
    if (warp() >= 4) {
        give_registers<24>();
        if (warp() == 4 && elect_one()) {
            prefetch_tensor_map(a.a);
            for (int tile = 0; tile < tiles; tile++) {
                int s = tile % kStages;
                unsigned char* stage = shared + s * kStage;
                mbarrier_wait(empty + s, (tile / kStages & 1) ^ 1);
                mbarrier_arrive_expect(full + s, fault == kFewerBytes ? kBytesA : kStage);
                bulk_load(stage, a.a, tile * kK, 0, full + s);
                if (TransposedB) {
                    for (int box = 0; box < N / 64; box++) {
                        bulk_load(stage + kBytesA + box * kK * 128, a.b, box * 64, tile * kK, full + s);
                    }
                } else {
                    bulk_load(stage + kBytesA, a.b, tile * kK, 0, full + s);
                }
            }
        }
        return;
    }
    take_registers<240>();
    float d[N / 2] = {};
    for (int tile = 0; tile < tiles; tile++) {
        int s = tile % kStages;
        const unsigned char* stage = shared + s * kStage;
        if (fault != kNoCopyWait) {
            mbarrier_wait(full + s, (tile / kStages & 1) ^ (fault == kWrongParity));
        }
        if (fault == kFreedTooEarly && lane() == 0) {
            mbarrier_arrive(empty + s);
        }
        uint64_t da = wgmma_operand(stage);
        uint64_t db = TransposedB ? wgmma_transposed_operand(stage + kBytesA, kK * 128) : wgmma_operand(stage + kBytesA);
        uint32_t fragments[kK / 16][4];
        for (int k = 0; k < kK / 16 && FromRegisters; k++) {
            int row = warp() * 16 + lane() % 16, unit = 2 * k + lane() / 16;
            ldmatrix_x4(fragments[k], stage + row * 128 + (unit ^ row % 8) * 16);
        }
        wgmma_fence(d);
        for (int k = 0; k < kK / 16; k++) {
            bool accumulate = tile > 0 || k > 0;
            if (FromRegisters) {
                wgmma<T, TransposedB>(d, fragments[k], db, accumulate);
            } else {
                wgmma<T, TransposedB>(d, da, db, accumulate);
            }
            da += kWgmmaStep;
            db += TransposedB ? kWgmmaTransposedStep : kWgmmaStep;
        }
        wgmma_commit();
        if (fault != kNoProductWait) {
            wgmma_wait<0>(d);
        }
        __syncwarp();
        if (fault != kFreedTooEarly && fault != kNotFreed && lane() == 0) {
            mbarrier_arrive(empty + s);
        }
    }
    for (int i = 0; i < N / 2; i++) {
        int row = warp() * 16 + lane() / 4 + i / 2 % 2 * 8, column = i / 4 * 8 + lane() % 4 * 2 + i % 2;
        a.y[row * N + column] = d[i];
    }
}

}  // namespace

WEIR_KERNEL(bulk_product_bf16_64, BulkProductArguments, 256, 1) { bulk_product<weir::bf16, 64, false, false>(a); }
WEIR_KERNEL(bulk_product_bf16_128_transposed, BulkProductArguments, 256, 1) { bulk_product<weir::bf16, 128, true, false>(a); }
WEIR_KERNEL(bulk_product_f16_128, BulkProductArguments, 256, 1) { bulk_product<weir::f16, 128, false, true>(a); }
WEIR_KERNEL(bulk_product_f16_256_transposed, BulkProductArguments, 256, 1) { bulk_product<weir::f16, 256, true, true>(a); }
WEIR_KERNEL(bulk_product_bf16_256, BulkProductArguments, 256, 1) { bulk_product<weir::bf16, 256, false, false>(a); }
