// y[i] = x[i] + table[positions[i] + offset], see IOps.AddPositions and include/elementwise.cuh.
#include "include/elementwise.cuh"

struct AddPositionsArguments {
    weir::RowShare share;
    const float* x;
    const int* positions;
    const float* table;
    float* y;
    int* fault;
    int stride_x, stride_table, stride_y;
    int offset, rows;  // of the table
};

WEIR_KERNEL(add_positions, AddPositionsArguments, 256) {
    weir::RowPart part(a.share);
    if (!part.has_row()) {
        return;
    }
    int64_t index = static_cast<int64_t>(a.positions[part.row]) + a.offset;
    if (index < 0 || index >= a.rows) {
        weir::report(a.fault, weir::Fault::Index);
        return;
    }
    weir::elementwise_row(part, a.share.aligned, weir::row_of(a.x, part.row, a.stride_x),
                          weir::row_of(a.table, static_cast<int>(index), a.stride_table),
                          weir::row_of(a.y, part.row, a.stride_y), weir::Sum());
}
