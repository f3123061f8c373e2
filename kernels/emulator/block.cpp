#include "block.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace weir::emulator {

thread_local const Position* position = nullptr;
static thread_local Block* running = nullptr;

namespace {

constexpr size_t kCanary = 256;
constexpr unsigned char kPoison = 0xff;  // NaN, in every type of float

std::string text(const char* format, ...) {
    char buffer[512];
    va_list list;
    va_start(list, format);
    std::vsnprintf(buffer, sizeof buffer, format, list);
    va_end(list);
    return buffer;
}

}  // namespace

// --- what kernels call

void fail(const char* format, ...) {
    char buffer[512];
    va_list list;
    va_start(list, format);
    std::vsnprintf(buffer, sizeof buffer, format, list);
    va_end(list);
    running->fail(buffer);
}

void warp_collective(unsigned mask, const char* what, void* operand, Act act) { running->warp_collective(mask, what, operand, act); }
void group_collective(int first, int count, const char* what, void* operand, Act act) { running->group_collective(first, count, what, operand, act); }
void barrier(int id, int threads) { running->barrier(id, threads, true); }
void barrier_arrive(int id, int threads) { running->barrier(id, threads, false); }
void wait_until(bool (*ready)(const void*), const void* state, const char* what) { running->wait_until(ready, state, what); }
bool coin() { return running->coin(); }
void* static_shared(const void* key, size_t bytes, size_t alignment) { return running->static_shared(key, bytes, alignment); }
unsigned char* dynamic_shared() { return running->dynamic_shared(); }
size_t dynamic_shared_bytes() { return running->dynamic_shared_bytes(); }
void later(void (*act)(void*), const void* state, size_t bytes) { running->later(act, state, bytes); }

unsigned ballot(unsigned mask, bool predicate) {
    struct Vote { bool own; unsigned all; } vote{predicate, 0};
    warp_collective(mask, "a vote", &vote, [](void** lanes) {
        unsigned all = 0;
        for (int i = 0; i < 32; i++) {
            auto* lane = static_cast<Vote*>(lanes[i]);
            all |= lane && lane->own ? 1u << i : 0;
        }
        for (int i = 0; i < 32; i++) {
            if (auto* lane = static_cast<Vote*>(lanes[i])) {
                lane->all = all;
            }
        }
    });
    return vote.all;
}

// --- the block

Block::~Block() {
    for (Thread& t : threads_) {
        free_stack(t.fiber);
    }
    free_shared();
    std::free(dynamic_);
}

std::string Block::run(const Launch& launch, uint3 index) {
    launch_ = &launch;
    error_.clear();
    dice_ = Dice(launch.seed + index.x + 0x10001ull * index.y + 0x100000001ull * index.z);
    running = this;
    adopt_host_stack(host_);

    size_t count = static_cast<size_t>(launch.block.x) * launch.block.y * launch.block.z;
    if (dynamic_bytes_ != launch.shared_bytes || !dynamic_) {
        std::free(dynamic_);
        dynamic_bytes_ = launch.shared_bytes;
        dynamic_ = static_cast<unsigned char*>(std::aligned_alloc(1024, (launch.shared_bytes + kCanary + 1023) / 1024 * 1024));
    }
    std::memset(dynamic_, kPoison, launch.shared_bytes);
    std::memset(dynamic_ + launch.shared_bytes, 0x5a, kCanary);

    // Threads live where their fibers point to, so the vector only ever grows between launches.
    if (threads_.size() < count) {
        for (Thread& t : threads_) {
            free_stack(t.fiber);
        }
        threads_.clear();
        threads_.resize(count);
    }
    ready_.clear();
    polling_.clear();
    meetings_.clear();
    events_.clear();
    for (Barrier& b : barriers_) {
        b = Barrier();
    }
    live_ = static_cast<int>(count);
    for (size_t i = 0; i < count; i++) {
        Thread& t = threads_[i];
        unsigned n = static_cast<unsigned>(i);
        t.position = {{n % launch.block.x, n / launch.block.x % launch.block.y, n / launch.block.x / launch.block.y}, index, launch.block, launch.grid};
        t.block = this;
        t.id = static_cast<int>(i);
        t.state = State::Ready;
        t.waits_for = "";
        prepare(t.fiber, &Block::enter, &t);
        ready_.push_back(&t);
    }

    // Seed 0 goes through the threads in their order; any other draws.
    while (live_ > 0 && error_.empty()) {
        if (!events_.empty() && (ready_.empty() || dice_.below(16) == 0)) {
            run_event(dice_.below(static_cast<uint32_t>(events_.size())));
            wake_pollers();
            continue;
        }
        if (ready_.empty() && !wake_pollers()) {
            error_ = deadlock();
            break;
        }
        size_t next = launch.seed == 0 ? 0 : dice_.below(static_cast<uint32_t>(ready_.size()));
        Thread* t = ready_[next];
        if (launch.seed == 0) {
            ready_.erase(ready_.begin());
        } else {
            ready_[next] = ready_.back();
            ready_.pop_back();
        }
        current_ = t;
        position = &t->position;
        switch_to(host_, t->fiber);
        position = nullptr;
    }

    if (error_.empty()) {
        check_canaries();
    }
    free_shared();
    running = nullptr;
    return error_.empty() ? error_ : text("block (%u, %u, %u): ", index.x, index.y, index.z) + error_;
}

