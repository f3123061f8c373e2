// One token a row, see IOps.Sample: temperature, top-k, top-p, and the inverse of the cumulative distribution in order of
// decreasing logit, the lower id first where equal.
//
// Nothing is sorted. A token's mass is 2^44 e^((z - top) / temperature), rounded down to an integer: sums are exact in any
// order, and so is the result. All three limits are the same question, at which token, in order, a count or a mass is
// reached; with the distance x = log2(e) (top - z) / temperature the answer's neighbourhood comes from a histogram over x,
// and the tokens of its one bucket are looked at themselves.
//
// A block a row. It reads the row once for the top and, where a draw is wanted, once for the histogram of the tokens with
// x < 16 and the sum of all, and once for each limit; the rest of the row, masses below 2^28, gets a histogram only when a
// limit lies there. A bucket of more than 1,024 tokens (ties, or a row that is nearly flat) is divided again by its keys.
// Bytes: 4 a logit; rows come from the second-level cache when they are read again. A block can read some 64 bytes a clock:
// for 128,256 logits 8,000 clocks to be greedy, 5 microseconds, and some 30,000 to draw, of which the histogram's 15
// instructions a logit are half.
#include "include/logit_key.cuh"
#include "include/math.cuh"
#include "include/reduce.cuh"
#include "include/vector.cuh"

struct SampleOptions {
    float temperature;
    int top_k;
    float top_p;
    double uniform;
};

struct SampleArguments {
    const float* logits;
    const SampleOptions* options;
    int* ids;
    int64_t stride;
    int vocabulary, wide;
};

namespace weir {

constexpr int kSampleBuckets = 2048, kSampleList = 1024, kSampleThreads = 1024;
constexpr float kSampleNear = 16, kSampleFar = 44;  // beyond, masses are 0

// Tokens up to a place in the order.
struct SamplePlace {
    uint64_t key;  // of the last of them
    uint64_t mass;
    uint32_t count;
};

struct SampleShared {
    uint32_t mass_low[kSampleBuckets], mass_high[kSampleBuckets], count[kSampleBuckets];
    uint64_t keys[kSampleList];
    uint64_t mass[kSampleThreads];  // of a key of the list, or of a thread's buckets
    uint32_t counts[kSampleThreads];
    uint32_t listed;
    int bucket;
    SamplePlace place;
};

WEIR_DEVICE int bits_of(uint64_t x) {
    int high = static_cast<int>(x >> 32);
    return high != 0 ? 64 - __clz(high) : 32 - __clz(static_cast<int>(x));
}

// Draws from the block's row. All threads of the block call everything.
class Sampler {
public:
    WEIR_DEVICE Sampler(SampleShared& shared, const SampleArguments& a)
        : s_(shared), z_(a.logits + blockIdx.x * a.stride), vocabulary_(a.vocabulary), wide_(a.wide != 0) {}

    WEIR_DEVICE int draw(const SampleOptions& o) {
        uint64_t first = largest();
        top_ = key_logit(first);
        if (top_ == -INFINITY) {
            return -1;
        }
        if (o.temperature == 0 || o.top_k == 1 || top_ == INFINITY) {
            return key_id(first);
        }
        per_logit_ = fminf(1.44269504f / o.temperature, 3e38f);
        uint64_t mass = load(0, kSampleNear);
        if (o.top_k > 0) {
            uint32_t k = static_cast<uint32_t>(o.top_k);
            mass = least_place(mass, [=](uint32_t count, uint64_t) { return count >= k; }).mass;
        }
        if (o.top_p < 1) {
            double goal = static_cast<double>(o.top_p) * static_cast<double>(mass);
            mass = least_place(mass, [=](uint32_t, uint64_t sum) { return sum >= mass || (sum > 0 && static_cast<double>(sum) >= goal); }).mass;
        }
        double goal = o.uniform * static_cast<double>(mass);
        return key_id(least_place(mass, [=](uint32_t, uint64_t sum) { return sum >= mass || static_cast<double>(sum) > goal; }).key);
    }

private:
    SampleShared& s_;
    const float* z_;
    int vocabulary_;
    bool wide_;
    float top_, per_logit_;
    float begin_, end_;  // the histogram is that of the tokens with begin_ <= x < end_

