// A few threads that divide the rows of a batch among themselves.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace telltale {

class RowThreads {
  public:
    ~RowThreads();

    /**
     * Calls `work(row, worker)` once for every row in [0, rows), on the calling thread (worker 0) and `threads` - 1
     * others as far as they come in time, and returns when all are done. The first exception is thrown again here; rows
     * after it may be left out.
     */
    void run(size_t rows, int32_t threads, const std::function<void(size_t row, size_t worker)>& work);

  private:
    void take_rows(size_t worker);
    void wait_for_work(size_t worker);

    std::vector<std::thread> others_;
    std::mutex mutex_;
    std::condition_variable start_, done_;
    uint64_t round_ = 0;
    size_t invited_ = 0, busy_ = 0; // others that may join this round, and those at work in it
    bool closing_ = false;
    std::atomic<size_t> next_{0};
    size_t rows_ = 0;
    const std::function<void(size_t, size_t)>* work_ = nullptr;
    std::exception_ptr failure_;
};

} // namespace telltale
