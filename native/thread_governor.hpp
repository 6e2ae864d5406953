// How many threads to compute with while other processes want the processor too.
#pragma once

#include <cstdint>

namespace telltale {

/**
 * ggml's threads wait for each other by spinning, many times in every decode. Where one of them is kept from its core,
 * all the others spin: on two busy cores two threads were measured to be 20 times slower than one. The share of
 * processor time that decodes get tells how many cores there really are for them; the results do not depend on the
 * number of threads.
 */
class ThreadGovernor {
  public:
    explicit ThreadGovernor(int32_t most) : most_(most), threads_(most) {}

    /** The number of threads for the next decode, 1 to `most`. */
    int32_t threads() const { return threads_; }

    /** Tells of a decode that used threads(): seconds on the clock, and of processor time in the whole process. */
    void record(double wall, double cpu);

  private:
    int32_t most_, threads_;
    double wall_ = 0, cpu_ = 0; // since the last decision
};

/** Processor time of this process in seconds; negative where it cannot be had. */
double process_cpu_seconds();

} // namespace telltale