    // Goes through the logits that are numbers above -infinity.
    template <typename Take>
    WEIR_DEVICE void each(Take take) const {
        constexpr int kUnits = 4;
        for (int first = threadIdx.x * 4; first < vocabulary_; first += kUnits * 4 * blockDim.x) {
            float4 v[kUnits];
#pragma unroll
            for (int u = 0; u < kUnits; u++) {
                int i = first + u * 4 * blockDim.x;
                v[u] = load4(z_ + i, wide_, vocabulary_ - i);
            }
#pragma unroll
            for (int u = 0; u < kUnits; u++) {
                int i = first + u * 4 * blockDim.x;
                float z[4] = {v[u].x, v[u].y, v[u].z, v[u].w};
#pragma unroll
                for (int j = 0; j < 4; j++) {
                    if (i + j < vocabulary_ && z[j] > -INFINITY) {
                        take(z[j], i + j);
                    }
                }
            }
        }
    }

    WEIR_DEVICE uint64_t largest() const {
        float best = -INFINITY;
        int id = 0;
        each([&](float z, int i) {
            if (z > best) {
                best = z;
                id = i;
            }
        });
        return block_reduce(logit_key(best, id), Maximum());
    }

    WEIR_DEVICE float distance(float z) const { return (top_ - z) * per_logit_; }

    WEIR_DEVICE static uint64_t mass_at(float x) { return static_cast<uint64_t>(power_of_two(-x) * 17592186044416.0f); }

    WEIR_DEVICE int bucket(float x) const {
        return static_cast<int>(fminf((x - begin_) * (kSampleBuckets / (end_ - begin_)), kSampleBuckets - 1));
    }

    WEIR_DEVICE void clear() {
        __syncthreads();
        for (int i = threadIdx.x; i < kSampleBuckets; i += blockDim.x) {
            s_.mass_low[i] = s_.mass_high[i] = s_.count[i] = 0;
        }
        __syncthreads();
    }

    WEIR_DEVICE void count(int bucket, uint64_t mass) {
        uint32_t low = static_cast<uint32_t>(mass), high = static_cast<uint32_t>(mass >> 32);
        high += atomicAdd(&s_.mass_low[bucket], low) > ~low ? 1 : 0;
        if (high != 0) {
            atomicAdd(&s_.mass_high[bucket], high);
        }
        atomicAdd(&s_.count[bucket], 1u);
    }

    WEIR_DEVICE uint64_t mass_of(int bucket) const { return static_cast<uint64_t>(s_.mass_high[bucket]) << 32 | s_.mass_low[bucket]; }

    // Makes the histogram of a range of x; returns the mass of all tokens.
    WEIR_DEVICE uint64_t load(float begin, float end) {
        begin_ = begin;
        end_ = end;
        clear();
        uint64_t all = 0;
        each([&](float z, int) {
            float x = distance(z);
            uint64_t mass = mass_at(x);
            all += mass;
            if (x >= begin_ && x < end_) {
                count(bucket(x), mass);
            }
        });
        return block_reduce(all, Sum());
    }

    // The first bucket with which a limit is reached, and in s_.place what lies before it; -1, and all, where there is none.
    template <typename Reached>
    WEIR_DEVICE int search(SamplePlace before, Reached reached) {
        int own = ceil_div(kSampleBuckets, blockDim.x), first = threadIdx.x * own;
        uint64_t mass = 0;
        uint32_t count = 0;
        for (int i = first; i < least(first + own, kSampleBuckets); i++) {
            mass += mass_of(i);
            count += s_.count[i];
        }
        s_.mass[threadIdx.x] = mass;
        s_.counts[threadIdx.x] = count;
        __syncthreads();
        if (warp() == 0) {
            // A lane adds up some threads, then one lane knows that the place is among its own.
            int threads = blockDim.x / kWarp, thread = lane() * threads;
            mass = count = 0;
            for (int i = 0; i < threads; i++) {
                mass += s_.mass[thread + i];
                count += s_.counts[thread + i];
            }
            for (int offset = 1; offset < kWarp; offset *= 2) {
                uint64_t m = __shfl_up_sync(kAllLanes, mass, offset);
                uint32_t c = __shfl_up_sync(kAllLanes, count, offset);
                mass += lane() >= offset ? m : 0;
                count += lane() >= offset ? c : 0;
            }
            before.mass += mass;
            before.count += count;
            uint32_t lanes = __ballot_sync(kAllLanes, reached(before.count, before.mass));
            if (lanes == 0 && lane() == kWarp - 1) {
                s_.bucket = -1;
                s_.place = before;
            }
            if (lanes != 0 && lane() == __ffs(static_cast<int>(lanes)) - 1) {
                int bucket = least((thread + threads) * own, kSampleBuckets);
                do {
                    bucket--;
                    before.mass -= mass_of(bucket);
                    before.count -= s_.count[bucket];
                } while (reached(before.count, before.mass));
                s_.bucket = bucket;
                s_.place = before;
            }
        }
        __syncthreads();
        return s_.bucket;
    }

