// Rows of a matrix on their way to shared memory by cp.async: a tile of kRows rows, kInputs inputs of each side by side.
//
// The 16-byte units of a row are permuted by the row's number, so that eight rows of one unit, as ldmatrix and 16-byte reads
// of a column take them, meet all banks once, and so do the eight units that a quarter of a warp copies.
#pragma once

#include "async_copy.cuh"
#include "element.cuh"

namespace weir {

// Byte at which unit `unit` of a row of kUnits lies. 128 bytes hold one row or several.
template <int kUnits>
WEIR_DEVICE int operand_place(int row, int unit) {
    constexpr int kRowsInLine = kUnits < 8 ? 8 / kUnits : 1, kSpan = kUnits < 8 ? kUnits : 8;
    return (row * kUnits + (unit ^ (row / kRowsInLine % kSpan))) * 16;
}

// The rows that a thread copies 16 bytes of. `row_at` says where row i of the tile begins, a multiple of 16 bytes; past the
// last row any that exists may stand in.
template <typename T, int kRows, int kInputs, int kThreads>
struct Operand {
    static constexpr int kInUnit = 16 / sizeof(T), kUnits = kInputs / kInUnit;
    static constexpr int kStep = kThreads / kUnits;  // rows that the block copies at once
    static constexpr int kCount = kRows / kStep;
    static constexpr int kBytes = kRows * kUnits * 16;
    static_assert(kThreads % kUnits == 0 && kRows % kStep == 0 && kStep % 8 == 0, "Every thread copies as many units, all permuted alike.");

    const T* rows[kCount];

    template <typename RowAt>
    WEIR_DEVICE explicit Operand(RowAt row_at) {
        int first = threadIdx.x / kUnits, unit = threadIdx.x % kUnits;
#pragma unroll
        for (int i = 0; i < kCount; i++) {
            rows[i] = row_at(first + i * kStep) + unit * kInUnit;
        }
    }

    // Starts copying kInputs inputs from `input` on; zeros past `inputs`.
    WEIR_DEVICE void copy(int input, int inputs, unsigned char* shared) const {
        int first = threadIdx.x / kUnits, unit = threadIdx.x % kUnits;
        int left = most(0, least(kInUnit, inputs - input - unit * kInUnit));
        unsigned char* to = shared + operand_place<kUnits>(first, unit);
#pragma unroll
        for (int i = 0; i < kCount; i++) {
            cp_async_16(to + i * kStep * kUnits * 16, rows[i] + input, left * static_cast<int>(sizeof(T)));
        }
    }
};

}  // namespace weir
