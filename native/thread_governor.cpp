#include "thread_governor.hpp"

#include <algorithm>

#ifndef _WIN32
#include <ctime>
#endif

namespace telltale {

namespace {

constexpr double kWindow = 0.1;  // seconds of decoding that a decision rests on
constexpr double kPatience = 3;  // seconds with fewer threads before more are tried again
constexpr double kEnough = 0.75; // of the cores asked for: less means that others have them

} // namespace

void ThreadGovernor::record(double wall, double cpu) {
    wall_ += wall;
    cpu_ += cpu;
    if (wall_ < kWindow) return;
    const double cores = cpu_ / wall_;
    const bool crowded = threads_ > 1 && cores < kEnough * threads_;
    const bool waited = threads_ < most_ && wall_ >= kPatience;
    if (!crowded && !waited && threads_ < most_) return;
    if (crowded)
        threads_ = std::clamp(static_cast<int32_t>(cores), 1, threads_ - 1);
    else
        threads_ = most_;
    wall_ = 0;
    cpu_ = 0;
}

double process_cpu_seconds() {
#ifdef _WIN32
    return -1;
#else
    timespec time{};
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0) return -1;
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
#endif
}

} // namespace telltale
