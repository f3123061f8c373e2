// Attention over keys and values of 16 bits on tensor cores, see IOps.Attention: FlashAttention-2 (Dao 2023). No map is
// ever in memory; a block holds some query rows and goes over their keys, 32 at a time, with a running maximum and sum
// for each row.
//
// Bound: 4 d flops a pair of query and key. 4,096 causal tokens, 32 heads of 128: 137 GFLOP; q, k, v and z are 0.3 GB, so
// that memory does not count. mma.sync reaches about 62 % of the matrix rate of Hopper (490 of 790 TFLOP/s) and all of
// Ampere's. A warp reads every key and value from shared memory, 128 bytes a clock: for 32 keys of 128 and 16 rows these
// are 512 clocks, on Hopper 1.3 times as long as their products, and no more for 32 rows with twice the products. Hence
// tall blocks of 128 rows (4 warps of 2 x 16 rows) wherever they fill the device, low ones of 64 elsewhere and for heads
// of 256, whose sums would not fit the registers twice. Predicted as FlashAttention-2 measures for such tiles on an H100:
// 300 to 335 TFLOP/s from 4,096 tokens on, 0.45 ms for the example.
//
// While a tile is used the next is on its way: two buffers and one barrier a tile. Rows of shared memory are 16 bytes
// longer than a head, so that ldmatrix meets every bank once. 32 keys a tile, not 64: the scores of a tall block would
// take 32 registers more than there are.
//
// The heads that share keys are rows of one tile (RowTile), so that a group costs one reading. The softmax runs in powers
// of two; weights become 16 bits in registers, where the fragments of q k are those that p v wants. Rows depend on
// nothing but themselves: key tiles begin at multiples of 32 of the position, and a tile that a row sees nothing of
// leaves its numbers as they are, so that low and tall blocks, prompts and single rows give the same bits.
//
// Only tiles that some row does not see whole are masked, and looked through for values that are no finite numbers
// (spoilt_code).
#include "include/async_copy.cuh"
#include "include/attention.cuh"
#include "include/math.cuh"
#include "include/mma.cuh"

namespace weir {

constexpr int kKeys = 32, kWarps = 4, kThreads = kWarps * kWarp;

// kSize: elements of a head in shared memory, at least those it has. kTall: 16-row parts a warp.
template <typename T, int kSize, int kTall>
struct Flash {
    static constexpr int kRows = kWarps * kTall * 16;
    static constexpr int kPitch = kSize + 8;
    static constexpr int kParts = kSize / 8;  // of 16 bytes

    struct Shared {
        T q[kRows][kPitch];
        T k[2][kKeys][kPitch];
        T v[2][kKeys][kPitch];
    };

    const AttentionArguments& a;
    Shared& shared;
    const RowTile& tile;
    float sums[kTall][kSize / 8][4];
    float largest[kTall][2], totals[kTall][2];

    WEIR_DEVICE int row(int part, int half) const { return (warp() * kTall + part) * 16 + half * 8 + lane() / 4; }

    WEIR_DEVICE Seen seen_by(int part, int half) const {
        return seen_at(tile.position(row(part, half), a.group), a.window, a.store.capacity);
    }

    WEIR_DEVICE void load_queries() {
        constexpr int kFours = kSize / 4;
#pragma unroll 4
        for (int i = threadIdx.x; i < kRows * kFours; i += kThreads) {
            int r = i / kFours, d = i % kFours * 4;
            int member = (tile.first + r) % a.group, at = r < tile.count ? a.rows.row(tile.offset + (tile.first + r) / a.group) : -1;
            const float* q = a.q + at * a.stride_q + (tile.head * a.group + member) * a.store.size + d;
            float4 x = load4(q, a.wide != 0, at < 0 ? 0 : a.store.size - d);
            *reinterpret_cast<uint2*>(&shared.q[r][d]) = make_uint2(narrow2<T>(x.x, x.y), narrow2<T>(x.z, x.w));
        }
    }

    // The tile of keys and values from `first` on; those that nobody sees, and elements beyond a row's end, become 0.
    WEIR_DEVICE void load(int stage, int first, int end) {
        constexpr int kStep = kThreads / kParts;
        int key = threadIdx.x / kParts, d = threadIdx.x % kParts * 8;
        int64_t at = static_cast<int64_t>(first + key) * a.store.stride + d;
        const T* k = a.store.head<T>(a.store.keys, tile.sequence, tile.head) + at;
        const T* v = a.store.head<T>(a.store.values, tile.sequence, tile.head) + at;
        int left = d < a.store.stride ? end - first - key : 0;
#pragma unroll 2
        for (int i = 0; i < kKeys; i += kStep) {
            cp_async_16(&shared.k[stage][key + i][d], k, i < left ? 16 : 0);
            cp_async_16(&shared.v[stage][key + i][d], v, i < left ? 16 : 0);
            k += kStep * a.store.stride;
            v += kStep * a.store.stride;
        }
        cp_async_commit();
    }

