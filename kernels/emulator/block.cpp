#include "block.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace weir::emulator {

thread_local const Position* position = nullptr;
static thread_local Block* running = nullptr;

namespace {

// What lies behind an array in shared memory and must stay as it is; AddressSanitizer watches the byte behind it itself.
#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kCanary = 0;
#else
constexpr size_t kCanary = 256;
#endif
constexpr unsigned char kPoison = 0xff;  // NaN, in every type of float

struct Stopped {};

unsigned char* allocate_shared(size_t bytes, size_t alignment) {
    void* memory = nullptr;
    if (posix_memalign(&memory, alignment, bytes + kCanary) != 0) {
        std::fprintf(stderr, "the emulator has no memory for a block's shared memory\n");
        std::abort();
    }
    std::memset(memory, kPoison, bytes);
    std::memset(static_cast<unsigned char*>(memory) + bytes, 0x5a, kCanary);
    return static_cast<unsigned char*>(memory);
}

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
void barrier(int id, int threads, int line) { running->barrier(id, threads, true, line); }
void barrier_arrive(int id, int threads) { running->barrier(id, threads, false, 0); }
void wait_until(bool (*ready)(const void*), const void* state, const char* what) { running->wait_until(ready, state, what); }
bool coin() { return running->coin(); }
void* static_shared(const void* key, size_t bytes, size_t alignment) { return running->static_shared(key, bytes, alignment); }
unsigned char* dynamic_shared() { return running->dynamic_shared(); }
size_t dynamic_shared_bytes() { return running->dynamic_shared_bytes(); }
void check_shared(const void* address, size_t bytes, size_t alignment, const char* what) { running->check_shared(address, bytes, alignment, what); }
void* own(const void* key, void* (*make)(), void (*destroy)(void*)) { return running->own(key, make, destroy); }
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
}

std::string Block::run(const Launch& launch, uint3 index) {
    launch_ = &launch;
    error_.clear();
    dice_ = Dice(launch.seed + index.x + 0x10001ull * index.y + 0x100000001ull * index.z);
    running = this;
    adopt_host_stack(host_);

    count_ = static_cast<int>(launch.block.x * launch.block.y * launch.block.z);
    dynamic_ = allocate_shared(launch.shared_bytes, 1024);

    // Threads live where their fibers point to, so the vector only ever grows between launches.
    if (threads_.size() < static_cast<size_t>(count_)) {
        for (Thread& t : threads_) {
            free_stack(t.fiber);
        }
        threads_.clear();
        threads_.resize(static_cast<size_t>(count_));
    }
    ready_.resize(static_cast<size_t>(count_ + 31) / 32);
    for (auto& warp : ready_) {
        warp.clear();
    }
    ready_count_ = 0;
    polling_.clear();
    meetings_.clear();
    events_.clear();
    for (Barrier& b : barriers_) {
        if (b.arrived > 0) {
            b = Barrier();
        }
    }
    live_ = count_;
    for (int i = 0; i < count_; i++) {
        Thread& t = threads_[static_cast<size_t>(i)];
        unsigned n = static_cast<unsigned>(i);
        t.position = {{n % launch.block.x, n / launch.block.x % launch.block.y, n / launch.block.x / launch.block.y}, index, launch.block, launch.grid};
        t.block = this;
        t.id = i;
        t.waits_for = "";
        prepare(t.fiber, &Block::enter, &t);
        wake(t);
    }

    in_order_ = launch.seed == 0;
    greedy_ = in_order_ || dice_.below(4) != 0;
    warp_ = in_order_ ? 0 : dice_.below(static_cast<uint32_t>(ready_.size()));
    tardy_ = in_order_ || dice_.below(2) == 0;
    while (live_ > 0 && error_.empty()) {
        if (!in_order_ && !polling_.empty() && dice_.below(8) == 0) {
            wake_pollers();
        }
        if (!events_.empty() && (ready_count_ == 0 || (!tardy_ && dice_.below(16) == 0))) {
            try {
                run_event(in_order_ ? 0 : dice_.below(static_cast<uint32_t>(events_.size())));
            } catch (const Stopped&) {
                break;
            }
            wake_pollers();
            continue;
        }
        if (ready_count_ == 0 && !wake_pollers()) {
            error_ = deadlock();
            break;
        }
        Thread* t = next();
        current_ = t;
        position = &t->position;
        switch_to(host_, t->fiber);
        current_ = nullptr;
        position = nullptr;
    }

    if (error_.empty()) {
        check_canaries();
    }
    for (int i = 0; i < count_; i++) {
        drop_kept(threads_[static_cast<size_t>(i)]);
    }
    free_shared();
    running = nullptr;
    return error_.empty() ? error_ : text("block (%u, %u, %u): ", index.x, index.y, index.z) + error_;
}

