// What the emulated driver calls: the list of kernels, and launches, whose blocks are shared out over the processors in
// an order that the seed gives.
#include "block.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include <immintrin.h>

namespace weir::emulator {

namespace {

constexpr size_t kMostArgumentBytes = 4096;

std::vector<Kernel>& kernels() {
    static std::vector<Kernel> all;
    return all;
}

uint64_t block_count(const dim3& g) { return static_cast<uint64_t>(g.x) * g.y * g.z; }

class Workers {
public:
    static Workers& instance() {
        // Lives as long as the process: its threads may still wait when the library is taken down.
        static auto* workers = new Workers();
        return *workers;
    }

    std::string run(const Launch& launch) {
        std::lock_guard<std::mutex> one(callers_);
        launch_ = &launch;
        total_ = block_count(launch.grid);
        step_ = 1;
        offset_ = 0;
        if (launch.seed != 0 && total_ > 1) {
            Dice dice(launch.seed);
            offset_ = dice.next() % total_;
            do {
                step_ = 1 + dice.next() % (total_ - 1);
            } while (std::gcd(step_, total_) != 1);
        }
        next_ = 0;
        error_.clear();
        size_t helpers = total_ > 1 ? threads_.size() : 0;
        if (helpers > 0) {
            std::lock_guard<std::mutex> lock(mutex_);
            busy_ = helpers;
            round_++;
            start_.notify_all();
        }
        work();
        if (helpers > 0) {
            std::unique_lock<std::mutex> lock(mutex_);
            done_.wait(lock, [this] { return busy_ == 0; });
        }
        return error_;
    }

private:
    Workers() {
        unsigned count = std::max(1u, std::thread::hardware_concurrency());
        for (unsigned i = 1; i < count; i++) {
            threads_.emplace_back([this] { serve(); });
            threads_.back().detach();
        }
    }

    void serve() {
        uint64_t seen = 0;
        for (;;) {
            {
                std::unique_lock<std::mutex> lock(mutex_);
                start_.wait(lock, [&] { return round_ != seen; });
                seen = round_;
            }
            work();
            std::lock_guard<std::mutex> lock(mutex_);
            if (--busy_ == 0) {
                done_.notify_all();
            }
        }
    }

    void work() {
        static thread_local Block block;
        for (;;) {
            uint64_t i = next_.fetch_add(1);
            if (i >= total_) {
                return;
            }
            uint64_t b = (i * step_ + offset_) % total_;
            const dim3& g = launch_->grid;
            uint3 index{static_cast<unsigned>(b % g.x), static_cast<unsigned>(b / g.x % g.y), static_cast<unsigned>(b / g.x / g.y)};
            std::string error = block.run(*launch_, index);
            if (!error.empty()) {
                std::lock_guard<std::mutex> lock(mutex_);
                if (error_.empty()) {
                    error_ = error;
                }
                next_ = total_;
            }
        }
    }

    std::mutex callers_, mutex_;
    std::condition_variable start_, done_;
    std::vector<std::thread> threads_;
    const Launch* launch_ = nullptr;
    uint64_t total_ = 0, step_ = 1, offset_ = 0, round_ = 0;
    std::atomic<uint64_t> next_{0};
    size_t busy_ = 0;
    std::string error_;
};

}  // namespace

Registration::Registration(const Kernel& kernel) { kernels().push_back(kernel); }

float widen_f16(uint16_t bits) { return _cvtsh_ss(bits); }
uint16_t narrow_f16(float x) { return _cvtss_sh(x, 0); }

}  // namespace weir::emulator

using namespace weir::emulator;

extern "C" {

// Number of kernels, and one's name.
int weir_emulator_kernels() { return static_cast<int>(kernels().size()); }
const char* weir_emulator_kernel(int index) { return kernels()[static_cast<size_t>(index)].name; }
int weir_emulator_most_threads(int index) { return kernels()[static_cast<size_t>(index)].most_threads; }

// Runs a kernel to its end; returns 0, or 1 with a sentence in `error`.
int weir_emulator_launch(int index, const void* arguments, int64_t argument_bytes, const unsigned* grid, const unsigned* block,
                         int64_t shared_bytes, uint64_t seed, char* error, int error_bytes) {
    const Kernel& kernel = kernels()[static_cast<size_t>(index)];
    std::string message;
    uint64_t threads = static_cast<uint64_t>(block[0]) * block[1] * block[2];
    if (static_cast<size_t>(argument_bytes) != kernel.argument_bytes) {
        message = "its arguments take " + std::to_string(kernel.argument_bytes) + " bytes, but " + std::to_string(argument_bytes) + " were given";
    } else if (kernel.argument_bytes > kMostArgumentBytes) {
        message = "its arguments take more than " + std::to_string(kMostArgumentBytes) + " bytes";
    } else if (threads == 0 || threads > static_cast<uint64_t>(kernel.most_threads)) {
        message = "it may have 1 to " + std::to_string(kernel.most_threads) + " threads a block, not " + std::to_string(threads);
    } else if (grid[0] == 0 || grid[1] == 0 || grid[2] == 0 || grid[1] > 65535 || grid[2] > 65535) {
        message = "its grid must have 1 to 65,535 blocks in y and z, and some in x";
    } else {
        // Where the device puts them, a tensor map among them is aligned to 64 bytes.
        alignas(64) unsigned char copy[kMostArgumentBytes];
        std::memcpy(copy, arguments, kernel.argument_bytes);
        Launch launch{&kernel, copy, {grid[0], grid[1], grid[2]}, {block[0], block[1], block[2]}, static_cast<size_t>(shared_bytes), seed};
        message = Workers::instance().run(launch);
    }
    std::snprintf(error, static_cast<size_t>(error_bytes), "%s", message.c_str());
    return message.empty() ? 0 : 1;
}

}  // extern "C"
