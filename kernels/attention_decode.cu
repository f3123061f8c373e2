// Attention of few rows over a store of 16 bits, as a decoding step has them, see IOps.Attention: FlashDecoding, the keys
// of a sequence split over blocks.
//
// Bound: the bytes of the keys and values, 4 d a position and key head; a group of up to 8 query rows shares them. Llama
// 3.1 8B, 4,096 positions: 16.8 MB a layer and sequence, 3.9 us at 4.3 TB/s. About 3 us are fixed (launch, first bytes, the
// last block's sum), so that the rate passes 85 % of the bandwidth from some 70 MB on: 4 such sequences.
//
// Nothing passes through shared memory: a lane loads 16 bytes at a time to where the tensor core wants them. The product
// is taken the other way round, s^T = k q^T and z^T = v^T p^T, so that 16 keys, not 16 rows, fill a tile, of which 8
// columns are rows. A product does not care in which order it sums: the 16 bytes of a key that a lane holds count as
// elements 2t, 2t+1, 2t+8, 2t+9 of two steps, and q is laid out alike. Of the values a lane loads 8 elements of the 4 keys
// that are its own in p^T and pairs them by key (__byte_perm). p^T itself is s^T transposed in registers (movmatrix).
// Twelve warps of a multiprocessor have 8 KiB each on their way, of 40 that the latency of memory asks for.
//
// A block takes a fixed run of positions, its four warps 16 of them in turn, so that the grid depends on the room of the
// store alone, not on how far a text has come: blocks beyond leave at once, and a recorded step runs for any position. The
// last block of a sequence and head to end adds up what all have left, in the order of the positions.
#include "include/attention.cuh"
#include "include/math.cuh"
#include "include/mma.cuh"

struct AttentionDecodeArguments : weir::AttentionArguments {
    int run, runs;   // positions of a block, a multiple of 64; blocks of a tile
    float* partial;  // [tile, head, run] of 8 sums [kSize], maxima and totals
    int* ended;      // [tile, head], 0 before and after
};

namespace weir {

template <typename T, int kSize>
struct Decode {
    static constexpr int kWarps = 4, kThreads = kWarps * kWarp, kRows = 8, kKeys = 16;
    static constexpr int kParts = kSize / 32;  // 16-byte loads of a key by a lane
    static constexpr int kSpans = kSize / 64;  // and of a value
    static constexpr int kPartial = kRows * (kSize + 2);

    struct Shared {
        float sums[kWarps][kRows][kSize];
        float largest[kWarps][kRows], totals[kWarps][kRows];
        int last;
    };

    const AttentionDecodeArguments& a;
    const RowTile& tile;
    Shared& shared;
    uint32_t q[kParts][4];
    float sums[kSpans][4][4];
    float largest[2], totals[2];  // of rows 2t and 2t+1

    WEIR_DEVICE Seen seen_by(int row) const { return seen_at(tile.position(row, a.group), a.window, a.store.capacity); }

    // Queries as two elements a register, elements 8t .. 8t+7 of every 32 of row g.
    WEIR_DEVICE void load_queries() {
        int row = lane() / 4, r = tile.first + row, at = row < tile.count ? a.rows.row(tile.offset + r / a.group) : -1;
        const float* from = a.q + at * a.stride_q + (tile.head * a.group + r % a.group) * a.store.size;
#pragma unroll
        for (int j = 0; j < kParts; j++) {
            int d = 32 * j + lane() % 4 * 8, left = at < 0 ? 0 : a.store.size - d;
            float4 x = load4(from + d, a.wide != 0, left), y = load4(from + d + 4, a.wide != 0, left - 4);
            q[j][0] = narrow2<T>(x.x, x.y), q[j][1] = narrow2<T>(x.z, x.w);
            q[j][2] = narrow2<T>(y.x, y.y), q[j][3] = narrow2<T>(y.z, y.w);
        }
    }

    WEIR_DEVICE uint4 load(const T* head, int key, int d, int end) const {
        return key < end && d < a.store.stride ? *reinterpret_cast<const uint4*>(head + static_cast<int64_t>(key) * a.store.stride + d) : make_uint4(0, 0, 0, 0);
    }

