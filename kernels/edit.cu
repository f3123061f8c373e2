// Changes some rows in place, see IOps.Edit and EditKind. A coefficient that changes nothing by the formula changes no bit
// either: x + 0 v would lose the sign of -0, and 0 times infinity is NaN.
//
// The last block looks for a row that is named twice, which two blocks would write; the others do not wait for it.
#include "include/rows.cuh"

struct EditArguments {
    weir::RowShare share;  // of the rows that are edited
    float* target;
    const int* rows;
    const float* coefficients;  // or null
    const float* operand;       // or null
    int* fault;
    int64_t stride_target, stride_operand;
    int kind;         // EditKind
    int target_rows;
};

namespace weir {

// EditKind.cs.
enum class EditKind : int { Add = 0, Scale = 1, Zero = 2, Replace = 3, ProjectOut = 4, Clamp = 5 };

WEIR_DEVICE bool is_checking_block() { return blockIdx.x == gridDim.x - 1; }

WEIR_DEVICE void check_rows(const EditArguments& a) {
    constexpr int kWindow = 1 << 15;
    WEIR_SHARED(unsigned[kWindow / 32], seen);
    if (blockIdx.y != 0) {
        return;
    }
    for (int start = 0; start < a.target_rows; start += kWindow) {
        for (int i = threadIdx.x; i < kWindow / 32; i += blockDim.x) {
            seen[i] = 0;
        }
        __syncthreads();
        for (int i = threadIdx.x; i < a.share.rows; i += blockDim.x) {
            int row = a.rows[i] - start;
            if (row < 0 || row >= kWindow) {
                continue;
            }
            unsigned bit = 1u << (row % 32);
            if ((atomicOr(&seen[row / 32], bit) & bit) != 0) {
                report(a.fault, Fault::Twice);
            }
        }
        __syncthreads();
    }
}

// The row of the target that a thread works on, or null.
WEIR_DEVICE float* edited_row(const EditArguments& a, const RowPart& part) {
    if (!part.has_row()) {
        return nullptr;
    }
    int row = a.rows[part.row];
    if (row < 0 || row >= a.target_rows) {
        report(a.fault, Fault::Index);
        return nullptr;
    }
    return a.target + row * a.stride_target;
}

// x = f(x, v) for a thread's elements.
template <bool Aligned, typename Function>
WEIR_DEVICE void change(const RowPart& part, int tile, float* x, const float* v, Function f) {
    Quad held[kQuads];
    Quad operand[kQuads]{};
    part.load<Aligned>(x, tile, held);
    if (v != nullptr) {
        part.load<Aligned>(v, tile, operand);
    }
#pragma unroll
    for (int q = 0; q < kQuads; q++) {
#pragma unroll
        for (int j = 0; j < 4; j++) {
            held[q].x[j] = f(held[q].x[j], operand[q].x[j]);
        }
    }
    part.store<Aligned>(x, tile, held);
}

template <bool Aligned>
WEIR_DEVICE void edit_row(const EditArguments& a, const RowPart& part) {
    int tile = static_cast<int>(blockIdx.y);
    float* x = edited_row(a, part);
    if (x == nullptr) {
        return;
    }
    float c = a.coefficients == nullptr ? 0 : a.coefficients[part.row];
    const float* v = a.operand + (a.operand == nullptr ? 0 : part.row * a.stride_operand);
    switch (static_cast<EditKind>(a.kind)) {
        case EditKind::Add:
            if (c != 0) {
                change<Aligned>(part, tile, x, v, [c](float x, float v) { return fmaf(c, v, x); });
            }
            break;
        case EditKind::Scale:
            if (c != 1) {
                change<Aligned>(part, tile, x, nullptr, [c](float x, float) { return x * c; });
            }
            break;
        case EditKind::Zero:
            change<Aligned>(part, tile, x, nullptr, [](float, float) { return 0.0f; });
            break;
        case EditKind::Replace:
            change<Aligned>(part, tile, x, v, [](float, float v) { return v; });
            break;
        case EditKind::Clamp: {
            float low = a.operand[0], high = a.operand[1];
            change<Aligned>(part, tile, x, nullptr, [low, high](float x, float) {  // NaN stays NaN
                float raised = x < low ? low : x;
                return raised > high ? high : raised;
            });
            break;
        }
        default:
            break;
    }
}

template <bool Aligned>
WEIR_DEVICE void project_row(const EditArguments& a, const RowPart& part) {
    float* x = edited_row(a, part);
    bool has_row = x != nullptr;
    const float* v = a.operand + part.row * a.stride_operand;
    Quad held[kQuads];
    Quad operand[kQuads];
    double dot = 0, square = 0;
    for (int tile = 0; has_row && tile < part.tiles(); tile++) {
        part.load<Aligned>(x, tile, held);
        part.load<Aligned>(v, tile, operand);
#pragma unroll
        for (int q = 0; q < kQuads; q++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                double w = operand[q].x[j];
                dot = fma(static_cast<double>(held[q].x[j]), w, dot);
                square = fma(w, w, square);
            }
        }
    }
    dot = part.reduce(dot, Sum());
    square = part.reduce(square, Sum());
    double c = has_row ? a.coefficients[part.row] : 0;
    if (c == 0 || square == 0) {
        return;
    }
    float factor = static_cast<float>(-c * (dot / square));
    for (int tile = 0; tile < part.tiles(); tile++) {
        change<Aligned>(part, tile, x, v, [factor](float x, float v) { return fmaf(factor, v, x); });
    }
}

}  // namespace weir

WEIR_KERNEL(edit, EditArguments, 256) {
    if (weir::is_checking_block()) {
        weir::check_rows(a);
        return;
    }
    weir::RowPart part(a.share);
    if (a.share.aligned) {
        weir::edit_row<true>(a, part);
    } else {
        weir::edit_row<false>(a, part);
    }
}

WEIR_KERNEL(edit_project_out, EditArguments, 1024) {
    if (weir::is_checking_block()) {
        weir::check_rows(a);
        return;
    }
    weir::RowPart part(a.share);
    if (a.share.aligned) {
        weir::project_row<true>(a, part);
    } else {
        weir::project_row<false>(a, part);
    }
}
