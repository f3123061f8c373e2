// One block of a launch while it runs: its threads, its memory, and who waits for what.
#pragma once

#include "emulator.h"
#include "fiber.h"

#include <string>
#include <vector>

namespace weir::emulator {

// Numbers of a seed (xorshift64*); the same seed gives the same order of events.
class Dice {
public:
    explicit Dice(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15ull + 0x2545F4914F6CDD1Dull) {}
    uint32_t next() {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return static_cast<uint32_t>((state_ * 0x2545F4914F6CDD1Dull) >> 32);
    }
    uint32_t below(uint32_t n) { return static_cast<uint32_t>((static_cast<uint64_t>(next()) * n) >> 32); }

private:
    uint64_t state_;
};

struct Launch {
    const Kernel* kernel;
    const void* arguments;
    dim3 grid, block;
    size_t shared_bytes;
    uint64_t seed;
};

class Block {
public:
    ~Block();

    // Runs one block to its end; returns an error, or an empty string.
    std::string run(const Launch& launch, uint3 index);

    void warp_collective(unsigned mask, const char* what, void* operand, Act act);
    void barrier(int id, int threads, bool wait, int line);
    void wait_until(bool (*ready)(const void*), const void* state, const char* what);
    bool coin();
    void* static_shared(const void* key, size_t bytes, size_t alignment);
    unsigned char* dynamic_shared() { return dynamic_; }
    size_t dynamic_shared_bytes() const { return launch_->shared_bytes; }
    void check_shared(const void* address, size_t bytes, size_t alignment, const char* what);
    void* own(const void* key, void* (*make)(), void (*destroy)(void*));
    void later(void (*act)(void*), const void* state, size_t bytes);
    [[noreturn]] void fail(std::string message);

private:
    enum class State { Ready, Waiting, Polling, Ended };

    struct Kept { const void* key; void* thing; void (*destroy)(void*); };

    struct Thread {
        Fiber fiber;
        Position position;
        Block* block;
        int id;
        State state;
        const char* waits_for;
        bool (*ready)(const void*);
        const void* ready_state;
        std::vector<Kept> kept;
    };

    // Lanes of a warp that meet.
    struct Meeting {
        int first;  // Thread of lane 0.
        unsigned mask, missing;
        const char* what;
        void* operands[32];
    };

    struct Barrier { int arrived = 0, wanted = 0, line = 0; std::vector<Thread*> waiting; };
    struct Allocation { const void* key; unsigned char* memory; size_t bytes; };
    struct Event { void (*act)(void*); std::vector<unsigned char> state; };

    static void enter(void* thread);
    void pause(Thread& thread);
    void wake(Thread& thread);
    Thread* next();
    void drop_kept(Thread& thread);
    void release_if_full(Barrier& barrier);
    void run_event(size_t which);
    bool wake_pollers();
    int waiting_at(const Meeting& meeting) const;
    std::string deadlock() const;
    void check_canaries();
    void free_shared();

    const Launch* launch_ = nullptr;
    std::vector<Thread> threads_;
    std::vector<std::vector<Thread*>> ready_;  // By warp.
    size_t ready_count_ = 0, warp_ = 0;
    bool in_order_ = false, greedy_ = false, tardy_ = false;
    std::vector<Thread*> polling_;
    std::vector<Meeting> meetings_;
    std::vector<Event> events_;
    Barrier barriers_[16];
    std::vector<Allocation> statics_;
    unsigned char* dynamic_ = nullptr;
    Fiber host_;
    Thread* current_ = nullptr;
    int count_ = 0, live_ = 0;
    Dice dice_{0};
    std::string error_;
};

}  // namespace weir::emulator
