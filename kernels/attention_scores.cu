// Scores of queries and keys, cap(scale q . k), see IOps.AttentionScores; with attention_pattern and attention_mix the
// whole of Attention in f32.
//
// A product in f32, bound by its multiply-adds: 2 d flops a pair of query and key. 4,096 causal tokens, 32 heads of 128:
// 69 GFLOP, 1.0 ms at 67 TFLOP/s nominal; the map itself, 1.1 GB written, takes 0.25 ms beside it. A block makes 64 rows
// by 64 keys, a thread 4 by 4 of them out of 16-byte reads of shared memory: two such reads feed 16 multiply-adds, so
// that shared memory (32 words a clock) allows half of the peak. The next 16 elements of each row are on their way while
// the last 16 are used. A score is one chain of multiply-adds over the elements in their order: its bits depend on
// nothing but its query and its key, and are those of the CPU body.
#include "include/attention.cuh"
#include "include/math.cuh"

struct AttentionScoresArguments {
    const float* q;
    int64_t stride_q;
    weir::StoreView store;
    weir::BatchRows rows;
    weir::MapView scores;
    float scale, softcap;
    int group, window;
};

namespace weir {

constexpr int kRows = 64, kKeys = 64, kDepth = 16, kThreads = 256;
constexpr int kPitch = kRows + 4;  // keeps 16-byte alignment, spreads the columns over the banks

struct ScoreTiles {
    float q[2][kDepth][kPitch];
    float k[2][kDepth][kPitch];
};

template <typename T>
WEIR_DEVICE void scores(const AttentionScoresArguments& a) {
    constexpr int kLength = Vector16<T>::count;
    constexpr int kVectors = kKeys * kDepth / kLength;          // of keys
    constexpr int kQueries = kRows * kDepth / kThreads;         // elements of queries a thread
    int heads = a.store.heads * a.group;
    RowTile tile = tile_of(a.rows, a.group, kRows, blockIdx.x, blockIdx.y);
    int first_key = blockIdx.z * kKeys;
    Seen first = seen_at(tile.position(0, a.group), a.window, a.store.capacity);
    Seen last = seen_at(tile.position(tile.count - 1, a.group), a.window, a.store.capacity);
    SequenceMap map = map_of(a.scores, a.rows, heads, tile.sequence);
    bool any = first_key < last.to && first_key + kKeys > first.from;
    if (tile.count == 0 || (!any && first_key >= map.keys)) {
        return;
    }

    // Rows 8 warp + 4 (lane / 16) .. + 3, keys 4 (lane % 16) .. + 3.
    int row = 8 * warp() + lane() / 16 * 4, key = lane() % 16 * 4;
    float sums[4][4] = {};
    if (any) {
        WEIR_SHARED(ScoreTiles, tiles);
        const T* keys = a.store.head<T>(a.store.keys, tile.sequence, tile.head) + static_cast<int64_t>(first_key) * a.store.stride;
        const float* queries[kQueries];
        int depth = threadIdx.x % kDepth;
#pragma unroll
        for (int i = 0; i < kQueries; i++) {
            int r = tile.first + threadIdx.x / kDepth + i * (kThreads / kDepth);
            int at = r < tile.first + tile.count ? a.rows.row(tile.offset + r / a.group) : -1;
            queries[i] = at < 0 ? nullptr : a.q + at * a.stride_q + (tile.head * a.group + r % a.group) * a.store.size;
        }

        float next_q[kQueries];
        Vector16<T> next_k;
        bool loads_keys = threadIdx.x < kVectors;
        int k_row = threadIdx.x / (kDepth / kLength), k_depth = threadIdx.x % (kDepth / kLength) * kLength;
        auto fetch = [&](int d) {
#pragma unroll
            for (int i = 0; i < kQueries; i++) {
                next_q[i] = queries[i] != nullptr && d + depth < a.store.size ? queries[i][d + depth] : 0.0f;
            }
            next_k = {};
            if (loads_keys && d + k_depth < a.store.stride) {
                next_k = load16(keys + static_cast<int64_t>(k_row) * a.store.stride + d + k_depth);
            }
        };
        auto keep = [&](int stage) {
#pragma unroll
            for (int i = 0; i < kQueries; i++) {
                tiles.q[stage][depth][threadIdx.x / kDepth + i * (kThreads / kDepth)] = next_q[i];
            }
            if (loads_keys) {
#pragma unroll
                for (int i = 0; i < kLength; i++) {
                    tiles.k[stage][k_depth + i][k_row] = widen(next_k.x[i]);
                }
            }
        };

        fetch(0);
        keep(0);
        __syncthreads();
        for (int d = 0, stage = 0; d < a.store.size; d += kDepth, stage ^= 1) {
            bool more = d + kDepth < a.store.size;
            if (more) {
                fetch(d + kDepth);
            }
            if (8 * warp() < tile.count) {
#pragma unroll
                for (int e = 0; e < kDepth; e++) {
                    float4 q4 = *reinterpret_cast<const float4*>(&tiles.q[stage][e][row]);
                    float4 k4 = *reinterpret_cast<const float4*>(&tiles.k[stage][e][key]);
                    float x[4] = {q4.x, q4.y, q4.z, q4.w}, y[4] = {k4.x, k4.y, k4.z, k4.w};
#pragma unroll
                    for (int i = 0; i < 4; i++) {
#pragma unroll
                        for (int j = 0; j < 4; j++) {
                            sums[i][j] = fmaf(x[i], y[j], sums[i][j]);
                        }
                    }
                }
            }
            if (more) {
                keep(stage ^ 1);
            }
            __syncthreads();
        }
    }

    const float masked = minus_infinity();
#pragma unroll
    for (int i = 0; i < 4; i++) {
        if (row + i >= tile.count) {
            break;
        }
        int r = tile.first + row + i;
        Seen seen = seen_at(tile.start + r / a.group, a.window, a.store.capacity);
        float* to = map.row(tile.head * a.group + r % a.group, r / a.group) + first_key + key;
#pragma unroll
        for (int j = 0; j < 4; j++) {
            float x = sums[i][j] * a.scale;
            x = a.softcap == 0.0f ? x : a.softcap * hyperbolic_tangent(x / a.softcap);
            sums[i][j] = seen.has(first_key + key + j) ? x : masked;
        }
        if (map.keys == 0) {
            // A map of our own: its rows lie at multiples of 16 bytes and have room for whole tiles.
            *reinterpret_cast<float4*>(to) = make_float4(sums[i][0], sums[i][1], sums[i][2], sums[i][3]);
        } else {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                if (first_key + key + j < map.keys) {
                    to[j] = sums[i][j];
                }
            }
        }
    }
}

}  // namespace weir

WEIR_KERNEL(attention_scores_f32, AttentionScoresArguments, 256) { weir::scores<float>(a); }
WEIR_KERNEL(attention_scores_bf16, AttentionScoresArguments, 256) { weir::scores<weir::bf16>(a); }
WEIR_KERNEL(attention_scores_f16, AttentionScoresArguments, 256) { weir::scores<weir::f16>(a); }
