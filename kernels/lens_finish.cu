// The end of a lens: what lens.cu, lens_mma.cu or lens_hopper.cu have left of each row becomes its results, see IOps.Lens.
//
// A block a slot. Its first warp merges the sums of the slices in f64, in an order that the number of slices gives:
// log-sum-exp = (c + log2 S) / log2(e), entropy = ln 2 (log2 S - T / S), divergence = ln 2 (D / S - log2 S + log2 S_ref),
// which is 0 for equal rows. Then the whole block takes the largest of all lists' keys, k times; a thread looks through its
// own keys again only when it has given the largest. Bytes: 32 a slice and 16 k a split and row; for 16,384 rows of Llama's
// vocabulary 67 MB of sums, 16 microseconds.
#include "include/lens_statistics.cuh"
#include "include/reduce.cuh"

// A matrix of results, or null.
template <typename T>
struct LensResult {
    T* rows;
    int64_t stride;

    WEIR_DEVICE T* row(int i) const { return rows + i * stride; }
};

struct LensFinishArguments {
    weir::LensArguments lens;
    float* log_sum_exp;  // results may be null
    float* entropy;
    float* divergence;
    LensResult<int> top_ids, bottom_ids, ranks;
    LensResult<float> top, bottom, targets;
    int top_count, bottom_count;  // k; the lists may be shorter
};

namespace weir {

constexpr double kLn2 = 0.693147180559945309;

// Sums of a row over the whole vocabulary.
struct LensSums {
    double level, log2_s, t, d;  // T and D divided by S
};

// The sums of a slot, D's with a reference. By a whole warp.
WEIR_DEVICE LensSums merge(const LensArguments& a, int slot, int reference) {
    const float4 *parts = a.sums + static_cast<int64_t>(slot) * a.slices * 2, *others = a.sums + static_cast<int64_t>(reference) * a.slices * 2;
    float level = -INFINITY, other_level = -INFINITY;
    for (int i = lane(); i < a.slices * 2; i += kWarp) {
        level = most(level, parts[i].x);
        other_level = most(other_level, others[i].x);
    }
    level = warp_reduce(level, Maximum());
    other_level = warp_reduce(other_level, Maximum());
    double s = 0, t = 0, d = 0;
    for (int i = lane(); i < a.slices * 2; i += kWarp) {
        float4 p = parts[i];
        double change = static_cast<double>(p.x) - level, of_other = static_cast<double>(others[i].x) - other_level;
        double factor = exp2(change);
        s += factor * p.y;
        t += factor == 0 ? 0 : factor * (p.z + change * p.y);
        d += factor == 0 ? 0 : factor * (p.w + (change - of_other) * p.y);
    }
    s = warp_reduce(s, Sum());
    t = warp_reduce(t, Sum());
    d = warp_reduce(d, Sum());
    return {level, log2(s), t / s, d / s};
}

// The keys of a row's lists, one after another.
struct LensKeys {
    const uint64_t* first;
    int64_t split_stride;
    int count, lists;

    WEIR_DEVICE LensKeys(const LensArguments& a, const uint64_t* keys, int of_a_list, int slot)
        : first(keys + (static_cast<int64_t>(slot / kLensRows) * of_a_list * kWarp + slot % kLensRows)),
          split_stride(static_cast<int64_t>(a.slots / kLensRows) * of_a_list * kWarp),
          count(of_a_list),
          lists(2 * a.splits) {}

    WEIR_DEVICE uint64_t operator[](int i) const {
        int list = i / count;
        return first[list / 2 * split_stride + list % 2 * kLensRows + static_cast<int64_t>(i % count) * kWarp];
    }

    // The largest of this thread's keys below a limit.
    WEIR_DEVICE uint64_t largest_below(uint64_t limit) const {
        uint64_t largest = 0;
        for (int i = threadIdx.x; i < count * lists; i += blockDim.x) {
            uint64_t key = (*this)[i];
            largest = key < limit ? most(largest, key) : largest;
        }
        return largest;
    }
};

WEIR_DEVICE void write_list(LensKeys keys, int k, float sign, double log_sum_exp, LensResult<int> ids, LensResult<float> logs, int row) {
    uint64_t own = keys.largest_below(~uint64_t{0});
    for (int i = 0; i < k; i++) {
        uint64_t largest = block_reduce(own, Maximum());
        if (own == largest) {
            own = keys.largest_below(largest);
        }
        if (threadIdx.x == 0 && ids.rows != nullptr) {
            ids.row(row)[i] = key_id(largest);
        }
        if (threadIdx.x == 0 && logs.rows != nullptr) {
            logs.row(row)[i] = static_cast<float>(sign * static_cast<double>(key_logit(largest)) - log_sum_exp);
        }
    }
}

}  // namespace weir

WEIR_KERNEL(lens_finish, LensFinishArguments, 256) {
    using namespace weir;
    const weir::LensArguments& l = a.lens;
    int slot = blockIdx.x, row = lens_row(l, slot), reference = l.references != nullptr ? l.references[slot] : slot;
    if (row < 0 || reference < 0) {
        return;
    }
    WEIR_SHARED(double, shared_log_sum_exp);
    if (warp() == 0 && l.sums != nullptr) {
        LensSums sums = merge(l, slot, reference);
        double log_sum_exp = (sums.level + sums.log2_s) / static_cast<double>(kLensLog2E), divergence = 0;
        if (a.divergence != nullptr) {
            divergence = kLn2 * (sums.d - sums.log2_s + merge(l, reference, reference).log2_s);
        }
        if (lane() == 0) {
            shared_log_sum_exp = log_sum_exp;
            if (a.log_sum_exp != nullptr) {
                a.log_sum_exp[row] = static_cast<float>(log_sum_exp);
            }
            if (a.entropy != nullptr) {
                a.entropy[row] = static_cast<float>(kLn2 * (sums.log2_s - sums.t));
            }
            if (a.divergence != nullptr) {
                a.divergence[row] = static_cast<float>(divergence < 0 ? 0 : divergence);
            }
        }
    }
    __syncthreads();
    double log_sum_exp = l.sums != nullptr ? shared_log_sum_exp : 0;
    if (l.top_length != 0) {
        write_list(LensKeys(l, l.top, l.top_length, slot), a.top_count, 1, log_sum_exp, a.top_ids, a.top, row);
    }
    if (l.bottom_length != 0) {
        write_list(LensKeys(l, l.bottom, l.bottom_length, slot), a.bottom_count, -1, log_sum_exp, a.bottom_ids, a.bottom, row);
    }
    for (int i = threadIdx.x; i < l.target_count; i += blockDim.x) {
        if (a.targets.rows != nullptr) {
            a.targets.row(row)[i] = static_cast<float>(l.target_logits[static_cast<int64_t>(slot) * l.target_count + i] - log_sum_exp);
        }
        if (l.ranks != nullptr) {
            int rank = 0;
            for (int list = 0; list < 2 * l.splits; list++) {
                int64_t at = (static_cast<int64_t>(list / 2) * l.slots + slot) / kLensRows * l.target_count + i;
                rank += l.ranks[at * kWarp + slot % kLensRows + list % 2 * kLensRows];
            }
            a.ranks.row(row)[i] = rank;
        }
    }
}