    // The token, of at most kSampleList that `among` holds for, with which a limit is reached.
    template <typename Reached, typename Among>
    WEIR_DEVICE SamplePlace pick(SamplePlace before, Reached reached, Among among) {
        if (threadIdx.x == 0) {
            s_.listed = 0;
        }
        __syncthreads();
        each([&](float z, int id) {
            if (among(z, id)) {
                uint32_t i = atomicAdd(&s_.listed, 1u);
                s_.keys[i] = logit_key(z, id);
                s_.mass[i] = mass_at(distance(z));
            }
        });
        __syncthreads();
        uint32_t listed = s_.listed;
        for (uint32_t i = threadIdx.x; i < listed; i += blockDim.x) {
            SamplePlace place = {s_.keys[i], before.mass, before.count};
            for (uint32_t j = 0; j < listed; j++) {
                place.mass += s_.keys[j] >= place.key ? s_.mass[j] : 0;
                place.count += s_.keys[j] >= place.key;
            }
            if (reached(place.count, place.mass) && !reached(place.count - 1, place.mass - s_.mass[i])) {
                s_.place = place;
            }
        }
        __syncthreads();
        return s_.place;
    }

    // The first place in the order at which a limit is reached; the end, with this mass, where it never is.
    template <typename Reached>
    WEIR_DEVICE SamplePlace least_place(uint64_t mass, Reached reached) {
        if (begin_ != 0) {
            load(0, kSampleNear);
        }
        SamplePlace before = {};
        int found = search(before, reached);
        if (found < 0) {
            before = s_.place;
            load(kSampleNear, kSampleFar);
            found = search(before, reached);
        }
        if (found < 0) {
            return {0, mass, 0};
        }
        before = s_.place;
        if (s_.count[found] <= kSampleList) {
            return pick(before, reached, [&](float z, int) {
                float x = distance(z);
                return x >= begin_ && x < end_ && bucket(x) == found;
            });
        }
        return divide(found, before, reached);
    }

    // For a bucket of too many tokens: histograms over ever shorter ranges of keys.
    template <typename Reached>
    WEIR_DEVICE SamplePlace divide(int found, SamplePlace before, Reached reached) {
        uint64_t low = ~uint64_t{0}, high = 0;
        each([&](float z, int id) {
            float x = distance(z);
            if (x >= begin_ && x < end_ && bucket(x) == found) {
                low = least(low, logit_key(z, id));
                high = most(high, logit_key(z, id));
            }
        });
        low = block_reduce(low, Minimum());
        high = block_reduce(high, Maximum());
        do {
            int shift = most(0, bits_of(high - low) - 11);
            clear();
            each([&](float z, int id) {
                uint64_t key = logit_key(z, id);
                if (key >= low && key <= high) {
                    count(static_cast<int>((high - key) >> shift), mass_at(distance(z)));
                }
            });
            __syncthreads();
            found = search(before, reached);
            before = s_.place;
            high -= static_cast<uint64_t>(found) << shift;
            low = most(low, high - ((uint64_t{1} << shift) - 1));
        } while (s_.count[found] > kSampleList);
        begin_ = -1;  // The histogram is no longer one of x.
        return pick(before, reached, [&](float z, int id) {
            uint64_t key = logit_key(z, id);
            return key >= low && key <= high;
        });
    }
};

}  // namespace weir

WEIR_KERNEL(sample, SampleArguments, 1024) {
    WEIR_SHARED(weir::SampleShared, shared);
    int id = weir::Sampler(shared, a).draw(a.options[blockIdx.x]);
    if (threadIdx.x == 0) {
        a.ids[blockIdx.x] = id;
    }
}