    // s = q k for the warp's rows and the tile's keys.
    WEIR_DEVICE void multiply_keys(float (&s)[kTall][kKeys / 8][4], int stage) {
#pragma unroll
        for (int d = 0; d < kSize; d += 16) {
            uint32_t q[kTall][4];
#pragma unroll
            for (int part = 0; part < kTall; part++) {
                ldmatrix_x4(q[part], &shared.q[(warp() * kTall + part) * 16 + lane() % 16][d + lane() / 16 * 8]);
            }
#pragma unroll
            for (int key = 0; key < kKeys; key += 16) {
                uint32_t k[4];
                ldmatrix_x4(k, &shared.k[stage][key + lane() % 8 + lane() / 16 * 8][d + lane() / 8 % 2 * 8]);
#pragma unroll
                for (int part = 0; part < kTall; part++) {
                    mma<T>(s[part][key / 8], q[part], k);
                    mma<T>(s[part][key / 8 + 1], q[part], k + 2);
                }
            }
        }
    }

    // Caps the scores, and masks those of keys that a row does not see.
    WEIR_DEVICE void cap(float (&s)[kTall][kKeys / 8][4]) {
#pragma unroll
        for (int part = 0; part < kTall; part++) {
#pragma unroll
            for (int n = 0; n < kKeys / 8; n++) {
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    s[part][n][i] = capped(s[part][n][i], a.scale, a.softcap);
                }
            }
        }
    }

    WEIR_DEVICE void mask(float (&s)[kTall][kKeys / 8][4], int first_key) {
#pragma unroll
        for (int part = 0; part < kTall; part++) {
#pragma unroll
            for (int half = 0; half < 2; half++) {
                Seen seen = seen_by(part, half);
#pragma unroll
                for (int n = 0; n < kKeys / 8; n++) {
#pragma unroll
                    for (int i = 0; i < 2; i++) {
                        float& x = s[part][n][2 * half + i];
                        x = seen.has(first_key + n * 8 + lane() % 4 * 2 + i) ? x : minus_infinity();
                    }
                }
            }
        }
    }

    // The running maximum and sum; s becomes weights, and what was summed before is scaled to them.
    WEIR_DEVICE void soften(float (&s)[kTall][kKeys / 8][4]) {
        float factor = a.softcap == 0.0f ? a.scale * kLog2E : kLog2E;
#pragma unroll
        for (int part = 0; part < kTall; part++) {
#pragma unroll
            for (int half = 0; half < 2; half++) {
                float most_now = largest[part][half];
#pragma unroll
                for (int n = 0; n < kKeys / 8; n++) {
                    most_now = fmaxf(most_now, fmaxf(s[part][n][2 * half], s[part][n][2 * half + 1]));
                }
                most_now = fmaxf(most_now, __shfl_xor_sync(kAllLanes, most_now, 1));
                most_now = fmaxf(most_now, __shfl_xor_sync(kAllLanes, most_now, 2));
                // A row that has seen nothing yet: its scores are -infinity, or NaN, and their powers 0, or NaN.
                float shift = most_now == minus_infinity() ? 0.0f : most_now * factor;
                float fade = power_of_two(largest[part][half] * factor - shift);  // exactly 1 where nothing is new
                largest[part][half] = most_now;
                float total = 0;
#pragma unroll
                for (int n = 0; n < kKeys / 8; n++) {
#pragma unroll
                    for (int i = 2 * half; i < 2 * half + 2; i++) {
                        s[part][n][i] = power_of_two(fmaf(s[part][n][i], factor, -shift));
                        total += s[part][n][i];
                    }
                }
                totals[part][half] = fmaf(totals[part][half], fade, total);
                if (__any_sync(kAllLanes, fade != 1.0f)) {
#pragma unroll
                    for (int n = 0; n < kSize / 8; n++) {
                        sums[part][n][2 * half] *= fade;
                        sums[part][n][2 * half + 1] *= fade;
                    }
                }
            }
        }
    }

