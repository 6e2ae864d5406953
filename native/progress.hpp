// What a running job tells about itself, read from the JavaScript thread while the job's own thread writes.
#pragma once

#include <atomic>
#include <cstdint>

namespace telltale {

struct Progress {
    std::atomic<uint32_t> items_done{0};
    std::atomic<uint64_t> tokens_done{0};
};

} // namespace telltale