    // s[0], s[1]: the scores of key g for rows 2t and 2t+1; s[2], s[3]: of key g + 8.
    WEIR_DEVICE void multiply_keys(float (&s)[4], int key, int end) {
        const T* keys = a.store.head<T>(a.store.keys, tile.sequence, tile.head);
        uint4 low[kParts], high[kParts];
#pragma unroll
        for (int j = 0; j < kParts; j++) {
            int d = 32 * j + lane() % 4 * 8;
            low[j] = load(keys, key + lane() / 4, d, end);
            high[j] = load(keys, key + lane() / 4 + 8, d, end);
        }
#pragma unroll
        for (int j = 0; j < kParts; j++) {
            uint32_t first[4] = {low[j].x, high[j].x, low[j].y, high[j].y}, second[4] = {low[j].z, high[j].z, low[j].w, high[j].w};
            mma<T>(s, first, q[j]);
            mma<T>(s, second, q[j] + 2);
        }
    }

    // Cap, mask, running maximum and sum; s becomes weights, and what was summed before is scaled to them.
    WEIR_DEVICE void soften(float (&s)[4], int key, bool masked) {
        float factor = kLog2E * (a.softcap == 0.0f ? a.scale : 1.0f);
        if (a.softcap != 0.0f) {
#pragma unroll
            for (int i = 0; i < 4; i++) {
                s[i] = capped(s[i], a.scale, a.softcap);
            }
        }
#pragma unroll
        for (int i = 0; i < 2; i++) {
            if (masked) {
                Seen seen = seen_by(lane() % 4 * 2 + i);
                s[i] = seen.has(key + lane() / 4) ? s[i] : minus_infinity();
                s[i + 2] = seen.has(key + lane() / 4 + 8) ? s[i + 2] : minus_infinity();
            }
            float most_now = fmaxf(largest[i], fmaxf(s[i], s[i + 2]));
#pragma unroll
            for (int lanes = 4; lanes < kWarp; lanes *= 2) {
                most_now = fmaxf(most_now, __shfl_xor_sync(kAllLanes, most_now, lanes));
            }
            // A row that has seen nothing yet: its scores are -infinity, or NaN, and their powers 0, or NaN.
            float shift = most_now == minus_infinity() ? 0.0f : most_now * factor;
            float fade = power_of_two(largest[i] * factor - shift);
            largest[i] = most_now;
            s[i] = power_of_two(fmaf(s[i], factor, -shift));
            s[i + 2] = power_of_two(fmaf(s[i + 2], factor, -shift));
            totals[i] = fmaf(totals[i], fade, s[i] + s[i + 2]);
#pragma unroll
            for (int j = 0; j < kSpans; j++) {
#pragma unroll
                for (int m = 0; m < 4; m++) {
                    sums[j][m][i] *= fade;
                    sums[j][m][i + 2] *= fade;
                }
            }
        }
    }

    // sums[j][m][0], [1]: element 64 j + 8 g + 2 m of rows 2t and 2t+1; [2], [3]: the element after it.
    WEIR_DEVICE void multiply_values(const float (&p)[4], int key, int end, bool masked) {
        const T* values = a.store.head<T>(a.store.values, tile.sequence, tile.head);
        uint32_t w[2] = {movmatrix(narrow2<T>(p[0], p[1])), movmatrix(narrow2<T>(p[2], p[3]))};
        auto load_span = [&](uint4 (&v)[4], int j) {
#pragma unroll
            for (int i = 0; i < 4; i++) {
                v[i] = load(values, key + lane() % 4 * 2 + i % 2 + i / 2 * 8, 64 * j + lane() / 4 * 8, end);
            }
        };
        if (masked) {
#pragma unroll
            for (int j = 0; j < kSpans; j++) {
                uint4 v[4];
                load_span(v, j);
                set_spoilt_aside(v, sums[j], key);
                multiply(sums[j], v, w);
            }
            return;
        }
        uint4 v[kSpans][4];
#pragma unroll
        for (int j = 0; j < kSpans; j++) {
            load_span(v[j], j);
        }
#pragma unroll
        for (int j = 0; j < kSpans; j++) {
            multiply(sums[j], v[j], w);
        }
    }

    // Four products of 16 elements of a span with 16 keys.
    WEIR_DEVICE void multiply(float (&c)[4][4], const uint4 (&v)[4], const uint32_t (&w)[2]) {
#pragma unroll
        for (int m = 0; m < 4; m++) {
            multiply(c[m], word(v[0], m), word(v[1], m), word(v[2], m), word(v[3], m), w);
        }
    }

