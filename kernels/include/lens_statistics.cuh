// What the three bodies of the lens share: from sums of products to logits, and from logits to what is kept of them.
//
// A body makes tiles of products and hands them over in chunks of 64 columns that lie in shared memory. A warp looks after
// 16 rows of a chunk, two lanes a row, 32 columns a lane, whatever the body, so that a row's bits depend on nothing else.
// All that a lane knows of its row stays with the lane until the end:
//
//  * Sums, in registers. With the level c = log2(e) max z of what the lane has met, y = log2(e) z - c, and y_ref the same
//    of the reference's row: S = sum 2^y, T = sum 2^y y, D = sum 2^y (y - y_ref). They keep their digits where logits are
//    large, and D also where both rows are sure of one token, on different levels. A slice of 1,024 columns is summed up
//    by itself: 512 terms a lane in chains of 8, then f64 (lens_finish.cu).
//  * Lists of the largest and of the smallest logits, as heaps in device memory whose root is the least of the list. A
//    logit must pass the root to be looked at again; after the first columns that is one comparison a chunk.
//  * Ranks, as counts in device memory, one addition a chunk.
//
// Instructions a logit, counted in SASS: to write and read it in a chunk 1.7, with addresses, for the maximum 1, for the
// sums 5.8 (multiply-add, clamp, exponential, addition, multiply-add); the divergence takes 5.5 more, a target's rank 2.
#pragma once

#include "logit_key.cuh"
#include "math.cuh"
#include "vector.cuh"

namespace weir {

constexpr int kLensChunk = 64;    // columns that lie in shared memory at once
constexpr int kLensSlice = 1024;  // columns that are summed up by themselves
constexpr int kLensRows = 16;     // rows that a warp looks after
constexpr float kLensLog2E = 1.44269504f;

struct LensArguments {
    const float* bias;  // or null
    float softcap;      // or 0
    float temperature;
    int vocabulary;
    const int* rows;        // row of the states in each slot, -1 where there is none; null where slots are rows
    const int* references;  // slot of each slot's reference, or -1 for a guest; null where no divergence is wanted
    int first, count;       // where slots are rows: slot 0 is row `first` of so many
    int slots;
    float4* sums;            // [slot, slice, half]: c, S, T, D; or null
    uint64_t* top;           // [split, slot / 16, top_length, lane], or null
    uint64_t* bottom;        // the same with negated logits
    int* ranks;              // [split, slot / 16, target, lane], or null
    const int* targets;      // [row, target]
    float* target_logits;    // [slot, target]
    int top_length, bottom_length, target_count;
    int slices, splits;
    int group;  // row tiles that are worked on together, so that their states stay in the second-level cache
    int pick;   // columns are the targets of the tile's slots, one after another, and their logits are all that is kept
};

// What a block of threads works on: a tile of slots against some columns.
struct LensPart {
    int tile, split, begin, end;
};

WEIR_DEVICE LensPart lens_part(const LensArguments& a, int tile_rows) {
    int tiles = a.slots / tile_rows, before = static_cast<int>(blockIdx.x) / (a.group * a.splits) * a.group;
    int at = static_cast<int>(blockIdx.x) - before * a.splits, together = least(a.group, tiles - before);
    int tile = before + at % together, split = at / together;
    if (a.pick != 0) {
        int columns = tile_rows * a.target_count;
        return {tile, split, tile * columns, (tile + 1) * columns};
    }
    int begin = static_cast<int>(static_cast<int64_t>(a.slices) * split / a.splits) * kLensSlice;
    int end = static_cast<int>(static_cast<int64_t>(a.slices) * (split + 1) / a.splits) * kLensSlice;
    return {tile, split, begin, least(a.vocabulary, end)};
}

// Row of the states in a slot, or -1.
WEIR_DEVICE int lens_row(const LensArguments& a, int slot) {
    return a.rows != nullptr ? a.rows[slot] : a.first + slot < a.count ? a.first + slot : -1;
}

// Where four columns of a chunk lie. Units are turned by the row, so that neither eight rows of one unit nor what four
// rows of an accumulator hold of two units meet a bank twice.
WEIR_DEVICE int lens_at(int row, int unit) {
    return row * kLensChunk + (unit ^ ((row & 3) << 1 | (row >> 2 & 1))) * 4;
}

// The largest keys that a lane has met: a heap with the least of them at its root. Those of a warp's lanes alternate.
struct LensHeap {
    uint64_t* keys;
    int count;

    WEIR_DEVICE void clear() {
        for (int i = 0; i < count; i++) {
            keys[i * kWarp] = 0;
        }
    }

