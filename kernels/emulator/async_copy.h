// cp.async on the host: a copy lands at once or, with the luck of the seed, only when its group is waited for; one that
// nobody waits for never lands. It reads its source when it lands.
#pragma once

#include "emulator.h"

#include <deque>
#include <vector>

namespace weir::emulator {

struct AsyncCopy {
    void* shared;
    const void* global;
    int size, bytes;

    void land() const {
        std::memcpy(shared, global, static_cast<size_t>(bytes));
        std::memset(static_cast<char*>(shared) + bytes, 0, static_cast<size_t>(size - bytes));
    }
};

struct AsyncCopies {
    std::vector<AsyncCopy> open;
    std::deque<std::vector<AsyncCopy>> groups;
};

inline void cp_async(void* shared, const void* global, int size, int bytes) {
    check_shared(shared, static_cast<size_t>(size), static_cast<size_t>(size), "cp.async");
    if (bytes < 0 || bytes > size) {
        fail("cp.async of %d bytes is told to read %d", size, bytes);
    }
    if (bytes > 0 && reinterpret_cast<uintptr_t>(global) % static_cast<size_t>(size) != 0) {
        fail("cp.async of %d bytes reads an address that is no multiple of it", size);
    }
    AsyncCopy copy{shared, global, size, bytes};
    if (coin()) {
        copy.land();
    } else {
        own<AsyncCopies>().open.push_back(copy);
    }
}

inline void cp_async_commit() {
    auto& copies = own<AsyncCopies>();
    copies.groups.push_back(std::move(copies.open));
    copies.open.clear();
}

inline void cp_async_wait(size_t newest) {
    auto& groups = own<AsyncCopies>().groups;
    for (; groups.size() > newest; groups.pop_front()) {
        for (const AsyncCopy& copy : groups.front()) {
            copy.land();
        }
    }
}

}  // namespace weir::emulator
