// Attention over keys and values of 16 bits on Hopper, see IOps.Attention: FlashAttention-3 (Shah et al. 2024). A block
// holds 128 query rows, 64 for each of two warpgroups, and goes over their keys, 128 at a time (64 for heads of 256), with
// a running maximum and sum for each row. A third warpgroup brings keys and values by bulk copies, two tiles ahead.
//
// Bound: 4 d flops a pair of query and key. 4,096 causal tokens, 32 heads of 128: 137 GFLOP, 174 microseconds at the 790
// TFLOP/s measured with PyTorch; q, k, v and z are 0.3 GB, 70 microseconds at 4.3 TB/s. What products cannot hide are the
// powers: 16 a clock and multiprocessor, so that those of 128 x 128 pairs are 1,024 clocks beside 2,048 of products. Hence
// two overlaps. Within a warpgroup the scores of a tile are multiplied together with the values of the tile before, and
// softened while those still run. Between them two barriers hand over the turn to ask for products, so that one multiplies
// while the other softens. Predicted as FlashAttention-3 measures with both on an H100: 600 TFLOP/s from 8,192 tokens on,
// 500 for the example, whose causal tiles are fewer.
//
// The heads that share keys are rows of one tile (RowTile). Key tiles begin at multiples of their length of the position,
// so that a row's bits depend on nothing but itself, its prompt or batch least of all.
//
// In tiles that some row does not see whole, the warpgroup that copies looks at the values before they are used: what lies
// behind the last key, and what is not finite, becomes 0, since 0 times it would not be. The latter is added to the rows
// that see it, one element after the other; only spoilt values cost that.
#include "include/bulk_copy.cuh"
#include "include/flash_softmax.cuh"
#include "include/wgmma.cuh"

struct AttentionHopperArguments : weir::AttentionArguments {
    weir::TensorMap keys, values;  // rows of all sequences and heads, boxes of a tile's keys and 64 elements
};

namespace weir {

// kSize: elements of a head in shared memory, at least those it has.
template <typename T, int kSize, int kKeys>
struct FlashHopper {
    static constexpr int kRows = 128, kWarps = 8, kThreads = 384, kStages = 2;
    static constexpr int kBoxes = kSize / 64, kQuery = 64 * kSize * 2, kTile = kKeys * kSize * 2;
    // Of the named barriers: turns of the two warpgroups, their queries, and the threads that copy.
    static constexpr int kTurn = 1, kLoaded = 3, kCopying = 5;

    // In shared memory. What a thread looks at rarely stands here too: it takes no registers while products run.
    struct Kept {
        Mbarrier full_keys[kStages], empty_keys[kStages], full_values[kStages], empty_values[kStages], landed;
        int spoilt[kStages];
        RowTile tile;
        Seen first, last;  // of the tile's rows
        int begin, tiles;  // of keys
    };

    const AttentionHopperArguments& a;
    unsigned char* shared;
    Kept& kept;

    WEIR_DEVICE unsigned char* keys(int stage) const { return shared + 2 * kQuery + stage * kTile; }
    WEIR_DEVICE unsigned char* values(int stage) const { return keys(kStages + stage); }
    WEIR_DEVICE int key(int t) const { return kept.begin + t * kKeys; }
    WEIR_DEVICE bool masked(int t) const { return key(t) < kept.last.from || key(t) + kKeys > kept.first.to; }
    WEIR_DEVICE Seen seen_by(int row) const { return seen_at(kept.tile.position(row, a.group), a.window, a.store.capacity); }

    // Where 16-byte unit `unit` of a row lies in an operand of boxes of `rows` rows.
    WEIR_DEVICE static int place(int rows, int row, int unit) { return (unit / 8 * rows + row) * 128 + (unit % 8 ^ row % 8) * 16; }