    // Puts a key in the root's place and lets it sink; returns the new root.
    WEIR_DEVICE uint64_t replace_root(uint64_t key) {
        int at = 0;
        for (int child = 1; child < count; child = 2 * at + 1) {
            uint64_t least_child = keys[child * kWarp];
            if (child + 1 < count && keys[(child + 1) * kWarp] < least_child) {
                child++;
                least_child = keys[child * kWarp];
            }
            if (key <= least_child) {
                break;
            }
            keys[at * kWarp] = least_child;
            at = child;
        }
        keys[at * kWarp] = key;
        return keys[0];
    }
};

// One lane's half of the chunks of one row.
class LensLane {
public:
    // `block`: first slot of the rows that stand together in a chunk; `first_row`: the warp's first in the chunk.
    WEIR_DEVICE void begin(const LensArguments& a, const LensPart& part, int block, int first_row) {
        slot_ = block + first_row + lane() % kLensRows;
        own_ = reference_ = at(slot_ - block);
        live_ = __any_sync(kAllLanes, lens_row(a, slot_) >= 0);
        if (a.references != nullptr && a.references[slot_] >= 0) {
            reference_ = at(a.references[slot_] - block);
        }
        top_least_ = bottom_least_ = NAN;
        list_ = static_cast<int>((static_cast<int64_t>(part.split) * a.slots + slot_) / kLensRows);
        if (a.pick == 0) {
            heap<false>(a).clear();
            heap<true>(a).clear();
            for (int i = 0; i < a.target_count && a.ranks != nullptr; i++) {
                *before(a, i) = 0;
            }
        }
        begin_slice();
    }

    // Makes logits of the products in a chunk whose first column is `first`. Before, all who make this lane's row have
    // written and waited; after it, and before `add`, so must all who share references where there are any.
    WEIR_DEVICE void prepare(const LensArguments& a, float* chunk, int first) {
        bool changes = a.bias != nullptr || a.softcap != 0 || a.temperature != 1 || first + kLensChunk > a.vocabulary;
        if (a.pick == 0 && changes) {
            finish_logits(a, chunk, first + half() * kHalf);
        }
    }

    // Takes the chunk in.
    WEIR_DEVICE void add(const LensArguments& a, float* chunk, int first) {
        int column = first + half() * kHalf;
        if (a.pick != 0) {
            pick(a, chunk, column);
            return;
        }
        if (!live_) {
            return;
        }
        float largest = extreme(chunk, own_, [](float x, float y) { return fmaxf(x, y); });
        if (a.references != nullptr) {
            sum<true>(chunk, largest);
        } else if (a.sums != nullptr) {
            sum<false>(chunk, largest);
        }
        if (a.top_length != 0) {
            select<false>(a, top_least_, chunk, largest, column);
        }
        if (a.bottom_length != 0) {
            select<true>(a, bottom_least_, chunk, -extreme(chunk, own_, [](float x, float y) { return fminf(x, y); }), column);
        }
        if (a.ranks != nullptr) {
            rank(a, chunk, column);
        }
    }

    // Writes the sums of a slice and begins the next.
    WEIR_DEVICE void end_slice(const LensArguments& a, int slice) {
        if (a.sums != nullptr && a.pick == 0 && live_) {
            a.sums[(static_cast<int64_t>(slot_) * a.slices + slice) * 2 + half()] = make_float4(level_ * kLensLog2E, s_, t_, d_);
        }
        begin_slice();
    }

private:
    static constexpr int kHalf = kLensChunk / 2;

    int slot_, own_, reference_;  // the latter where this half of the own row and of the reference's begins
    int list_;
    bool live_;
    float level_, reference_level_, s_, t_, d_;
    float top_least_, bottom_least_;  // what a logit must pass to enter; NaN lets everything in

    WEIR_DEVICE static int half() { return lane() / kLensRows; }

    WEIR_DEVICE static int at(int row) { return lens_at(row, half() * (kHalf / 4)); }

    // Four columns of a half that begins there.
    WEIR_DEVICE static float4 four(const float* chunk, int begin, int i) { return *reinterpret_cast<const float4*>(chunk + (begin ^ i * 4)); }

    WEIR_DEVICE float& logit(float* chunk, int j) const { return chunk[(own_ ^ (j & ~3)) + j % 4]; }

    template <bool kNegated>
    WEIR_DEVICE LensHeap heap(const LensArguments& a) const {
        int length = kNegated ? a.bottom_length : a.top_length;
        return {(kNegated ? a.bottom : a.top) + static_cast<int64_t>(list_) * length * kWarp + lane(), length};
    }

    WEIR_DEVICE const int* targets(const LensArguments& a) const {
        return a.targets + static_cast<int64_t>(most(lens_row(a, slot_), 0)) * a.target_count;
    }

    WEIR_DEVICE int* before(const LensArguments& a, int target) const { return a.ranks + (static_cast<int64_t>(list_) * a.target_count + target) * kWarp + lane(); }

    // Below -2e38 a level would leave f32 when it is multiplied.
    WEIR_DEVICE void begin_slice() {
        level_ = reference_level_ = -2e38f;
        s_ = t_ = d_ = 0;
    }

    // Cap and temperature, with the bits of the ops.
    WEIR_DEVICE static float scale(const LensArguments& a, float z) {
        if (a.softcap != 0) {
            z = a.softcap * hyperbolic_tangent(z / a.softcap);
        }
        return a.temperature == 1 ? z : z / a.temperature;
    }

