// What the three bodies of the lens share: from sums of products to logits, and from logits to what is kept of them.
//
// A body makes tiles of products and hands them over in chunks of 64 columns that lie in shared memory. A warp looks after
// 16 rows of a chunk, two lanes a row, 32 columns a lane, whatever the body, so that a row's bits depend on nothing else.
// All that a lane knows of its row stays with the lane until the end:
//
//  * Sums, in registers. With the level c = log2(e) max z of what the lane has met and y = log2(e) z - c: S = sum 2^y,
//    T = sum 2^y y, D = sum 2^y (z - z_ref). T and D hold differences, which keep their digits where logits are large.
//    A slice of 1,024 columns is summed up by itself: 512 terms a lane in chains of 8, then f64 (lens_finish.cu).
//  * Lists of the largest and of the smallest logits, as heaps in device memory whose root is the least of the list. A
//    logit must pass the root to be looked at again; after the first columns that is one comparison a chunk.
//  * Ranks, as counts in device memory, one addition a chunk.
//
// Instructions a logit, counted in SASS: STORE and LOAD of the chunk 0.75, maximum 1, and for the sums 5 (multiply-add,
// clamp, exponential, addition, multiply-add); the divergence takes 3.25 more, ranks 2 for each target.
#pragma once

#include "math.cuh"
#include "vector.cuh"

namespace weir {

constexpr int kLensChunk = 64;    // columns that lie in shared memory at once
constexpr int kLensSlice = 1024;  // columns that are summed up by themselves
constexpr int kLensRows = 16;     // rows that a warp looks after

struct LensArguments {
    const float* bias;  // or null
    float softcap;      // or 0
    float temperature;
    int vocabulary;
    const int* rows;        // row of the states in each slot, -1 where there is none; null where slots are rows
    const int* references;  // slot of each slot's reference within its block, or -1; null where no divergence is wanted
    int count;              // rows of the states
    int slots;
    float4* sums;            // [slot, slice, half]: c, S, T, D; or null
    uint64_t* top;           // [split, slot / 16, top_count, lane], or null
    uint64_t* bottom;        // the same with negated logits
    int* ranks;              // [split, slot / 16, target, lane], or null
    const int* targets;      // [row, target]
    float* target_logits;    // [slot, target]
    int top_count, bottom_count, target_count;
    int slices, splits;
    int group;  // row tiles that are worked on together, so that their states stay in the second-level cache
    int pick;   // columns are the targets of the tile's slots, one after another, and their logits are all that is kept
};

// What a block of threads works on: a tile of slots against some columns.
struct LensPart {
    int tile, split, begin, end;

    WEIR_DEVICE LensPart(const LensArguments& a, int tile_rows) {
        int tiles = a.slots / tile_rows, before = static_cast<int>(blockIdx.x) / (a.group * a.splits) * a.group;
        int at = static_cast<int>(blockIdx.x) - before * a.splits, together = least(a.group, tiles - before);
        tile = before + at % together;
        split = at / together;
        if (a.pick != 0) {
            begin = tile * tile_rows * a.target_count;
            end = begin + tile_rows * a.target_count;
        } else {
            begin = static_cast<int>(static_cast<int64_t>(a.slices) * split / a.splits) * kLensSlice;
            end = least(a.vocabulary, static_cast<int>(static_cast<int64_t>(a.slices) * (split + 1) / a.splits) * kLensSlice);
        }
    }
};

// Row of the states in a slot, or -1.
WEIR_DEVICE int lens_row(const LensArguments& a, int slot) {
    return a.rows != nullptr ? a.rows[slot] : slot < a.count ? slot : -1;
}

// Where four columns of a chunk lie. Units are turned by the row, so that neither eight rows of one unit nor what four
// rows of an accumulator hold of two units meet a bank twice.
WEIR_DEVICE int lens_at(int row, int unit) {
    return row * kLensChunk + (unit ^ ((row & 3) << 1 | (row >> 2 & 1))) * 4;
}

// A logit, in the order of floats (-0 as 0, NaN as -infinity), above the complement of its id: words that compare as
// (logit, lower id first). No key is 0.
WEIR_DEVICE uint64_t lens_key(float logit, int id) {
    uint32_t bits = __float_as_uint(logit != logit ? -INFINITY : logit + 0.0f);
    uint32_t ordered = bits & 0x80000000u ? ~bits : bits | 0x80000000u;
    return static_cast<uint64_t>(ordered) << 32 | ~static_cast<uint32_t>(id);
}

WEIR_DEVICE float lens_logit(uint64_t key) {
    uint32_t ordered = static_cast<uint32_t>(key >> 32);
    return __uint_as_float(ordered & 0x80000000u ? ordered ^ 0x80000000u : ~ordered);
}

WEIR_DEVICE int lens_id(uint64_t key) { return static_cast<int>(~static_cast<uint32_t>(key)); }

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
    // `block`: first slot of the rows that stand together in a chunk; `row`: this lane's in the chunk.
    WEIR_DEVICE LensLane(const LensArguments& arguments, const LensPart& part, int block, int first_row)
        : a(arguments), row_(first_row + lane() % kLensRows), slot_(block + row_) {
        int state = lens_row(a, slot_);
        live_ = __any_sync(kAllLanes, state >= 0);
        state = most(state, 0);
        targets_ = a.targets + static_cast<int64_t>(state) * a.target_count;
        reference_ = row_;
        if (a.references != nullptr && a.references[slot_] >= 0) {
            reference_ = a.references[slot_];
        }
        int64_t list = (static_cast<int64_t>(part.split) * a.slots + slot_) / kLensRows;
        top_ = {a.top + list * a.top_count * kWarp + lane(), a.top_count};
        bottom_ = {a.bottom + list * a.bottom_count * kWarp + lane(), a.bottom_count};
        ranks_ = a.ranks + list * a.target_count * kWarp + lane();
        if (a.pick == 0) {
            top_.clear();
            bottom_.clear();
            for (int i = 0; i < a.target_count && a.ranks != nullptr; i++) {
                ranks_[i * kWarp] = 0;
            }
        }
        begin_slice();
    }

