// How many threads to compute with while other processes want the processor too.
#pragma once

#include <cstdint>

namespace telltale {

/** What this process has used of the processor so far. */
struct ProcessorUse {
    double seconds;       // of all its threads
    uint64_t preemptions; // times a thread was put off its core although it wanted to go on
};

/** False where the system does not tell. */
bool read_processor_use(ProcessorUse& use);

/**
 * ggml's threads wait for each other by spinning, many times in every decode. Where one of them is kept from its core,
 * all the others spin: on two cores beside one busy process two threads were measured to be 20 times slower than one.
 * Preemptions and the share of processor time that is left tell how many cores there really are. The results do not
 * depend on the number of threads.
 */
class ThreadGovernor {
  public:
    explicit ThreadGovernor(int32_t most) : most_(most), threads_(most) {}

    /** The number of threads for the next decode, 1 to `most`. */
    int32_t threads() const { return threads_; }

    /** Tells of a decode that used threads(): seconds on the clock, and the processor's use before and after it. */
    void record(double wall, const ProcessorUse& before, const ProcessorUse& after);

  private:
    int32_t most_, threads_;
    double wall_ = 0, cpu_ = 0, preemptions_ = 0; // since the last decision
};

} // namespace telltale