    WEIR_DEVICE void run(const RowTile& tile) {
        if (threadIdx.x == 0) {
            for (int s = 0; s < kStages; s++) {
                mbarrier_init(kept.full_keys + s, 1);
                mbarrier_init(kept.full_values + s, 1);
                mbarrier_init(kept.empty_keys + s, kWarps);
                mbarrier_init(kept.empty_values + s, kWarps);
            }
            mbarrier_init(&kept.landed, 1);
            mbarrier_init_fence();
            kept.tile = tile;
            kept.first = seen_by(0);
            kept.last = seen_by(tile.count - 1);
            kept.begin = kept.first.from / kKeys * kKeys;
            kept.tiles = most(0, ceil_div(kept.last.to - kept.begin, kKeys));
        }
        __syncthreads();
        if (warp() >= kWarps) {
            give_registers<40>();
            produce();
        } else {
            take_registers<232>();
            consume();
        }
    }

    WEIR_DEVICE void produce() {
        bool leads = warp() == kWarps && elect_one();
        int head = (kept.tile.sequence * a.store.heads + kept.tile.head) * a.store.capacity;
        for (int t = 0, looked = 0; t < kept.tiles; t++) {
            int s = t % kStages, parity = t / kStages & 1;
            if (leads) {
                mbarrier_wait(kept.empty_keys + s, parity ^ 1);
                load(keys(s), a.keys, head + key(t), kept.full_keys + s);
                mbarrier_wait(kept.empty_values + s, parity ^ 1);
                kept.spoilt[s] = 0;
                load(values(s), a.values, head + key(t), masked(t) ? &kept.landed : kept.full_values + s);
            }
            if (masked(t)) {
                mbarrier_wait(&kept.landed, looked & 1);
                looked++;
                look_at_values(s, kept.last.to - key(t));
                fence_async_proxy();
                named_barrier_sync(kCopying, 128);
                if (leads) {
                    mbarrier_arrive(kept.full_values + s);
                }
            }
        }
    }

    WEIR_DEVICE static void load(unsigned char* to, const TensorMap& from, int row, Mbarrier* full) {
        mbarrier_arrive_expect(full, kTile);
#pragma unroll
        for (int box = 0; box < kBoxes; box++) {
            bulk_load(to + box * kKeys * 128, from, box * 64, row, full);
        }
    }

    WEIR_DEVICE void look_at_values(int stage, int count) {
#pragma unroll 1
        for (int i = threadIdx.x % 128; i < kKeys * kSize / 8; i += 128) {
            int row = i / (kSize / 8);
            T* at = reinterpret_cast<T*>(values(stage) + place(kKeys, row, i % (kSize / 8)));
            Vector16<T> v = load16(at);
            bool spoilt = false;
#pragma unroll
            for (int j = 0; j < 8; j++) {
                spoilt |= !is_finite(v.x[j]);
                v.x[j] = is_finite(v.x[j]) && row < count ? v.x[j] : T{0};
            }
            if (spoilt || row >= count) {
                store16(at, v);
            }
            if (spoilt && row < count) {
                kept.spoilt[stage] = 1;
            }
        }
    }