    // Takes in a chunk whose first column is `first`. The caller has put products into it and waited for all who make
    // this lane's row; before it writes to the chunk again all who share references must have come back from here.
    template <typename Team>
    WEIR_DEVICE void add(float* chunk, int first, const Team& team) {
        int column = first + half() * kHalf;
        if (a.pick != 0) {
            pick(chunk, column);
            return;
        }
        if (a.bias != nullptr || a.softcap != 0 || a.temperature != 1 || first + kLensChunk > a.vocabulary) {
            finish_logits(chunk, column);
        }
        if (a.references != nullptr) {
            team.sync();
        }
        if (!live_) {
            return;
        }
        float z[kHalf];
        load(z, chunk, row_);
        float largest = z[0];
#pragma unroll
        for (int j = 1; j < kHalf; j++) {
            largest = fmaxf(largest, z[j]);
        }
        if (a.references != nullptr) {
            sum<true>(z, largest, chunk);
        } else if (a.sums != nullptr) {
            sum<false>(z, largest, chunk);
        }
        if (a.top_count != 0) {
            select<false>(top_, top_least_, z, largest, chunk, column);
        }
        if (a.bottom_count != 0) {
            float smallest = z[0];
#pragma unroll
            for (int j = 1; j < kHalf; j++) {
                smallest = fminf(smallest, z[j]);
            }
            select<true>(bottom_, bottom_least_, z, -smallest, chunk, column);
        }
        if (a.ranks != nullptr) {
            rank(z, column);
        }
    }

    // Writes the sums of a slice and begins the next.
    WEIR_DEVICE void end_slice(int slice) {
        if (a.sums != nullptr && a.pick == 0 && live_) {
            a.sums[(static_cast<int64_t>(slot_) * a.slices + slice) * 2 + half()] = make_float4(level_ * kLog2E, s_, t_, d_);
        }
        begin_slice();
    }

private:
    static constexpr int kHalf = kLensChunk / 2;
    static constexpr float kLog2E = 1.44269504f;

    const LensArguments& a;
    int row_, slot_, reference_;
    bool live_;
    float level_, s_, t_, d_;
    LensHeap top_, bottom_;
    float top_least_ = NAN, bottom_least_ = NAN;  // what a logit must pass to enter; NaN lets everything in
    const int* targets_;
    int* ranks_;

    WEIR_DEVICE int half() const { return lane() / kLensRows; }

    WEIR_DEVICE float4* unit(float* chunk, int row, int i) const {
        return reinterpret_cast<float4*>(chunk + lens_at(row, half() * (kHalf / 4) + i));
    }

    WEIR_DEVICE float value(float* chunk, int j) const {
        return reinterpret_cast<const float*>(unit(chunk, row_, j / 4))[j % 4];
    }

    WEIR_DEVICE void load(float (&z)[kHalf], float* chunk, int row) const {
#pragma unroll
        for (int i = 0; i < kHalf / 4; i++) {
            float4 v = *unit(chunk, row, i);
            z[4 * i] = v.x, z[4 * i + 1] = v.y, z[4 * i + 2] = v.z, z[4 * i + 3] = v.w;
        }
    }