    // One of them: two elements each of keys 2t, 2t+1, 2t+8 and 2t+9.
    static WEIR_DEVICE void multiply(float (&c)[4], uint32_t k0, uint32_t k1, uint32_t k8, uint32_t k9, const uint32_t (&w)[2]) {
        uint32_t pairs[4] = {__byte_perm(k0, k1, 0x5410), __byte_perm(k0, k1, 0x7632), __byte_perm(k8, k9, 0x5410), __byte_perm(k8, k9, 0x7632)};
        mma<T>(c, pairs, w);
    }

    static WEIR_DEVICE uint32_t& word(uint4& v, int m) { return m == 0 ? v.x : m == 1 ? v.y : m == 2 ? v.z : v.w; }
    static WEIR_DEVICE uint32_t word(const uint4& v, int m) { return m == 0 ? v.x : m == 1 ? v.y : m == 2 ? v.z : v.w; }

    // Gives what is not finite among a span's values to the rows that see it, and takes it out of the product.
    WEIR_DEVICE void set_spoilt_aside(uint4 (&v)[4], float (&c)[4][4], int key) {
        bool spoilt = false;
#pragma unroll
        for (int i = 0; i < 16; i++) {
            uint32_t x = word(v[i / 4], i % 4);
            spoilt |= finite(x) != x;
        }
        if (!__any_sync(kAllLanes, spoilt)) {
            return;
        }
        Seen seen = seen_by(lane() / 4);
        int own = key + lane() % 4 * 2;
        uint32_t w[2] = {narrow2<T>(seen.has(own), seen.has(own + 1)), narrow2<T>(seen.has(own + 8), seen.has(own + 9))};
#pragma unroll
        for (int m = 0; m < 4; m++) {
            float counts[4] = {};
            multiply(counts, codes(word(v[0], m)), codes(word(v[1], m)), codes(word(v[2], m)), codes(word(v[3], m)), w);
#pragma unroll
            for (int i = 0; i < 4; i++) {
                c[m][i] = add_spoilt(c[m][i], counts[i]);
                word(v[i], m) = finite(word(v[i], m));
            }
        }
    }

    static WEIR_DEVICE T low(uint32_t pair) { return T{static_cast<uint16_t>(pair)}; }
    static WEIR_DEVICE T high(uint32_t pair) { return T{static_cast<uint16_t>(pair >> 16)}; }
    static WEIR_DEVICE uint32_t codes(uint32_t pair) { return spoilt_code(low(pair)).bits | static_cast<uint32_t>(spoilt_code(high(pair)).bits) << 16; }
    static WEIR_DEVICE uint32_t finite(uint32_t pair) { return (is_finite(low(pair)) ? pair & 0xffff : 0) | (is_finite(high(pair)) ? pair & 0xffff0000 : 0); }

    // The warps' numbers to shared memory, sums as rows of a head.
    WEIR_DEVICE void leave() {
        int g = lane() / 4, row = lane() % 4 * 2;
#pragma unroll
        for (int i = 0; i < 2; i++) {
#pragma unroll
            for (int lanes = 4; lanes < kWarp; lanes *= 2) {
                totals[i] += __shfl_xor_sync(kAllLanes, totals[i], lanes);
            }
            if (g == 0) {
                shared.largest[warp()][row + i] = largest[i];
                shared.totals[warp()][row + i] = totals[i];
            }
#pragma unroll
            for (int j = 0; j < kSpans; j++) {
#pragma unroll
                for (int m = 0; m < 4; m++) {
                    float* to = &shared.sums[warp()][row + i][64 * j + 8 * g + 2 * m];
                    to[0] = sums[j][m][i];
                    to[1] = sums[j][m][i + 2];
                }
            }
        }
    }

    // What parts have left of one element of a row, added up in their order, at the scale of the largest maximum.
    template <typename Largest, typename Total, typename Value>
    WEIR_DEVICE void gather(int parts, Largest largest_of, Total total_of, Value value_of, float& most_all, float& total, float& sum) const {
        float factor = kLog2E * (a.softcap == 0.0f ? a.scale : 1.0f);
        most_all = minus_infinity();
        for (int i = 0; i < parts; i++) {
            most_all = fmaxf(most_all, largest_of(i));
        }
        float base = most_all == minus_infinity() ? 0.0f : most_all;
        total = sum = 0.0f;
        for (int i = 0; i < parts; i++) {
            float weight = power_of_two((largest_of(i) - base) * factor);
            total = fmaf(total_of(i), weight, total);
            sum = fmaf(value_of(i), weight, sum);
        }
    }

