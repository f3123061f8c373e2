// Changes some rows in place, see IOps.Edit and EditKind. A coefficient that changes nothing by the formula changes no bit
// either: x + 0 v would lose the sign of -0, and 0 times infinity is NaN.
//
// The last block looks for a row that is named twice, which two blocks would write; the others do not wait for it. Bytes:
// 8 an element and the operand, which most edits share. What it costs is its launch: a few rows are gone through in less.
#include "include/elementwise.cuh"

struct EditArguments {
    weir::RowShare share;  // of the rows that are edited
    float* target;
    const int* rows;
    const float* coefficients;  // or null
    const float* operand;       // or null
    int* fault;
    int stride_target, stride_operand;
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
    return row_of(a.target, row, a.stride_target);
}

template <bool Aligned>
WEIR_DEVICE void edit_row(const EditArguments& a, const RowPart& part) {
    float* x = edited_row(a, part);
    if (x == nullptr) {
        return;
    }
    float c = a.coefficients == nullptr ? 0 : a.coefficients[part.row];
    const float* v = row_of(a.operand, part.row, a.stride_operand);
    switch (static_cast<EditKind>(a.kind)) {
        case EditKind::Add:
            if (c != 0) {
                elementwise_quads<Aligned>(part, x, v, x, [c](float x, float v) { return fmaf(c, v, x); });
            }
            break;
        case EditKind::Scale:
            if (c != 1) {
                elementwise_quads<Aligned>(part, x, nullptr, x, [c](float x, float) { return x * c; });
            }
            break;
        case EditKind::Zero:
            elementwise_quads<Aligned>(part, x, nullptr, x, [](float, float) { return 0.0f; });
            break;
        case EditKind::Replace:
            elementwise_quads<Aligned>(part, x, v, x, [](float, float v) { return v; });
            break;
        case EditKind::Clamp: {
            float low = a.operand[0], high = a.operand[1];
            elementwise_quads<Aligned>(part, x, nullptr, x, [low, high](float x, float) {  // NaN stays NaN
                float raised = x < low ? low : x;
                return raised > high ? high : raised;
            });
            break;
        }
        default:
            break;
    }
}

template <bool Held>
WEIR_DEVICE void project_row(const EditArguments& a) {
    RowPart part(a.share);
    float* row = edited_row(a, part);
    HeldRow<Held> x(part, row);
    HeldRow<Held> v(part, row == nullptr ? nullptr : row_of(a.operand, part.row, a.stride_operand));
    double sums[2] = {};  // x . v, v . v
    for (int n = 0; n < x.end(); n += x.step) {
        const Quads<Held>& state = x.from(n);
        const Quads<Held>& direction = v.from(n);
#pragma unroll
        for (int i = 0; i < x.step; i++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {  // what is not there is 0 and adds nothing
                double w = direction.q[i].x[j];
                sums[0] = fma(static_cast<double>(state.q[i].x[j]), w, sums[0]);
                sums[1] = fma(w, w, sums[1]);
            }
        }
    }
    part.reduce(sums, Sum());
    double c = row == nullptr ? 0 : a.coefficients[part.row];
    if (c == 0 || sums[1] == 0) {
        return;
    }
    float factor = static_cast<float>(-c * (sums[0] / sums[1]));
    for (int n = 0; n < x.end(); n += x.step) {
        Quads<Held>& state = x.from(n);
        change(state, [factor](float x, float v) { return fmaf(factor, v, x); }, v.from(n));
        part.store(row, n, state);
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

WEIR_KERNEL(edit_project_out, EditArguments, 512) {
    if (weir::is_checking_block()) {
        weir::check_rows(a);
    } else if (weir::is_held(a.share)) {
        weir::project_row<true>(a);
    } else {
        weir::project_row<false>(a);
    }
}
