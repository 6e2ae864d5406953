#include "row_threads.hpp"

#include <system_error>
#include <utility>

namespace telltale {

RowThreads::~RowThreads() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    start_.notify_all();
    for (std::thread& thread : others_)
        thread.join();
}

void RowThreads::run(size_t rows, int32_t threads, const std::function<void(size_t, size_t)>& work) {
    const size_t others = threads > 1 ? static_cast<size_t>(threads) - 1 : 0;
    try {
        while (others_.size() < others) {
            const size_t worker = others_.size() + 1;
            others_.emplace_back([this, worker] { wait_for_work(worker); });
        }
    } catch (const std::system_error&) {
        // The system grants no more threads: those there are do the work.
    }
    {
        const std::lock_guard lock(mutex_);
        work_ = &work;
        rows_ = rows;
        next_ = 0;
        invited_ = others;
        failure_ = nullptr;
        ++round_;
    }
    if (others > 0) start_.notify_all();
    take_rows(0);
    std::unique_lock lock(mutex_);
    invited_ = 0; // who has not woken by now finds nothing to do
    done_.wait(lock, [this] { return busy_ == 0; });
    if (failure_ != nullptr) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void RowThreads::take_rows(size_t worker) {
    try {
        for (size_t row = next_++; row < rows_; row = next_++)
            (*work_)(row, worker);
    } catch (...) {
        next_ = rows_;
        const std::lock_guard lock(mutex_);
        if (failure_ == nullptr) failure_ = std::current_exception();
    }
}

void RowThreads::wait_for_work(size_t worker) {
    uint64_t seen = 0;
    std::unique_lock lock(mutex_);
    for (;;) {
        start_.wait(lock, [&] { return closing_ || (round_ != seen && worker <= invited_); });
        if (closing_) return;
        seen = round_;
        ++busy_;
        lock.unlock();
        take_rows(worker);
        lock.lock();
        if (--busy_ == 0) done_.notify_one();
    }
}

} // namespace telltale