void Block::enter(void* argument) {
#if defined(__SANITIZE_ADDRESS__)
    extern void finish_first_switch();
    finish_first_switch();
#endif
    auto* t = static_cast<Thread*>(argument);
    Block* block = t->block;
    block->launch_->kernel->body(block->launch_->arguments);
    t->state = State::Ended;
    block->live_--;
    // Whoever waits for all threads waits for one less.
    for (Barrier& b : block->barriers_) {
        block->release_if_full(b);
    }
    for (size_t i = 0; i < block->meetings_.size(); i++) {
        Meeting& m = block->meetings_[i];
        int lane = t->id - m.first;
        if (lane >= 0 && lane < m.count && (m.count > 32 || (m.mask >> lane & 1))) {
            block->error_ = text("thread %d ended, but thread %d waits for it at %s", t->id, m.waiting[0]->id, m.what);
        }
    }
    switch_to(t->fiber, block->host_, true);
    std::abort();
}

void Block::pause(Thread& thread) {
    switch_to(thread.fiber, host_);
}

void Block::wake(Thread& thread) {
    thread.state = State::Ready;
    ready_.push_back(&thread);
}

void Block::fail(std::string message) {
    if (error_.empty()) {
        error_ = text("thread %d: ", current_->id) + message;
    }
    switch_to(current_->fiber, host_, true);
    std::abort();
}

void Block::warp_collective(unsigned mask, const char* what, void* operand, Act act) {
    int lane = current_->id % 32;
    if (!(mask >> lane & 1)) {
        fail(text("lane %d calls %s with a mask, %08x, that it is not in", lane, what, mask));
    }
    meet(current_->id / 32 * 32, 32, mask, what, operand, act);
}

void Block::group_collective(int first, int count, const char* what, void* operand, Act act) {
    meet(first, count, 0, what, operand, act);
}

void Block::meet(int first, int count, unsigned mask, const char* what, void* operand, Act act) {
    Thread& self = *current_;
    size_t at = 0;
    for (; at < meetings_.size(); at++) {
        Meeting& m = meetings_[at];
        bool same = m.first == first && m.count == count && m.mask == mask;
        bool overlaps = m.first < first + count && first < m.first + m.count && (count > 32 || m.count > 32 || (m.mask & mask));
        if (same && m.what != what && std::strcmp(m.what, what) != 0) {
            fail(text("it has come to %s, but thread %d of its warp to %s", what, m.waiting[0]->id, m.what));
        }
        if (same) {
            break;
        }
        if (overlaps) {
            fail(text("it comes to %s with other threads than thread %d, which waits at %s", what, m.waiting[0]->id, m.what));
        }
    }
    if (at == meetings_.size()) {
        Meeting m{first, count, mask, what, std::vector<void*>(static_cast<size_t>(count), nullptr), {}, 0};
        for (int i = 0; i < count; i++) {
            bool wanted = count > 32 || (mask >> i & 1);
            size_t id = static_cast<size_t>(first + i);
            bool exists = id < static_cast<size_t>(launch_->block.x) * launch_->block.y * launch_->block.z;
            m.missing += wanted && exists && threads_[id].state != State::Ended;
        }
        meetings_.push_back(std::move(m));
    }
    Meeting& m = meetings_[at];
    m.operands[static_cast<size_t>(self.id - first)] = operand;
    m.missing--;
    if (m.missing > 0) {
        m.waiting.push_back(&self);
        self.state = State::Waiting;
        self.waits_for = what;
        pause(self);
        return;
    }
    Meeting whole = std::move(m);
    meetings_.erase(meetings_.begin() + static_cast<std::ptrdiff_t>(at));
    act(whole.operands.data());
    for (Thread* t : whole.waiting) {
        wake(*t);
    }
    // The last one to come takes its turn like the others.
    if (!whole.waiting.empty() && launch_->seed != 0) {
        wake(self);
        pause(self);
    }
}

