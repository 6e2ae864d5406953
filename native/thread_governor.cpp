#include "thread_governor.hpp"

#include <algorithm>

#ifndef _WIN32
#include <sys/resource.h>
#endif

namespace telltale {

namespace {

constexpr double kWindow = 0.1; // seconds of decoding that a decision rests on
constexpr double kPatience = 3; // seconds with fewer threads before more are tried again
constexpr double kEnough = 0.8; // of the cores asked for: with less, others may have them
constexpr double kPreemptions =
    20; // a second: with fewer the cores stood idle for another reason, such as reading weights

} // namespace

void ThreadGovernor::record(double wall, const ProcessorUse& before, const ProcessorUse& after) {
    wall_ += wall;
    cpu_ += after.seconds - before.seconds;
    preemptions_ += static_cast<double>(after.preemptions - before.preemptions);
    if (wall_ < kWindow) return;
    const double cores = cpu_ / wall_;
    const bool crowded = threads_ > 1 && cores < kEnough * threads_ && preemptions_ >= kPreemptions * wall_;
    const bool waited = threads_ < most_ && wall_ >= kPatience;
    if (!crowded && !waited && threads_ < most_) return;
    if (crowded)
        threads_ = std::clamp(static_cast<int32_t>(cores), 1, threads_ - 1);
    else
        threads_ = most_;
    wall_ = 0;
    cpu_ = 0;
    preemptions_ = 0;
}

bool read_processor_use(ProcessorUse& use) {
#ifdef _WIN32
    use = {};
    return false;
#else
    rusage usage{};
    if (getrusage(RUSAGE_SELF, &usage) != 0) return false;
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    use = {seconds(usage.ru_utime) + seconds(usage.ru_stime), static_cast<uint64_t>(usage.ru_nivcsw)};
    return true;
#endif
}

} // namespace telltale
