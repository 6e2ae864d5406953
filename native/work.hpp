// What a job has spent so far, read from the JavaScript thread while the job's own thread writes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace telltale {

struct Work {
    std::atomic<uint64_t> decode{0};      // nanoseconds in llama_decode
    std::atomic<uint64_t> log_softmax{0}; // nanoseconds of reading rows of logits, greedy choice included
    std::atomic<uint64_t> sampling{0};    // nanoseconds of drawing tokens
    std::atomic<uint64_t> copies{
        0}; // nanoseconds of copying and cutting sequences; llama.cpp makes copies between them in the next decode
    std::atomic<uint64_t> bytes_read{0}; // what llama.cpp handed over to be read: rows of logits, or less

    void reset() { decode = log_softmax = sampling = copies = bytes_read = 0; }
};

/** Adds the time of its own life to a counter, in nanoseconds. */
class Stopwatch {
  public:
    explicit Stopwatch(std::atomic<uint64_t>& total) : total_(total) {}
    Stopwatch(const Stopwatch&) = delete;
    Stopwatch& operator=(const Stopwatch&) = delete;
    ~Stopwatch() { total_ += nanoseconds(); }

    uint64_t nanoseconds() const {
        return static_cast<uint64_t>(
            std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start_).count());
    }

  private:
    using Clock = std::chrono::steady_clock;
    std::atomic<uint64_t>& total_;
    Clock::time_point start_ = Clock::now();
};

} // namespace telltale