    // sums += p v
    WEIR_DEVICE void multiply_values(float (&p)[kTall][kKeys / 8][4], int stage) {
#pragma unroll
        for (int key = 0; key < kKeys; key += 16) {
            uint32_t w[kTall][4];
#pragma unroll
            for (int part = 0; part < kTall; part++) {
                float (&x)[4] = p[part][key / 8], (&y)[4] = p[part][key / 8 + 1];
                w[part][0] = narrow2<T>(x[0], x[1]), w[part][1] = narrow2<T>(x[2], x[3]);
                w[part][2] = narrow2<T>(y[0], y[1]), w[part][3] = narrow2<T>(y[2], y[3]);
            }
#pragma unroll
            for (int d = 0; d < kSize; d += 16) {
                uint32_t v[4];
                ldmatrix_x4_trans(v, &shared.v[stage][key + lane() % 16][d + lane() / 16 * 8]);
#pragma unroll
                for (int part = 0; part < kTall; part++) {
                    mma<T>(sums[part][d / 8], w[part], v);
                    mma<T>(sums[part][d / 8 + 1], w[part], v + 2);
                }
            }
        }
    }

    // Takes what is not finite out of the tile of values. True for every thread where there was any.
    WEIR_DEVICE bool set_spoilt_aside(int stage) {
        bool any = false;
#pragma unroll 1
        for (int i = threadIdx.x; i < kKeys * kParts; i += kThreads) {
            T* at = &shared.v[stage][i / kParts][i % kParts * 8];
            Vector16<T> v = load16(at);
            bool spoilt = false;
#pragma unroll
            for (int j = 0; j < 8; j++) {
                spoilt |= !is_finite(v.x[j]);
                v.x[j] = is_finite(v.x[j]) ? v.x[j] : T{0};
            }
            if (spoilt) {
                store16(at, v);
            }
            any |= spoilt;
        }
        return __syncthreads_or(any) != 0;
    }

    // Adds it to the rows that see it.
    WEIR_DEVICE void give_back_spoilt(int stage, int first_key, int end, bool works) {
        const T* values = a.store.head<T>(a.store.values, tile.sequence, tile.head) + static_cast<int64_t>(first_key) * a.store.stride;
        __syncthreads();  // nobody uses the values
#pragma unroll 1
        for (int i = threadIdx.x; i < kKeys * kSize; i += kThreads) {
            int key = i / kSize, d = i % kSize;
            bool inside = first_key + key < end && d < a.store.size;
            shared.v[stage][key][d] = spoilt_code(inside ? values[static_cast<int64_t>(key) * a.store.stride + d] : T{0});
        }
        __syncthreads();
        if (works) {
#pragma unroll
            for (int part = 0; part < kTall; part++) {
                uint32_t w[kKeys / 16][4];
#pragma unroll
                for (int half = 0; half < 2; half++) {
                    Seen seen = seen_by(part, half);
#pragma unroll
                    for (int n = 0; n < kKeys / 8; n++) {
                        int key = first_key + n * 8 + lane() % 4 * 2;
                        w[n / 2][n % 2 * 2 + half] = narrow2<T>(seen.has(key), seen.has(key + 1));
                    }
                }
#pragma unroll
                for (int d = 0; d < kSize; d += 16) {
                    __syncwarp();  // keeps the compiler from loading all of it first
                    float counts[2][4] = {};
#pragma unroll
                    for (int key = 0; key < kKeys; key += 16) {
                        uint32_t v[4];
                        ldmatrix_x4_trans(v, &shared.v[stage][key + lane() % 16][d + lane() / 16 * 8]);
                        mma<T>(counts[0], w[key / 16], v);
                        mma<T>(counts[1], w[key / 16], v + 2);
                    }
#pragma unroll
                    for (int n = 0; n < 2; n++) {
#pragma unroll
                        for (int i = 0; i < 4; i++) {
                            float& sum = sums[part][d / 8 + n][i];
                            sum = add_spoilt(sum, counts[n][i]);
                        }
                    }
                }
            }
        }
    }

    WEIR_DEVICE void store() {
#pragma unroll
        for (int part = 0; part < kTall; part++) {
#pragma unroll
            for (int half = 0; half < 2; half++) {
                float total = totals[part][half];
                total += __shfl_xor_sync(kAllLanes, total, 1);
                total += __shfl_xor_sync(kAllLanes, total, 2);
                float factor = total == 0.0f ? 0.0f : 1.0f / total;
                int r = tile.first + row(part, half), at = row(part, half) < tile.count ? a.rows.row(tile.offset + r / a.group) : -1;
                if (at >= 0) {
                    float* z = a.z + at * a.stride_z + (tile.head * a.group + r % a.group) * a.store.size;
#pragma unroll
                    for (int n = 0; n < kSize / 8; n++) {
                        int d = n * 8 + lane() % 4 * 2;
                        if (d < a.store.size) {
                            a.rows.put(&z[d], sums[part][n][2 * half] * factor);
                        }
                        if (d + 1 < a.store.size) {
                            a.rows.put(&z[d + 1], sums[part][n][2 * half + 1] * factor);
                        }
                    }
                }
            }
        }
    }

