// Bulk copies and their barriers on the host. A copy lands at a moment that the seed chooses; who does not wait for it may
// read what was there before.
#pragma once

#include "emulator.h"

namespace weir::emulator {

// What an Mbarrier's eight bytes hold. Shared memory starts as ones, which no barrier that was set up can be.
struct MbarrierState {
    int32_t bytes;
    uint16_t missing;
    uint16_t arrivals : 15, phase : 1;
};
static_assert(sizeof(MbarrierState) == sizeof(Mbarrier));

inline MbarrierState& mbarrier(void* b) {
    check_shared(b, sizeof(MbarrierState), 8, "an mbarrier");
    auto& state = *static_cast<MbarrierState*>(b);
    if (state.arrivals == 0 || state.arrivals > 1024) {
        fail("an mbarrier is used that was not set up, or has been written over");
    }
    return state;
}

inline void mbarrier_init(void* b, int arrivals) {
    check_shared(b, sizeof(MbarrierState), 8, "an mbarrier");
    *static_cast<MbarrierState*>(b) = {0, static_cast<uint16_t>(arrivals), static_cast<uint16_t>(arrivals), 0};
}

inline void finish_phase_if_done(MbarrierState& state) {
    if (state.missing == 0 && state.bytes == 0) {
        state.missing = state.arrivals;
        state.phase ^= 1;
    }
}

inline void mbarrier_arrive(void* b, int bytes) {
    MbarrierState& state = mbarrier(b);
    if (state.missing == 0) {
        fail("an mbarrier for %d arrivals gets one more while it waits for %d bytes", state.arrivals, state.bytes);
    }
    state.bytes += bytes;
    state.missing--;
    finish_phase_if_done(state);
}

inline void mbarrier_wait(void* b, int parity) {
    struct Wait { const MbarrierState* state; int parity; } wait{&mbarrier(b), parity};
    wait_until([](const void* w) { return static_cast<const Wait*>(w)->state->phase != static_cast<const Wait*>(w)->parity; }, &wait, "an mbarrier");
}

// The twin of EmulatedCudaDriver.EncodeTensorMap.
struct Matrix {
    const char* address;
    int64_t row_bytes;
    int32_t rows, columns, box_rows, box_columns, element_bytes, swizzled;
};

// The 16-byte units of 128 bytes are permuted by the number of the 128 bytes, eight of which make a pattern.
inline uintptr_t swizzle(uintptr_t address) { return address ^ ((address >> 7 & 7) << 4); }

struct BulkLoad {
    char* shared;
    Matrix from;
    int column, row;
    void* barrier;

    void land() const {
        int64_t row_bytes = static_cast<int64_t>(from.box_columns) * from.element_bytes;
        for (int r = 0; r < from.box_rows; r++) {
            for (int c = 0; c < from.box_columns; c++) {
                uintptr_t to = reinterpret_cast<uintptr_t>(shared) + static_cast<uintptr_t>(r * row_bytes + c * from.element_bytes);
                auto* element = reinterpret_cast<char*>(from.swizzled ? swizzle(to) : to);
                int64_t y = static_cast<int64_t>(row) + r, x = static_cast<int64_t>(column) + c;
                if (y >= 0 && y < from.rows && x >= 0 && x < from.columns) {
                    std::memcpy(element, from.address + y * from.row_bytes + x * from.element_bytes, static_cast<size_t>(from.element_bytes));
                } else {
                    std::memset(element, 0, static_cast<size_t>(from.element_bytes));
                }
            }
        }
        MbarrierState& state = mbarrier(barrier);
        state.bytes -= static_cast<int32_t>(from.box_rows * row_bytes);
        finish_phase_if_done(state);
    }
};

inline void bulk_load(void* shared, const TensorMap& map, int column, int row, void* barrier) {
    BulkLoad load{static_cast<char*>(shared), {}, column, row, barrier};
    std::memcpy(&load.from, &map, sizeof load.from);
    const Matrix& m = load.from;
    size_t bytes = static_cast<size_t>(m.box_rows) * static_cast<size_t>(m.box_columns) * static_cast<size_t>(m.element_bytes);
    if (m.address == nullptr || bytes == 0 || m.row_bytes % 16 != 0 || reinterpret_cast<uintptr_t>(m.address) % 16 != 0) {
        fail("a bulk copy is given a tensor map that was not filled or is not aligned to 16 bytes");
    }
    if (m.swizzled && m.box_columns * m.element_bytes != 128) {
        fail("a bulk copy with 128-byte swizzling has a box of %d bytes a row", m.box_columns * m.element_bytes);
    }
    check_shared(shared, bytes, m.swizzled ? 1024 : 128, "a bulk copy");
    mbarrier(barrier);
    later([](void* l) { static_cast<BulkLoad*>(l)->land(); }, &load, sizeof load);
}

inline int named_barrier(int id, int threads) {
    if (id < 1 || id > 15 || threads <= 0 || threads % 32 != 0) {
        fail("named barrier %d for %d threads: there are 1 to 15, for whole warps", id, threads);
    }
    return id;
}

inline void check_warpgroup(const char* what) {
    if (threadIdx.x / 128 * 128 + 128 > blockDim.x) {
        fail("%s needs a warpgroup of 128 threads", what);
    }
}

// The last lane: code that takes it to be the first must not get away with that.
inline bool elect_one() {
    bool elected = false;
    warp_collective(0xffffffffu, "elect", &elected, [](void** lanes) {
        int last = 31;
        while (!lanes[last]) {
            last--;
        }
        *static_cast<bool*>(lanes[last]) = true;
    });
    return elected;
}

}  // namespace weir::emulator
