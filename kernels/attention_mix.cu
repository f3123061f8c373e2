// The weighted sum of the values that each query sees, see IOps.AttentionMix.
//
// The second product of Attention in f32, with the bounds of the first (attention_scores.cu): 2 d flops a pair. A block
// makes 64 rows by 64 elements of a head over all of their keys, 16 keys at a time, the next 16 on their way meanwhile.
// An element is one chain of multiply-adds over the row's keys in their order. A key that the row does not see is left
// out of the chain, not multiplied by 0: its value may be no number. Only the first and last keys of a tile need to be
// looked at for that.
#include "include/attention.cuh"

struct AttentionMixArguments {
    weir::StoreView store;
    weir::BatchRows rows;
    weir::MapView pattern;
    float* z;
    int64_t stride_z;
    int group, window;
};

namespace weir {

constexpr int kRows = 64, kWidth = 64, kKeys = 16, kThreads = 256;
constexpr int kPitch = kRows + 4;

struct MixTiles {
    float p[2][kKeys][kPitch];
    float v[2][kKeys][kWidth];
};

template <typename T>
WEIR_DEVICE void mix(const AttentionMixArguments& a) {
    constexpr int kLength = Vector16<T>::count;
    constexpr int kVectors = kKeys * kWidth / kLength;      // of values
    constexpr int kWeights = kRows * kKeys / kThreads;      // of a thread
    RowTile tile = tile_of(a.rows, a.group, kRows, blockIdx.x, blockIdx.y);
    if (tile.count == 0) {
        return;
    }
    SequenceMap map = map_of(a.pattern, a.rows, a.store.heads * a.group, tile.sequence);
    Seen first = seen_at(tile.position(0, a.group), a.window, a.store.capacity);
    Seen last = seen_at(tile.position(tile.count - 1, a.group), a.window, a.store.capacity);
    int column = blockIdx.z * kWidth;

    // Rows 8 warp + 4 (lane / 16) .. + 3, elements 4 (lane % 16) .. + 3.
    int row = 8 * warp() + lane() / 16 * 4, element = lane() % 16 * 4;
    Seen seen[4];
#pragma unroll
    for (int i = 0; i < 4; i++) {
        seen[i] = seen_at(tile.position(row + i, a.group), a.window, a.store.capacity);
    }

    WEIR_SHARED(MixTiles, tiles);
    const T* values = a.store.head<T>(a.store.values, tile.sequence, tile.head);
    const float* weights[kWeights];
    Seen allowed[kWeights];
    int own_key = threadIdx.x % kKeys;
#pragma unroll
    for (int i = 0; i < kWeights; i++) {
        int r = threadIdx.x / kKeys + i * (kThreads / kKeys);
        int at = tile.first + r;
        weights[i] = map.row(tile.head * a.group + at % a.group, at / a.group);
        allowed[i] = r < tile.count ? seen_at(tile.start + at / a.group, a.window, a.store.capacity) : Seen{0, 0};
    }
    float next_p[kWeights];
    Vector16<T> next_v;
    bool loads_values = threadIdx.x < kVectors;
    int v_key = threadIdx.x / (kWidth / kLength), v_element = threadIdx.x % (kWidth / kLength) * kLength;
    auto fetch = [&](int k) {
#pragma unroll
        for (int i = 0; i < kWeights; i++) {
            next_p[i] = allowed[i].has(k + own_key) ? weights[i][k + own_key] : 0.0f;
        }
        next_v = {};
        if (loads_values && k + v_key < last.to && column + v_element < a.store.stride) {
            next_v = load16(values + static_cast<int64_t>(k + v_key) * a.store.stride + column + v_element);
        }
    };
    auto keep = [&](int stage) {
#pragma unroll
        for (int i = 0; i < kWeights; i++) {
            tiles.p[stage][own_key][threadIdx.x / kKeys + i * (kThreads / kKeys)] = next_p[i];
        }
        if (loads_values) {
#pragma unroll
            for (int i = 0; i < kLength; i++) {
                tiles.v[stage][v_key][v_element + i] = widen(next_v.x[i]);
            }
        }
    };

    float sums[4][4] = {};
    int k = first.from / kKeys * kKeys;
    fetch(k);
    keep(0);
    __syncthreads();
    for (int stage = 0; k < last.to; k += kKeys, stage ^= 1) {
        bool more = k + kKeys < last.to;
        if (more) {
            fetch(k + kKeys);
        }
        if (8 * warp() < tile.count) {
            bool whole = k >= last.from && k + kKeys <= first.to;
#pragma unroll 4
            for (int e = 0; e < kKeys; e++) {
                float4 p4 = *reinterpret_cast<const float4*>(&tiles.p[stage][e][row]);
                float4 v4 = *reinterpret_cast<const float4*>(&tiles.v[stage][e][element]);
                float x[4] = {p4.x, p4.y, p4.z, p4.w}, y[4] = {v4.x, v4.y, v4.z, v4.w};
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    bool takes = whole || seen[i].has(k + e);
#pragma unroll
                    for (int j = 0; j < 4; j++) {
                        sums[i][j] = takes ? fmaf(x[i], y[j], sums[i][j]) : sums[i][j];
                    }
                }
            }
        }
        if (more) {
            keep(stage ^ 1);
        }
        __syncthreads();
    }

#pragma unroll
    for (int i = 0; i < 4; i++) {
        if (row + i >= tile.count) {
            break;
        }
        int r = tile.first + row + i, at = a.rows.row(tile.offset + r / a.group);
        float* z = a.z + at * a.stride_z + (tile.head * a.group + r % a.group) * a.store.size;
#pragma unroll
        for (int j = 0; j < 4; j++) {
            if (at >= 0 && column + element + j < a.store.size) {
                a.rows.put(&z[column + element + j], sums[i][j]);
            }
        }
    }
}

}  // namespace weir

WEIR_KERNEL(attention_mix_f32, AttentionMixArguments, 256) { weir::mix<float>(a); }
WEIR_KERNEL(attention_mix_bf16, AttentionMixArguments, 256) { weir::mix<weir::bf16>(a); }
WEIR_KERNEL(attention_mix_f16, AttentionMixArguments, 256) { weir::mix<weir::f16>(a); }
