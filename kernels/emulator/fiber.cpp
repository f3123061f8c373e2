#include "fiber.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#if !defined(__x86_64__)
#error "The emulator switches stacks in x86-64 assembly; add the few lines for this processor here."
#endif

#if defined(__SANITIZE_ADDRESS__)
extern "C" void __sanitizer_start_switch_fiber(void** save, const void* bottom, size_t size);
extern "C" void __sanitizer_finish_switch_fiber(void* save, const void** bottom, size_t* size);
extern "C" void __asan_unpoison_memory_region(const volatile void* address, size_t size);
#endif

namespace weir::emulator {

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kStackBytes = 1 << 19;
#else
constexpr size_t kStackBytes = 1 << 17;
#endif

}  // namespace

// Saves what the System V ABI lets a callee keep, and swaps stacks.
extern "C" void weir_switch_stack(void** from, void* to);
asm(R"(
.text
.globl weir_switch_stack
.hidden weir_switch_stack
.type weir_switch_stack,@function
weir_switch_stack:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size weir_switch_stack,.-weir_switch_stack

.globl weir_start_fiber
.hidden weir_start_fiber
.type weir_start_fiber,@function
weir_start_fiber:
    movq %r12, %rdi
    movq %r13, %rsi
    callq weir_enter_fiber
    ud2
.size weir_start_fiber,.-weir_start_fiber
)");
extern "C" void weir_start_fiber();

extern "C" __attribute__((visibility("hidden"), used)) void weir_enter_fiber(void (*entry)(void*), void* argument) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
#endif
    entry(argument);
}

namespace {

// Frames that were never returned from have left their marks.
void forget_frames(Fiber& fiber) {
#if defined(__SANITIZE_ADDRESS__)
    if (fiber.stack_pointer) {
        auto used = static_cast<size_t>(static_cast<char*>(fiber.stack) + fiber.bytes - static_cast<char*>(fiber.stack_pointer));
        __asan_unpoison_memory_region(fiber.stack_pointer, used);
    }
#else
    (void)fiber;
#endif
}

}  // namespace

void prepare(Fiber& fiber, void (*entry)(void*), void* argument) {
    if (!fiber.stack) {
        size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
        void* memory = mmap(nullptr, kStackBytes + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED || mprotect(memory, page, PROT_NONE) != 0) {
            std::fprintf(stderr, "the emulator has no memory for a thread's stack\n");
            std::abort();
        }
        fiber.stack = static_cast<char*>(memory) + page;
        fiber.bytes = kStackBytes;
    }
    forget_frames(fiber);
    auto* top = reinterpret_cast<uintptr_t*>(static_cast<char*>(fiber.stack) + kStackBytes) - 2;
    *--top = reinterpret_cast<uintptr_t>(&weir_start_fiber);
    *--top = 0;                                     // rbp
    *--top = 0;                                     // rbx
    *--top = reinterpret_cast<uintptr_t>(entry);    // r12
    *--top = reinterpret_cast<uintptr_t>(argument); // r13
    *--top = 0;                                     // r14
    *--top = 0;                                     // r15
    fiber.stack_pointer = top;
}

void switch_to(Fiber& from, Fiber& to, bool ends) {
    (void)ends;
#if defined(__SANITIZE_ADDRESS__)
    void* saved = nullptr;
    __sanitizer_start_switch_fiber(ends ? nullptr : &saved, to.stack, to.bytes);
    weir_switch_stack(&from.stack_pointer, to.stack_pointer);
    __sanitizer_finish_switch_fiber(saved, nullptr, nullptr);
#else
    weir_switch_stack(&from.stack_pointer, to.stack_pointer);
#endif
}

void adopt_host_stack(Fiber& fiber) {
#if defined(__SANITIZE_ADDRESS__)
    pthread_attr_t attributes;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &fiber.stack, &fiber.bytes);
    pthread_attr_destroy(&attributes);
#else
    (void)fiber;
#endif
}

void free_stack(Fiber& fiber) {
    if (fiber.stack) {
        forget_frames(fiber);
        size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
        munmap(static_cast<char*>(fiber.stack) - page, kStackBytes + page);
        fiber.stack = nullptr;
    }
}

}  // namespace weir::emulator