void Block::barrier(int id, int threads, bool wait) {
    Thread& self = *current_;
    Barrier& b = barriers_[id];
    if (b.arrived > 0 && b.wanted != threads) {
        fail(text("barrier %d is used for %d threads and for %d", id, b.wanted, threads));
    }
    b.wanted = threads;
    b.arrived++;
    if (wait) {
        b.waiting.push_back(&self);
        self.state = State::Waiting;
        self.waits_for = "a barrier of the block";
    }
    release_if_full(b);
    if (wait) {
        pause(self);
    }
}

void Block::release_if_full(Barrier& b) {
    int wanted = b.wanted == 0 ? live_ : b.wanted;
    if (b.arrived == 0 || b.arrived < wanted) {
        return;
    }
    std::vector<Thread*> waiting = std::move(b.waiting);
    b = Barrier();
    for (Thread* t : waiting) {
        wake(*t);
    }
}

void Block::wait_until(bool (*ready)(const void*), const void* state, const char* what) {
    Thread& self = *current_;
    self.ready = ready;
    self.ready_state = state;
    self.waits_for = what;
    while (!ready(state)) {
        self.state = State::Polling;
        polling_.push_back(&self);
        pause(self);
    }
}

bool Block::wake_pollers() {
    bool any = false;
    for (size_t i = 0; i < polling_.size();) {
        Thread* t = polling_[i];
        if (t->ready(t->ready_state)) {
            polling_[i] = polling_.back();
            polling_.pop_back();
            wake(*t);
            any = true;
        } else {
            i++;
        }
    }
    return any;
}

bool Block::coin() { return dice_.below(2) == 0; }

void Block::later(void (*act)(void*), const void* state, size_t bytes) {
    const auto* from = static_cast<const unsigned char*>(state);
    events_.push_back({act, std::vector<unsigned char>(from, from + bytes)});
}

void Block::run_event(size_t which) {
    Event e = std::move(events_[which]);
    events_.erase(events_.begin() + static_cast<std::ptrdiff_t>(which));
    e.act(e.state.data());
}

void* Block::static_shared(const void* key, size_t bytes, size_t alignment) {
    for (Allocation& a : statics_) {
        if (a.key == key) {
            return a.memory;
        }
    }
    alignment = std::max<size_t>(alignment, 128);
    auto* memory = static_cast<unsigned char*>(std::aligned_alloc(alignment, (bytes + kCanary + alignment - 1) / alignment * alignment));
    std::memset(memory, kPoison, bytes);
    std::memset(memory + bytes, 0x5a, kCanary);
    statics_.push_back({key, memory, bytes});
    return memory;
}

void Block::check_canaries() {
    auto broken = [](const unsigned char* end) { return std::any_of(end, end + kCanary, [](unsigned char c) { return c != 0x5a; }); };
    if (broken(dynamic_ + launch_->shared_bytes)) {
        error_ = text("it wrote past its %zu bytes of dynamic shared memory", launch_->shared_bytes);
    }
    for (const Allocation& a : statics_) {
        if (broken(a.memory + a.bytes)) {
            error_ = text("it wrote past an array of %zu bytes in shared memory", a.bytes);
        }
    }
}

void Block::free_shared() {
    for (Allocation& a : statics_) {
        std::free(a.memory);
    }
    statics_.clear();
}

std::string Block::deadlock() const {
    const Thread *first = nullptr, *other = nullptr;
    for (size_t i = 0; i < threads_.size(); i++) {
        const Thread& t = threads_[i];
        if (t.block && (t.state == State::Waiting || t.state == State::Polling)) {
            if (!first) {
                first = &t;
            } else if (std::strcmp(first->waits_for, t.waits_for) != 0) {
                other = &t;
            }
        }
    }
    std::string message = text("no thread can go on: %d of %zu are left, thread %d waits at %s", live_, threads_.size(), first ? first->id : -1, first ? first->waits_for : "nothing");
    return other ? message + text(", thread %d at %s", other->id, other->waits_for) : message;
}

}  // namespace weir::emulator