    WEIR_DEVICE void run() {
        Seen first = seen_at(tile.position(0, a.group), a.window, a.store.capacity);
        Seen last = seen_at(tile.position(tile.count - 1, a.group), a.window, a.store.capacity);
        bool works = warp() * kTall * 16 < tile.count;
#pragma unroll
        for (int part = 0; part < kTall; part++) {
            largest[part][0] = largest[part][1] = minus_infinity();
        }
        int key = first.from / kKeys * kKeys;
        load(0, key, last.to);
        load_queries();
        for (int stage = 0; key < last.to; key += kKeys, stage ^= 1) {
            bool masked = key < last.from || key + kKeys > first.to;
            cp_async_wait<0>();
            __syncthreads();  // the tile is there, and nobody uses the one before
            if (key + kKeys < last.to) {
                load(stage ^ 1, key + kKeys, last.to);
            }
            bool spoilt = masked && set_spoilt_aside(stage);
            if (works) {
                float s[kTall][kKeys / 8][4] = {};
                multiply_keys(s, stage);
                if (a.softcap != 0.0f) {
                    cap(s);
                }
                if (masked) {
                    mask(s, key);
                }
                soften(s);
                multiply_values(s, stage);
            }
            if (spoilt) {
                give_back_spoilt(stage, key, last.to, works);
            }
        }
        if (works) {
            store();
        }
    }
};

template <typename T, int kSize, int kTall>
WEIR_DEVICE void attention(const AttentionArguments& a) {
    using F = Flash<T, kSize, kTall>;
    WEIR_DYNAMIC_SHARED(memory);
    // The last tiles of a text have the most keys: they come first, so that what is left at the end is short.
    int tiles = gridDim.x / a.store.heads, turn = blockIdx.x / a.store.heads;
    RowTile tile = tile_of(a.rows, a.group, F::kRows, tiles - 1 - turn, blockIdx.x % a.store.heads);
    if (tile.count == 0) {
        return;
    }
    auto& shared = *reinterpret_cast<typename F::Shared*>(memory);
    if constexpr (kTall == 1) {
        F{a, shared, tile, {}, {}, {}}.run();
    } else {
        // In shared memory it takes no registers while products run.
        WEIR_SHARED(RowTile, kept);
        if (threadIdx.x == 0) {
            kept = tile;
        }
        __syncthreads();
        F{a, shared, kept, {}, {}, {}}.run();
    }
}

}  // namespace weir

WEIR_KERNEL(attention_mma_bf16_64, weir::AttentionArguments, 128, 4) { weir::attention<weir::bf16, 64, 1>(a); }
WEIR_KERNEL(attention_mma_bf16_64_tall, weir::AttentionArguments, 128, 2) { weir::attention<weir::bf16, 64, 2>(a); }
WEIR_KERNEL(attention_mma_bf16_128, weir::AttentionArguments, 128, 3) { weir::attention<weir::bf16, 128, 1>(a); }
WEIR_KERNEL(attention_mma_bf16_128_tall, weir::AttentionArguments, 128, 2) { weir::attention<weir::bf16, 128, 2>(a); }
WEIR_KERNEL(attention_mma_bf16_256, weir::AttentionArguments, 128, 2) { weir::attention<weir::bf16, 256, 1>(a); }
WEIR_KERNEL(attention_mma_f16_64, weir::AttentionArguments, 128, 4) { weir::attention<weir::f16, 64, 1>(a); }
WEIR_KERNEL(attention_mma_f16_64_tall, weir::AttentionArguments, 128, 2) { weir::attention<weir::f16, 64, 2>(a); }
WEIR_KERNEL(attention_mma_f16_128, weir::AttentionArguments, 128, 3) { weir::attention<weir::f16, 128, 1>(a); }
WEIR_KERNEL(attention_mma_f16_128_tall, weir::AttentionArguments, 128, 2) { weir::attention<weir::f16, 128, 2>(a); }
WEIR_KERNEL(attention_mma_f16_256, weir::AttentionArguments, 128, 2) { weir::attention<weir::f16, 256, 1>(a); }
