// y[i] = x[i] + table[positions[i] + offset], see IOps.AddPositions and include/elementwise.cuh.
#include "include/elementwise.cuh"

struct AddPositionsArguments {
    weir::RowShare share;
    const float* x;
    const int* positions;
    const float* table;
    float* y;
    int* fault;
    int64_t stride_x, stride_table, stride_y;
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
    weir::elementwise_row(part, a.share, a.x + part.row * a.stride_x, a.table + index * a.stride_table,
                          a.y + part.row * a.stride_y, weir::Sum());
}
