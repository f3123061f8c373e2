// The softmax of each query's scores, see IOps.AttentionPattern.
//
// One block a row of the map, of which it touches only the keys that the row sees: three passes, the second and third of
// which find the row in the first-level cache (4,096 keys are 16 KiB). Bytes: 4 a key read, 4 written, so that 32 heads
// of 4,096 causal tokens move 2.1 GB, 0.5 ms at 4.3 TB/s; the rows that Attention makes for itself stay in the
// second-level cache. A thread sums the keys of its own number, then block_reduce: the order depends on the keys alone.
#include "include/attention.cuh"
#include "include/math.cuh"

struct AttentionPatternArguments {
    weir::BatchRows rows;
    weir::MapView scores, pattern;  // may be one
    int heads, window;
};

WEIR_KERNEL(attention_pattern, AttentionPatternArguments, 128) {
    using namespace weir;
    int row = a.rows.first + blockIdx.x / a.heads;
    int head = blockIdx.x % a.heads;
    int sequence = sequence_of(a.rows, row);
    int token = row - a.rows.offsets[sequence];
    SequenceMap from = map_of(a.scores, a.rows, a.heads, sequence), to = map_of(a.pattern, a.rows, a.heads, sequence);
    const float* x = from.row(head, token);
    float* p = to.row(head, token);
    int capacity = static_cast<int>(a.scores.stride != 0 ? a.scores.stride : from.keys);
    Seen seen = seen_at(a.rows.starts[sequence] + token, a.window, capacity);
    // Every thread takes keys of its own number, whatever the window cuts off.
    int first = seen.from / blockDim.x * blockDim.x + threadIdx.x;
    int step = blockDim.x;

    float largest = minus_infinity();
    for (int k = first; k < seen.to; k += step) {
        largest = k >= seen.from && largest < x[k] ? x[k] : largest;
    }
    largest = block_reduce(largest, Maximum());
    // Where every score is -infinity, or NaN, the exponentials are 0, or NaN, by themselves.
    largest = largest == minus_infinity() ? 0.0f : largest;

    float sum = 0;
    for (int k = first; k < seen.to; k += step) {
        if (k >= seen.from) {
            float e = exponential(x[k] - largest);
            p[k] = e;
            sum += e;
        }
    }
    sum = block_reduce(sum, Sum());
    float factor = sum == 0.0f ? 0.0f : 1.0f / sum;
    for (int k = first; k < seen.to; k += step) {
        if (k >= seen.from) {
            p[k] *= factor;
        }
    }
    for (int k = threadIdx.x; k < to.keys; k += step) {
        if (!seen.has(k)) {
            p[k] = 0.0f;
        }
    }
}