    WEIR_DEVICE void consume() {
        int group = warp() / 4, tiles = kept.tiles;
        unsigned char* queries = shared + group * kQuery;
        load_queries(queries, group * 64);
        fence_async_proxy();
        named_barrier_sync(kLoaded + group, 128);
        Seen seen[2];
#pragma unroll
        for (int half = 0; half < 2; half++) {
            seen[half] = seen_by(row(half));
        }
        if (group == 1 && tiles > 1) {
            named_barrier_arrive(kTurn, 256);
        }

        float s[kKeys / 2] = {}, sums[kSize / 2] = {}, fade[2];
        uint32_t p[kKeys / 16][4] = {};
        RunningSoftmax softmax;
        auto soften = [&](int t) {
            if (a.softcap != 0.0f) {
                cap(s, a.scale, a.softcap);
            }
            if (masked(t)) {
                mask(s, key(t), seen);
            }
            softmax.soften(s, a.softcap == 0.0f ? a.scale * kLog2E : kLog2E, fade);
        };
        auto narrow_weights = [&] {
#pragma unroll
            for (int k = 0; k < kKeys / 16; k++) {
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    p[k][i] = narrow2<T>(s[8 * k + 2 * i], s[8 * k + 2 * i + 1]);
                }
            }
        };
        if (tiles > 0) {
            wait_for(kept.full_keys, 0);
            wgmma_fence(s);
            multiply_keys(s, queries, keys(0));
            wgmma_commit();
            wgmma_wait<0>(s);
            free(kept.empty_keys, 0);
            soften(0);
            narrow_weights();
        }
        for (int t = 1; t < tiles; t++) {
            wait_for(kept.full_keys, t);
            wait_for(kept.full_values, t - 1);
            named_barrier_sync(kTurn + group, 256);
            wgmma_fence(s, sums, p);
            multiply_keys(s, queries, keys(t % kStages));
            wgmma_commit();
            multiply_values(sums, p, values((t - 1) % kStages));
            wgmma_commit();
            if (group == 0 || t + 1 < tiles) {
                named_barrier_arrive(kTurn + 1 - group, 256);
            }
            wgmma_wait<1>(s);
            free(kept.empty_keys, t);
            soften(t);
            wgmma_wait<0>(s, sums, p);
            finish_values(sums, t - 1, seen);
            fade_sums(sums, fade);
            narrow_weights();
        }
        if (tiles > 0) {
            wait_for(kept.full_values, tiles - 1);
            wgmma_fence(sums, p);
            multiply_values(sums, p, values((tiles - 1) % kStages));
            wgmma_commit();
            wgmma_wait<0>(sums);
            finish_values(sums, tiles - 1, seen);
        }
        store(sums, softmax);
    }

    // Of the tile: the lane's rows of the warp's 16.
    WEIR_DEVICE static int row(int half) { return warp() * 16 + half * 8 + lane() / 4; }

    WEIR_DEVICE void load_queries(unsigned char* to, int from) {
        constexpr int kUnits = kSize / 8;
        const RowTile& tile = kept.tile;
#pragma unroll 4
        for (int i = threadIdx.x % 128; i < 64 * kUnits; i += 128) {
            int r = i / kUnits, d = i % kUnits * 8, member = (tile.first + from + r) % a.group;
            int at = from + r < tile.count ? a.rows.row(tile.offset + (tile.first + from + r) / a.group) : -1;
            int left = at < 0 ? 0 : a.store.size - d;
            const float* q = a.q + at * a.stride_q + (tile.head * a.group + member) * a.store.size + d;
            float4 x = load4(q, a.wide != 0, left), y = load4(q + 4, a.wide != 0, left - 4);
            *reinterpret_cast<uint4*>(to + place(64, r, d / 8)) = make_uint4(narrow2<T>(x.x, x.y), narrow2<T>(x.z, x.w), narrow2<T>(y.x, y.y), narrow2<T>(y.z, y.w));
        }
    }

    // s = q k
    WEIR_DEVICE static void multiply_keys(float (&s)[kKeys / 2], const unsigned char* q, const unsigned char* k) {
        uint64_t dq = wgmma_operand(q), dk = wgmma_operand(k);
#pragma unroll
        for (int d = 0; d < kSize / 16; d++) {
            wgmma<T>(s, dq + d / 4 * (64 * 128 / 16) + d % 4 * kWgmmaStep, dk + d / 4 * (kKeys * 128 / 16) + d % 4 * kWgmmaStep, d > 0);
        }
    }

    // sums += p v
    WEIR_DEVICE static void multiply_values(float (&sums)[kSize / 2], const uint32_t (&p)[kKeys / 16][4], const unsigned char* v) {
        uint64_t dv = wgmma_transposed_operand(v, kKeys * 128);
#pragma unroll
        for (int k = 0; k < kKeys / 16; k++) {
            wgmma<T, true>(sums, p[k], dv + k * kWgmmaTransposedStep, true);
        }
    }

    // Behind the product with the values of a tile.
    WEIR_DEVICE void finish_values(float (&sums)[kSize / 2], int t, const Seen (&seen)[2]) {
        if (masked(t)) {
            if (kept.spoilt[t % kStages] != 0) {
                add_spoilt(sums, key(t), seen);
            }
            __syncwarp();
        }
        free(kept.empty_values, t);
    }

