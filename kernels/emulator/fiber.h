// A stack of its own and a way to and from it.
#pragma once

#include <cstddef>

namespace weir::emulator {

struct Fiber {
    void* stack_pointer = nullptr;
    void* stack = nullptr;  // lowest usable byte; the page below it faults
    size_t bytes = 0;
};

// Sets a fiber up to run entry(argument) when it is first switched to; entry must never return. Its stack is kept.
void prepare(Fiber& fiber, void (*entry)(void*), void* argument);

// Leaves one and goes on in the other. `ends`: the one that is left will not be come back to.
void switch_to(Fiber& from, Fiber& to, bool ends = false);

// The fiber of the host thread itself.
void adopt_host_stack(Fiber& fiber);

void free_stack(Fiber& fiber);

}  // namespace weir::emulator
