// The softmax of each query's scores, see IOps.AttentionPattern.
//
// One warp a row of the map, of which it touches only the keys that the row sees: three passes, the second and third of
// which find the row in the first-level cache (4,096 keys are 16 KiB). Bytes: 4 a key read, 4 written, so that 32 heads
// of 4,096 causal tokens move 2.1 GB, 0.5 ms at 4.3 TB/s; the rows that Attention makes for itself stay in the
// second-level cache. A lane sums the keys of its own number, then warp_reduce: the order depends on the keys alone.
#include "include/attention.cuh"
#include "include/math.cuh"

struct AttentionPatternArguments {
    weir::BatchRows rows;
    weir::MapView scores, pattern;  // may be one
    int heads, window;
};

WEIR_KERNEL(attention_pattern, AttentionPatternArguments, 128) {
    using namespace weir;
    int index = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x) / kWarp;
    if (index >= a.rows.count * a.heads) {
        return;
    }
    int row = a.rows.first + index / a.heads, head = index % a.heads;
    int sequence = sequence_of(a.rows, row);
    int token = row - a.rows.offsets[sequence];
    SequenceMap from = map_of(a.scores, a.rows, a.heads, sequence), to = map_of(a.pattern, a.rows, a.heads, sequence);
    const float* x = from.row(head, token);
    float* p = to.row(head, token);
    int room = a.scores.stride != 0 ? static_cast<int>(a.scores.stride) : from.keys;
    Seen seen = seen_at(a.rows.starts[sequence] + token, a.window, room);
    // A lane takes keys of its own number, whatever the window cuts off.
    int first = seen.from / kWarp * kWarp + lane();
    first += first < seen.from ? kWarp : 0;

    float largest = minus_infinity();
#pragma unroll 4
    for (int k = first; k < seen.to; k += kWarp) {
        largest = fmaxf(largest, x[k]);
    }
    largest = warp_reduce(largest, Maximum());
    // Where every score is -infinity, or NaN, the exponentials are 0, or NaN, by themselves.
    largest = largest == minus_infinity() ? 0.0f : largest;

    float sum = 0;
#pragma unroll 4
    for (int k = first; k < seen.to; k += kWarp) {
        float e = exponential(x[k] - largest);
        p[k] = e;
        sum += e;
    }
    sum = warp_reduce(sum, Sum());
    float factor = sum == 0.0f ? 0.0f : 1.0f / sum;
#pragma unroll 4
    for (int k = first; k < seen.to; k += kWarp) {
        p[k] *= factor;
    }
    for (int k = lane(); k < to.keys; k += kWarp) {
        if (!seen.has(k)) {
            p[k] = 0.0f;
        }
    }
}