    WEIR_DEVICE void store(int row, int d, float total, float sum) {
        int r = tile.first + row, at = a.rows.row(tile.offset + r / a.group);
        if (at >= 0 && d < a.store.size) {
            float* z = a.z + at * a.stride_z + (tile.head * a.group + r % a.group) * a.store.size + d;
            a.rows.put(z, total == 0.0f ? 0.0f : sum * (1.0f / total));
        }
    }

    WEIR_DEVICE void run(int index, int turn) {
        Seen first = seen_by(0), last = seen_by(tile.count - 1);
        int begin = turn * a.run, end = least(begin + a.run, last.to);
        int first_turn = first.from / a.run, turns = (last.to - 1) / a.run - first_turn + 1;
        if (begin >= last.to || turn < first_turn) {
            return;
        }
        load_queries();
        largest[0] = largest[1] = minus_infinity();
        for (int key = begin + kKeys * warp(); key < end; key += kKeys * kWarps) {
            if (key + kKeys <= first.from) {
                continue;
            }
            bool masked = key < last.from || key + kKeys > first.to;
            float s[4] = {};
            multiply_keys(s, key, last.to);
            soften(s, key, masked);
            multiply_values(s, key, last.to, masked);
        }
        leave();
        __syncthreads();

        float* own = a.partial + (static_cast<int64_t>(index) * a.runs + turn) * kPartial;
        for (int i = threadIdx.x; i < tile.count * kSize; i += kThreads) {
            int row = i / kSize, d = i % kSize;
            float most_all, total, sum;
            gather(kWarps, [&](int w) { return shared.largest[w][row]; }, [&](int w) { return shared.totals[w][row]; },
                   [&](int w) { return shared.sums[w][row][d]; }, most_all, total, sum);
            if (turns == 1) {
                store(row, d, total, sum);
                continue;
            }
            own[i] = sum;
            if (d == 0) {
                own[kRows * kSize + row] = most_all;
                own[kRows * kSize + kRows + row] = total;
            }
        }
        if (turns == 1) {
            return;
        }

        // The last to come adds all up.
        __threadfence();
        __syncthreads();
        if (threadIdx.x == 0) {
            shared.last = atomicAdd(&a.ended[index], 1) == turns - 1;
            if (shared.last) {
                a.ended[index] = 0;
            }
        }
        __syncthreads();
        if (!shared.last) {
            return;
        }
        __threadfence();
        const float* parts = a.partial + (static_cast<int64_t>(index) * a.runs + first_turn) * kPartial;
        for (int i = threadIdx.x; i < tile.count * kSize; i += kThreads) {
            int row = i / kSize;
            float most_all, total, sum;
            gather(turns, [&](int p) { return parts[static_cast<int64_t>(p) * kPartial + kRows * kSize + row]; },
                   [&](int p) { return parts[static_cast<int64_t>(p) * kPartial + kRows * kSize + kRows + row]; },
                   [&](int p) { return parts[static_cast<int64_t>(p) * kPartial + i]; }, most_all, total, sum);
            store(row, i % kSize, total, sum);
        }
    }
};

// Blocks of one head of one tile lie side by side.
template <typename T, int kSize>
WEIR_DEVICE void decode(const AttentionDecodeArguments& a) {
    using D = Decode<T, kSize>;
    WEIR_SHARED(typename D::Shared, shared);
    int turn = blockIdx.x % a.runs, index = blockIdx.x / a.runs;
    RowTile tile = tile_of(a.rows, a.group, D::kRows, index / a.store.heads, index % a.store.heads);
    if (tile.count > 0) {
        D{a, tile, shared, {}, {}, {}, {}}.run(index, turn);
    }
}

}  // namespace weir

WEIR_KERNEL(attention_decode_bf16_64, AttentionDecodeArguments, 128, 3) { weir::decode<weir::bf16, 64>(a); }
WEIR_KERNEL(attention_decode_bf16_128, AttentionDecodeArguments, 128, 3) { weir::decode<weir::bf16, 128>(a); }
WEIR_KERNEL(attention_decode_bf16_256, AttentionDecodeArguments, 128, 2) { weir::decode<weir::bf16, 256>(a); }
WEIR_KERNEL(attention_decode_f16_64, AttentionDecodeArguments, 128, 3) { weir::decode<weir::f16, 64>(a); }
WEIR_KERNEL(attention_decode_f16_128, AttentionDecodeArguments, 128, 3) { weir::decode<weir::f16, 128>(a); }
WEIR_KERNEL(attention_decode_f16_256, AttentionDecodeArguments, 128, 2) { weir::decode<weir::f16, 256>(a); }