    // From products to logits, in place; what is not in the vocabulary becomes -infinity.
    WEIR_DEVICE void finish_logits(const LensArguments& a, float* chunk, int column) {
#pragma unroll 1
        for (int j = 0; j < kHalf; j++) {
            float& z = logit(chunk, j);
            z = column + j >= a.vocabulary ? -INFINITY : scale(a, a.bias != nullptr ? z + a.bias[column + j] : z);
        }
    }

    WEIR_DEVICE void pick(const LensArguments& a, float* chunk, int column) {
        // Column t i + j of all is target j of slot i.
        int first = slot_ * a.target_count;
        for (int i = most(first, column); i < least(first + a.target_count, column + kHalf); i++) {
            float z = logit(chunk, i - column);
            a.target_logits[i] = scale(a, a.bias != nullptr ? z + a.bias[targets(a)[i - first]] : z);
        }
    }

    template <typename Better>
    WEIR_DEVICE static float extreme(const float* chunk, int begin, Better better) {
        float4 v = four(chunk, begin, 0);
#pragma unroll
        for (int i = 1; i < kHalf / 4; i++) {
            float4 w = four(chunk, begin, i);
            v = make_float4(better(v.x, w.x), better(v.y, w.y), better(v.z, w.z), better(v.w, w.w));
        }
        return better(better(v.x, v.y), better(v.z, v.w));
    }

    // Raises a level; returns by how much, in powers of two, what is counted from it falls.
    WEIR_DEVICE static float raise(float& level, float largest) {
        float old = level * kLensLog2E;
        level = fmaxf(level, largest);
        return old - level * kLensLog2E;
    }

    template <bool kDivergence>
    WEIR_DEVICE void sum(const float* chunk, float largest) {
        float change = raise(level_, largest), factor = power_of_two(change);
        if (kDivergence) {
            float of_reference = raise(reference_level_, extreme(chunk, reference_, [](float x, float y) { return fmaxf(x, y); }));
            d_ = factor == 0 ? 0.0f : factor * fmaf(change - of_reference, s_, d_);
        }
        t_ = factor == 0 ? 0.0f : factor * fmaf(change, s_, t_);
        s_ *= factor;
        float level = level_ * kLensLog2E, reference_level = reference_level_ * kLensLog2E;
        float s[4] = {}, t[4] = {}, d[4] = {};
#pragma unroll
        for (int i = 0; i < kHalf / 4; i++) {
            float4 z4 = four(chunk, own_, i), q4 = kDivergence ? four(chunk, reference_, i) : z4;
            float z[4] = {z4.x, z4.y, z4.z, z4.w}, q[4] = {q4.x, q4.y, q4.z, q4.w};
#pragma unroll
            for (int j = 0; j < 4; j++) {
                // The clamp keeps -infinity out of the product; 2^-200 is 0.
                float y = larger_or_nan(fmaf(z[j], kLensLog2E, -level), -200.0f), e = power_of_two(y);
                s[j] += e;
                t[j] = fmaf(e, y, t[j]);
                if (kDivergence && !(e == 0)) {
                    d[j] = fmaf(e, y - fmaf(q[j], kLensLog2E, -reference_level), d[j]);
                }
            }
        }
        s_ += (s[0] + s[1]) + (s[2] + s[3]);
        t_ += (t[0] + t[1]) + (t[2] + t[3]);
        if (kDivergence) {
            d_ += (d[0] + d[1]) + (d[2] + d[3]);
        }
    }

    // Offers what passes the least of a list. Columns come in their order, so an equal logit comes too late.
    template <bool kNegated>
    WEIR_DEVICE void select(const LensArguments& a, float& least_in, float* chunk, float largest, int column) {
        if (!__any_sync(kAllLanes, !(largest <= least_in))) {
            return;
        }
        LensHeap list = heap<kNegated>(a);
        uint64_t root = list.keys[0];
#pragma unroll 1
        for (int j = 0; j < least(kHalf, a.vocabulary - column); j++) {
            float z = kNegated ? -logit(chunk, j) : logit(chunk, j);
            if (!(z <= least_in)) {
                uint64_t key = logit_key(z, column + j);
                if (key > root) {
                    root = list.replace_root(key);
                    least_in = root == 0 ? least_in : fmaxf(least_in, key_logit(root));
                }
            }
        }

        // What the other half's list would refuse the row does not need either.
        least_in = fmaxf(least_in, __shfl_xor_sync(kAllLanes, least_in, kLensRows));
    }

    // Counts the logits before each target's: larger ones, and before it in the vocabulary equal ones too.
    WEIR_DEVICE void rank(const LensArguments& a, const float* chunk, int column) {
#pragma unroll 1
        for (int i = 0; i < a.target_count; i++) {
            float target = a.target_logits[static_cast<int64_t>(slot_) * a.target_count + i];
            int equal = targets(a)[i] - column, count = 0;
            auto add = [&](float z, int j) { count += z > target || (z == target && j < equal); };
#pragma unroll
            for (int j = 0; j < kHalf; j += 4) {
                float4 z = four(chunk, own_, j / 4);
                add(z.x, j), add(z.y, j + 1), add(z.z, j + 2), add(z.w, j + 3);
            }
            *before(a, i) += count;
        }
    }
};

}  // namespace weir