    // Below -2e38 a level would leave f32 when it is multiplied.
    WEIR_DEVICE void begin_slice() {
        level_ = -2e38f;
        s_ = t_ = d_ = 0;
    }

    // Cap and temperature, with the bits of the ops.
    WEIR_DEVICE float scale(float z) const {
        if (a.softcap != 0) {
            z = a.softcap * hyperbolic_tangent(z / a.softcap);
        }
        return a.temperature == 1 ? z : z / a.temperature;
    }

    // From products to logits, in place; what is not in the vocabulary becomes -infinity.
    WEIR_DEVICE void finish_logits(float* chunk, int column) {
#pragma unroll 1
        for (int j = 0; j < kHalf; j++) {
            float* z = chunk + lens_at(row_, half() * (kHalf / 4) + j / 4) + j % 4;
            if (column + j >= a.vocabulary) {
                *z = -INFINITY;
            } else {
                *z = scale(a.bias != nullptr ? *z + a.bias[column + j] : *z);
            }
        }
    }

    WEIR_DEVICE void pick(float* chunk, int column) {
        // Column t i + j of the tile is target j of its slot i.
        int first = slot_ * a.target_count;
        for (int i = most(first, column); i < least(first + a.target_count, column + kHalf); i++) {
            float z = value(chunk, i - column);
            a.target_logits[i] = scale(a.bias != nullptr ? z + a.bias[targets_[i - first]] : z);
        }
    }

    template <bool kDivergence>
    WEIR_DEVICE void sum(const float (&z)[kHalf], float largest, float* chunk) {
        float old = level_ * kLog2E;
        level_ = fmaxf(level_, largest);
        float level = level_ * kLog2E, change = old - level, factor = power_of_two(change);
        t_ = factor == 0 ? 0.0f : factor * fmaf(change, s_, t_);
        s_ *= factor;
        d_ *= factor;
        float s[4] = {}, t[4] = {}, d[4] = {};
#pragma unroll
        for (int i = 0; i < kHalf / 4; i++) {
            float q[4];
            if (kDivergence) {
                float4 v = *unit(chunk, reference_, i);
                q[0] = v.x, q[1] = v.y, q[2] = v.z, q[3] = v.w;
            }
#pragma unroll
            for (int j = 0; j < 4; j++) {
                // The clamp keeps -infinity out of the product; 2^-200 is 0.
                float y = larger_or_nan(fmaf(z[4 * i + j], kLog2E, -level), -200.0f), e = power_of_two(y);
                s[j] += e;
                t[j] = fmaf(e, y, t[j]);
                if (kDivergence && !(e == 0)) {
                    d[j] = fmaf(e, z[4 * i + j] - q[j], d[j]);
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
    WEIR_DEVICE void select(LensHeap heap, float& least_in, const float (&z)[kHalf], float largest, float* chunk, int column) {
        if (!__any_sync(kAllLanes, !(largest <= least_in))) {
            return;
        }
        uint32_t entering = 0;
#pragma unroll
        for (int j = 0; j < kHalf; j++) {
            entering |= !((kNegated ? -z[j] : z[j]) <= least_in) ? 1u << j : 0u;
        }
        int left = a.vocabulary - column;
        if (left < kHalf) {
            entering &= left > 0 ? (1u << left) - 1 : 0;
        }
        uint64_t root = heap.keys[0];
        while (entering != 0) {
            int j = __ffs(static_cast<int>(entering)) - 1;
            entering &= entering - 1;
            float v = value(chunk, j);
            uint64_t key = lens_key(kNegated ? -v : v, column + j);
            if (key > root) {
                root = heap.replace_root(key);
            }
        }

        // What the other half's list would refuse the row does not need either.
        float own = root == 0 ? NAN : lens_logit(root);
        least_in = fmaxf(least_in, fmaxf(own, __shfl_xor_sync(kAllLanes, own, kLensRows)));
    }

    // Counts the logits before each target's: larger ones, and before it in the vocabulary equal ones too.
    WEIR_DEVICE void rank(const float (&z)[kHalf], int column) {
#pragma unroll 1
        for (int i = 0; i < a.target_count; i++) {
            float target = a.target_logits[static_cast<int64_t>(slot_) * a.target_count + i];
            int equal = targets_[i] - column, before = 0;
            if (equal <= 0) {
#pragma unroll
                for (int j = 0; j < kHalf; j++) {
                    before += z[j] > target;
                }
            } else {
#pragma unroll
                for (int j = 0; j < kHalf; j++) {
                    before += z[j] > target || (z[j] == target && j < equal);
                }
            }
            ranks_[i * kWarp] += before;
        }
    }
};

}  // namespace weir