void Block::enter(void* argument) {
    auto* t = static_cast<Thread*>(argument);
    Block* block = t->block;
    block->launch_->kernel->body(block->launch_->arguments);
    t->state = State::Ended;
    block->live_--;
    // Whoever waits for all threads waits for one less.
    for (Barrier& b : block->barriers_) {
        if (b.arrived > 0) {
            block->release_if_full(b);
        }
    }
    for (const Meeting& m : block->meetings_) {
        if (m.first == t->id / 32 * 32 && (m.missing >> (t->id % 32) & 1)) {
            block->error_ = text("thread %d ended, but thread %d waits for it at %s", t->id, block->waiting_at(m), m.what);
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
    ready_[static_cast<size_t>(thread.id / 32)].push_back(&thread);
    ready_count_++;
}

// Who runs next. Drawn from all, threads keep abreast of each other and a warp hardly ever waits long for another, so
// three blocks of four are greedy: a warp runs as far as it can before any other does, which is what shows that it does not
// wait for the others where it should. Seed 0 does that with warps and lanes in their order. For a tardy block, one of two,
// copies land only when no thread can go on without.
Block::Thread* Block::next() {
    size_t lane = 0;
    if (in_order_) {
        while (ready_[warp_].empty()) {
            warp_ = (warp_ + 1) % ready_.size();
        }
    } else if (greedy_) {
        bool leave = dice_.below(256) == 0;
        while (leave || ready_[warp_].empty()) {
            warp_ = dice_.below(static_cast<uint32_t>(ready_.size()));
            leave = false;
        }
        lane = dice_.below(static_cast<uint32_t>(ready_[warp_].size()));
    } else {
        lane = dice_.below(static_cast<uint32_t>(ready_count_));
        for (warp_ = 0; lane >= ready_[warp_].size(); warp_++) {
            lane -= ready_[warp_].size();
        }
    }
    auto& warp = ready_[warp_];
    Thread* t = warp[lane];
    warp.erase(warp.begin() + static_cast<std::ptrdiff_t>(lane));
    ready_count_--;
    return t;
}

void Block::fail(std::string message) {
    if (!current_) {
        error_ = std::move(message);
        throw Stopped();  // In an event, which runs on the host's own stack.
    }
    error_ = text("thread %d: ", current_->id) + message;
    switch_to(current_->fiber, host_, true);
    std::abort();
}

void Block::warp_collective(unsigned mask, const char* what, void* operand, Act act) {
    Thread& self = *current_;
    int lane = self.id % 32, first = self.id - lane;
    if (!(mask >> lane & 1)) {
        fail(text("lane %d calls %s with a mask, %08x, that it is not in", lane, what, mask));
    }
    size_t at = 0;
    for (; at < meetings_.size(); at++) {
        const Meeting& m = meetings_[at];
        if (m.first != first || !(m.mask & mask)) {
            continue;
        }
        if (m.mask != mask) {
            fail(text("it comes to %s with other lanes than thread %d, which waits at %s", what, waiting_at(m), m.what));
        }
        if (std::strcmp(m.what, what) != 0) {
            fail(text("it has come to %s, but thread %d of its warp to %s", what, waiting_at(m), m.what));
        }
        break;
    }
    if (at == meetings_.size()) {
        unsigned there = 0;
        for (int i = first; i < std::min(first + 32, count_); i++) {
            there |= threads_[static_cast<size_t>(i)].state != State::Ended ? 1u << (i - first) : 0;
        }
        meetings_.push_back({first, mask, mask & there, what, {}});
    }
    meetings_[at].operands[lane] = operand;
    meetings_[at].missing &= ~(1u << lane);
    if (meetings_[at].missing != 0) {
        self.state = State::Waiting;
        self.waits_for = what;
        pause(self);
        return;
    }
    Meeting whole = meetings_[at];
    meetings_[at] = meetings_.back();
    meetings_.pop_back();
    act(whole.operands);
    bool alone = true;
    for (int i = 0; i < 32; i++) {
        if (i != lane && whole.operands[i]) {
            wake(threads_[static_cast<size_t>(first + i)]);
            alone = false;
        }
    }
    // The last one to come takes its turn like the others.
    if (!alone && !in_order_) {
        wake(self);
        pause(self);
    }
}

// A thread that has come to the meeting already.
int Block::waiting_at(const Meeting& m) const {
    return m.first + static_cast<int>(std::find_if(m.operands, m.operands + 32, [](void* p) { return p != nullptr; }) - m.operands);
}

void Block::barrier(int id, int threads, bool wait, int line) {
    Thread& self = *current_;
    Barrier& b = barriers_[id];
    if (b.arrived > 0 && b.wanted != threads) {
        fail(text("barrier %d is used for %d threads and for %d", id, b.wanted, threads));
    }
    if (b.arrived > 0 && b.line != line) {
        fail(text("it has come to __syncthreads in line %d, but thread %d to the one in line %d", line, b.waiting[0]->id, b.line));
    }
    b.wanted = threads;
    b.line = line;
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

bool Block::coin() { return !in_order_ && dice_.below(2) == 0; }

void Block::check_shared(const void* address, size_t bytes, size_t alignment, const char* what) {
    const auto* p = static_cast<const unsigned char*>(address);
    auto holds = [&](const unsigned char* memory, size_t size) { return p >= memory && p + bytes <= memory + size; };
    bool inside = holds(dynamic_, launch_->shared_bytes) || std::any_of(statics_.begin(), statics_.end(), [&](const Allocation& a) { return holds(a.memory, a.bytes); });
    if (!inside) {
        fail(text("the operand of %s does not lie in the block's shared memory", what));
    }
    if (reinterpret_cast<uintptr_t>(p) % alignment != 0) {
        fail(text("the operand of %s in shared memory is not aligned to %zu bytes", what, alignment));
    }
}

void* Block::own(const void* key, void* (*make)(), void (*destroy)(void*)) {
    for (const Kept& k : current_->kept) {
        if (k.key == key) {
            return k.thing;
        }
    }
    current_->kept.push_back({key, make(), destroy});
    return current_->kept.back().thing;
}

void Block::drop_kept(Thread& thread) {
    for (const Kept& k : thread.kept) {
        k.destroy(k.thing);
    }
    thread.kept.clear();
}

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
    unsigned char* memory = allocate_shared(bytes, std::max<size_t>(alignment, 128));
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
    std::free(dynamic_);
    dynamic_ = nullptr;
}

std::string Block::deadlock() const {
    const Thread *first = nullptr, *other = nullptr;
    for (int i = 0; i < count_; i++) {
        const Thread& t = threads_[static_cast<size_t>(i)];
        if (t.state == State::Waiting || t.state == State::Polling) {
            if (!first) {
                first = &t;
            } else if (std::strcmp(first->waits_for, t.waits_for) != 0) {
                other = &t;
            }
        }
    }
    std::string message = text("no thread can go on: %d of %d are left, thread %d waits at %s", live_, count_, first ? first->id : -1, first ? first->waits_for : "nothing");
    return other ? message + text(", thread %d at %s", other->id, other->waits_for) : message;
}

}  // namespace weir::emulator
