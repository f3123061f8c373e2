// The product of 16-bit weights with 1 to 8 rows, as in decoding: y = x W^T with x rounded to W's type, see IOps.MatMul. Every
// byte of W is read once and used for at most 8 rows, so its bytes are the bound.
//
// mma with W in the place of the 16-row operand and x in that of the 8-column one costs the same for 1 row and for 8, and
// nothing next to the loads. Which of the inputs is called which does not matter to a sum as long as both operands agree:
// so a lane takes 8 neighbours of a row of W in one 16-byte load straight into the registers that two mma want, and 8 of x
// likewise. No shared memory on the way.
//
// Eight warps share the inputs of 16 outputs (32 for more than 2 rows, since each block reads all of x) in batches of 128,
// dealt out in turn, and their sums are added in the order of the warps. A lane has 8 loads of W in flight, a warp 4 KiB, the
// 16 warps that a multiprocessor has at once 64 KiB; latency x bandwidth asks for 700 ns x 4.3 TB/s / 132 = 23 KiB. A batch of 16 outputs is 8 loads of W, 8 of x, 8 mma and 16 conversions a lane: some 50 instructions for 4
// KiB, where the multiprocessor's share of the bandwidth, 18.6 bytes a clock, leaves time for 880 (220 clocks x 4). So the
// memory should be busy but for its start and end: predicted 90 % and more from 64 MB on (14,336 x 4,096: 117 MB, 27
// microseconds), less for small matrices, whose first bytes take 1 to 2 microseconds to come.
//
// x comes from the second-level cache, 4 bytes where W has 2: an eighth of W's traffic there for one row, half for 8.
// A sum's order depends on its inputs alone, so that a row has the same bits beside up to 7 others, but not those of the
// tiles that more rows take; CudaOptions.Deterministic keeps to the tiles.
#include "include/epilogue.cuh"
#include "include/mma.cuh"

struct MatMulFewArguments {
    weir::Epilogue epilogue;
    const float* x;
    const void* w;  // from the first input on; rows at multiples of 16 bytes
    int64_t stride_x, stride_w;
    int inputs;
    int wide_x;  // x's rows lie at multiples of 16 bytes
};

namespace weir {

// The first `count` of eight elements, the others 0.
WEIR_DEVICE uint4 keep(uint4 v, int count) {
    auto word = [count](uint32_t pair, int first) { return count > first + 1 ? pair : count > first ? pair & 0xffff : 0; };
    return make_uint4(word(v.x, 0), word(v.y, 2), word(v.z, 4), word(v.w, 6));
}

template <typename T, int kTiles>
WEIR_DEVICE void matmul_few(const MatMulFewArguments& a) {
    constexpr int kWarps = 8, kThreads = kWarps * kWarp, kRows = 8, kOutputs = 16 * kTiles;
    constexpr int kChunk = 32, kSpan = 4 * kChunk;  // inputs of a load of four lanes; of a warp's batch
    constexpr int kAtOnce = 4 / kTiles;             // chunks whose loads are in flight together
    constexpr int kStride = kOutputs + 4;           // the warps' writes of sums meet no bank twice
    WEIR_SHARED(float4[kWarps * kRows * kStride / 4], shared);
    float* partial = reinterpret_cast<float*>(shared);

    int group = lane() / 4, first = lane() % 4 * 8;
    int output = blockIdx.x * kOutputs;
    bool has_row = group < a.epilogue.rows;
    const float* x = a.x + (has_row ? group : 0) * a.stride_x + first;
    const T* w[kTiles][2];
#pragma unroll
    for (int i = 0; i < kTiles; i++) {
#pragma unroll
        for (int half = 0; half < 2; half++) {
            // Past the last output the last stands in; its sums are not written.
            int o = least(output + i * 16 + half * 8 + group, a.epilogue.outputs - 1);
            w[i][half] = static_cast<const T*>(a.w) + o * a.stride_w + first;
        }
    }

    // Even and odd chunks apart, so that an mma does not wait for the last.
    float sums[2][kTiles][4] = {};
    auto multiply = [&](int input, auto load_w, auto load_x) {
        uint4 ws[kAtOnce][kTiles][2];
        float4 xs[kAtOnce][2];
#pragma unroll
        for (int c = 0; c < kAtOnce; c++) {
            int at = input + c * kChunk;
#pragma unroll
            for (int i = 0; i < kTiles; i++) {
                ws[c][i][0] = load_w(w[i][0], at);
                ws[c][i][1] = load_w(w[i][1], at);
            }
            xs[c][0] = load_x(at);
            xs[c][1] = load_x(at + 4);
        }
#pragma unroll
        for (int c = 0; c < kAtOnce; c++) {
            float4 u = xs[c][0], v = xs[c][1];
            const uint32_t b0[2] = {narrow2<T>(u.x, u.y), narrow2<T>(u.z, u.w)}, b1[2] = {narrow2<T>(v.x, v.y), narrow2<T>(v.z, v.w)};
#pragma unroll
            for (int i = 0; i < kTiles; i++) {
                uint4 top = ws[c][i][0], bottom = ws[c][i][1];
                const uint32_t a0[4] = {top.x, bottom.x, top.y, bottom.y}, a1[4] = {top.z, bottom.z, top.w, bottom.w};
                mma<T>(sums[c % 2][i], a0, b0);
                mma<T>(sums[c % 2][i], a1, b1);
            }
        }
    };

    for (int span = warp() * kSpan; span < a.inputs; span += kWarps * kSpan) {
#pragma unroll
        for (int input = span; input < span + kSpan; input += kAtOnce * kChunk) {
            if (span + kSpan <= a.inputs && a.wide_x) {
                multiply(input,
                    [](const T* row, int at) { return load16_once(row + at); },
                    [&](int at) { return load4(x + at, true, has_row ? 4 : 0); });
            } else {
                multiply(input,
                    [&](const T* row, int at) {
                        int count = a.inputs - at - first;
                        return count > 0 ? keep(load16_once(row + at), count) : make_uint4(0, 0, 0, 0);
                    },
                    [&](int at) { return load4(x + at, false, has_row ? a.inputs - at - first : 0); });
            }
        }
    }

#pragma unroll
    for (int i = 0; i < kTiles; i++) {
#pragma unroll
        for (int r = 0; r < 4; r++) {
            partial[(warp() * kRows + lane() % 4 * 2 + r % 2) * kStride + i * 16 + r / 2 * 8 + group] = sums[0][i][r] + sums[1][i][r];
        }
    }
    __syncthreads();
    for (int i = threadIdx.x; i < kRows * kOutputs; i += kThreads) {
        float* own = partial + i / kOutputs * kStride + i % kOutputs;
        float sum = own[0];
#pragma unroll
        for (int from = 1; from < kWarps; from++) {
            sum += own[from * kRows * kStride];
        }
        own[0] = sum;
    }
    __syncthreads();
    write_tile<kRows, kOutputs, kStride, kThreads>(a.epilogue, partial, 0, output);
}

}  // namespace weir

WEIR_KERNEL(matmul_few_bf16, MatMulFewArguments, 256, 2) { weir::matmul_few<weir::bf16, 1>(a); }
WEIR_KERNEL(matmul_few_f16, MatMulFewArguments, 256, 2) { weir::matmul_few<weir::f16, 1>(a); }
WEIR_KERNEL(matmul_few_wide_bf16, MatMulFewArguments, 256, 2) { weir::matmul_few<weir::bf16, 2>(a); }
WEIR_KERNEL(matmul_few_wide_f16, MatMulFewArguments, 256, 2) { weir::matmul_few<weir::f16, 2>(a); }