    WEIR_DEVICE void add_spoilt(float (&sums)[kSize / 2], int first_key, const Seen (&seen)[2]) {
        const T* v = a.store.head<T>(a.store.values, kept.tile.sequence, kept.tile.head) + static_cast<int64_t>(first_key) * a.store.stride;
        int end = least(first_key + kKeys, kept.last.to);
#pragma unroll 1
        for (int k = first_key; k < end; k++, v += a.store.stride) {
#pragma unroll
            for (int i = 0; i < kSize / 2; i++) {
                int d = i / 4 * 8 + lane() % 4 * 2 + i % 2;
                if (d < a.store.size && !is_finite(v[d]) && seen[i / 2 % 2].has(k)) {
                    sums[i] += widen(v[d]);
                }
            }
        }
    }

    // A tile's own of the barriers of all stages.
    WEIR_DEVICE static void wait_for(Mbarrier* full, int t) { mbarrier_wait(full + t % kStages, t / kStages & 1); }
    WEIR_DEVICE static void free(Mbarrier* empty, int t) {
        if (lane() == 0) {
            mbarrier_arrive(empty + t % kStages);
        }
    }

    WEIR_DEVICE void store(const float (&sums)[kSize / 2], const RunningSoftmax& softmax) {
        const RowTile& tile = kept.tile;
#pragma unroll
        for (int half = 0; half < 2; half++) {
            float norm = softmax.norm(half);
            int member = (tile.first + row(half)) % a.group;
            int at = row(half) < tile.count ? a.rows.row(tile.offset + (tile.first + row(half)) / a.group) : -1;
            if (at >= 0) {
                float* z = a.z + at * a.stride_z + (tile.head * a.group + member) * a.store.size;
#pragma unroll
                for (int i = 2 * half; i < kSize / 2; i += 4) {
                    int d = i / 4 * 8 + lane() % 4 * 2;
                    if (d < a.store.size) {
                        a.rows.put(z + d, sums[i] * norm);
                    }
                    if (d + 1 < a.store.size) {
                        a.rows.put(z + d + 1, sums[i + 1] * norm);
                    }
                }
            }
        }
    }
};

template <typename T, int kSize, int kKeys>
WEIR_DEVICE void attention_hopper(const AttentionHopperArguments& a) {
    using F = FlashHopper<T, kSize, kKeys>;
    WEIR_DYNAMIC_SHARED(shared);
    WEIR_SHARED(typename F::Kept, kept);
    // The last tiles of a text have the most keys: they come first, so that what is left at the end is short.
    int tiles = gridDim.x / a.store.heads, turn = blockIdx.x / a.store.heads;
    RowTile tile = tile_of(a.rows, a.group, F::kRows, tiles - 1 - turn, blockIdx.x % a.store.heads);
    if (tile.count > 0) {
        F{a, shared, kept}.run(tile);
    }
}

}  // namespace weir

WEIR_KERNEL(attention_hopper_bf16_64, AttentionHopperArguments, 384, 1) { weir::attention_hopper<weir::bf16, 64, 128>(a); }
WEIR_KERNEL(attention_hopper_bf16_128, AttentionHopperArguments, 384, 1) { weir::attention_hopper<weir::bf16, 128, 128>(a); }
WEIR_KERNEL(attention_hopper_bf16_256, AttentionHopperArguments, 384, 1) { weir::attention_hopper<weir::bf16, 256, 64>(a); }
WEIR_KERNEL(attention_hopper_f16_64, AttentionHopperArguments, 384, 1) { weir::attention_hopper<weir::f16, 64, 128>(a); }
WEIR_KERNEL(attention_hopper_f16_128, AttentionHopperArguments, 384, 1) { weir::attention_hopper<weir::f16, 128, 128>(a); }
WEIR_KERNEL(attention_hopper_f16_256, AttentionHopperArguments, 384, 1) { weir::attention_hopper<weir::f16, 256, 64>(a); }
