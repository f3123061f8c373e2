// What the kernels of attention share: where keys, values and maps lie, which rows belong to which sequence, and how
// query rows are grouped into tiles.
#pragma once

#include "math.cuh"
#include "reduce.cuh"
#include "vector.cuh"

namespace weir {

WEIR_DEVICE float minus_infinity() { return __uint_as_float(0xff800000u); }

// Keys and values of a layer: [sequence][head][capacity][stride] of one type. Rows are padded with zeros to 16 bytes.
struct StoreView {
    void* keys;
    void* values;
    int capacity, heads, size, stride;

    template <typename T>
    WEIR_DEVICE T* head(void* of, int sequence, int head) const {
        return static_cast<T*>(of) + (static_cast<int64_t>(sequence) * heads + head) * capacity * stride;
    }
};

// Rows first .. first + count - 1 of a packed batch (PackedRows.cs). With an index, row i of the batch is row index[i] of
// the tensors, and results are added to what is there.
struct BatchRows {
    const int* offsets;
    const int* starts;
    const int* index;  // or null
    int sequences, first, count;
    int limit;  // rows of the tensors

    // The row of a tensor, or -1 where the index names none that is there.
    WEIR_DEVICE int row(int packed) const {
        int row = index == nullptr ? packed : index[packed];
        return row >= 0 && row < limit ? row : -1;
    }

    WEIR_DEVICE void put(float* z, float x) const { *z = index == nullptr ? x : *z + x; }
};

// What every kernel takes that does a whole attention; some take more behind it.
struct AttentionArguments {
    const float* q;
    float* z;
    int64_t stride_q, stride_z;
    StoreView store;
    BatchRows rows;
    float scale, softcap;
    int group, window, wide;  // q's rows lie at multiples of 16 bytes
};

// The sequence that a packed row belongs to; sequences without rows are passed over.
WEIR_DEVICE int sequence_of(const BatchRows& batch, int row) {
    int low = 0, high = batch.sequences;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        (batch.offsets[middle] <= row ? low : high) = middle;
    }
    return low;
}

// Keys that a row sees: from .. to - 1.
struct Seen {
    int from, to;
    WEIR_DEVICE bool has(int key) const { return key >= from && key < to; }
};

WEIR_DEVICE Seen seen_at(int position, int window, int capacity) {
    int to = least(position + 1, capacity);
    return {window > 0 ? most(0, position + 1 - window) : 0, to};
}

// Query rows of one sequence and one key head that a block works on: (token, head of the group), the head running
// fastest, so that heads which share their keys share the reading of them.
struct RowTile {
    int sequence;
    int head;    // of keys
    int length;  // tokens of the sequence in the batch
    int start;   // position of the first of them
    int offset;  // packed row of the first of them
    int first;   // first row of the tile, counted from there
    int count;   // rows; 0 where the grid has more tiles than the batch

    WEIR_DEVICE int position(int row, int group) const { return start + (first + row) / group; }
};

// The tile of a number: each sequence's rows are cut into tiles of so many. Every lane of a warp must call it; lanes look
// at a sequence each.
WEIR_DEVICE RowTile tile_of(const BatchRows& batch, int group, int height, int index, int head) {
    for (int s = lane(); s - lane() < batch.sequences; s += kWarp) {
        int offset = 0, end = 0, from = 0, rows = 0;
        if (s < batch.sequences) {
            offset = batch.offsets[s];
            end = batch.offsets[s + 1];
            from = most(offset, batch.first);
            rows = most(least(end, batch.first + batch.count) - from, 0) * group;
        }
        int tiles = ceil_div(rows, height);
        int through = tiles;
#pragma unroll
        for (int step = 1; step < kWarp; step *= 2) {
            int before = __shfl_up_sync(kAllLanes, through, step);
            through += lane() >= step ? before : 0;
        }
        unsigned owner = __ballot_sync(kAllLanes, index >= through - tiles && index < through);
        if (owner != 0) {
            int source = __ffs(owner) - 1;
            int skipped = (index - (through - tiles)) * height;
            int first = (from - offset) * group + skipped;
            RowTile tile;
            tile.sequence = s - lane() + source;
            tile.head = head;
            tile.start = batch.starts[tile.sequence];
            tile.length = __shfl_sync(kAllLanes, end - offset, source);
            tile.offset = __shfl_sync(kAllLanes, offset, source);
            tile.first = __shfl_sync(kAllLanes, first, source);
            tile.count = __shfl_sync(kAllLanes, least(rows - skipped, height), source);
            return tile;
        }
        index -= __shfl_sync(kAllLanes, through, kWarp - 1);
    }
    return {};
}

