// y[i] = x[i] + table[positions[i] + offset], see IOps.AddPositions and include/elementwise.cuh.
//
// Bytes: 12 an element. 58 registers, so 8 blocks of 128 threads with 8 loads of 16 bytes each: 131 KB in flight where 23
// are needed; 16 instructions for 16 bytes of 113.
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