// Maps of scores or weights. With a stride: [row of the batch, from its first on][head][stride]. Without one: flat, as
// AttentionMap.cs lays them out, each sequence [head, length, end].
struct MapView {
    float* data;
    int64_t stride;
};

// The map of one sequence. Every lane of a warp must call it.
struct SequenceMap {
    float* data;
    int64_t head_step, token_step;
    int keys;  // of a row; 0 in a map with a stride, whose rows are read and written only where they are seen

    WEIR_DEVICE float* row(int head, int token) const { return data + head * head_step + token * token_step; }
};

WEIR_DEVICE SequenceMap map_of(const MapView& map, const BatchRows& batch, int heads, int sequence) {
    int offset = batch.offsets[sequence];
    if (map.stride != 0) {
        return {map.data + static_cast<int64_t>(offset - batch.first) * heads * map.stride, map.stride, heads * map.stride, 0};
    }
    int64_t before = 0;
    for (int s = lane(); s < sequence; s += kWarp) {
        int64_t length = batch.offsets[s + 1] - batch.offsets[s];
        before += heads * length * (batch.starts[s] + length);
    }
    int length = batch.offsets[sequence + 1] - offset;
    int end = batch.starts[sequence] + length;
    return {map.data + warp_reduce(before, Sum()), static_cast<int64_t>(length) * end, end, end};
}

// Scores on tensor cores, in the exponent of two: scale and cap as the special function unit gives them.
constexpr float kLog2E = 1.4426950408889634f;

// cap tanh(scale x / cap), with tanh y = 1 - 2 / (e^2y + 1)
WEIR_DEVICE float capped(float x, float scale, float cap) {
    return fmaf(-2.0f * cap, reciprocal(power_of_two(x * (2.0f * kLog2E * scale / cap)) + 1.0f), cap);
}

// A key that a row does not see has weight 0, but 0 times what is no finite number is none. Where some row does not see
// some key, such values are taken out of the product, and what each row sees of them is counted by a product of its own:
// 1 for infinity, 128 for minus infinity, both for NaN.
template <typename T>
struct Spoilt;
template <>
struct Spoilt<bf16> { static constexpr uint16_t infinity = 0x7f80, plus = 0x3f80, minus = 0x4300, both = 0x4301; };
template <>
struct Spoilt<f16> { static constexpr uint16_t infinity = 0x7c00, plus = 0x3c00, minus = 0x5800, both = 0x5808; };

template <typename T>
WEIR_DEVICE bool is_finite(T x) { return (x.bits & 0x7fff) < Spoilt<T>::infinity; }

template <typename T>
WEIR_DEVICE T spoilt_code(T x) {
    using S = Spoilt<T>;
    uint16_t infinite = (x.bits & 0x8000) != 0 ? S::minus : S::plus;
    return is_finite(x) ? T{0} : T{(x.bits & 0x7fff) > S::infinity ? S::both : infinite};
}

// A sum with what was counted, up to 127 of each.
WEIR_DEVICE float add_spoilt(float sum, float codes) {
    int count = static_cast<int>(codes);
    sum = count % 128 != 0 ? sum - minus_infinity() : sum;
    return count >= 128 ? sum + minus_infinity() : sum;
}

}  // namespace weir
