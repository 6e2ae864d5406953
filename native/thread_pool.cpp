#include "thread_pool.hpp"

namespace telltale {

void ThreadPool::attach(llama_context* context, int32_t threads) {
    ggml_backend_dev_t cpu = llama_.ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
    if (cpu == nullptr) return;
    ggml_backend_reg_t registry = llama_.ggml_backend_dev_backend_reg(cpu);
    const auto find = [&](const char* name) { return llama_.ggml_backend_reg_get_proc_address(registry, name); };
    const auto make = reinterpret_cast<decltype(&::ggml_threadpool_new)>(find("ggml_threadpool_new"));
    free_ = reinterpret_cast<decltype(&::ggml_threadpool_free)>(find("ggml_threadpool_free"));
    if (make == nullptr || free_ == nullptr) return;
    ggml_threadpool_params params = llama_.ggml_threadpool_params_default(threads);
    params.poll = 0; // waiting threads sleep: the batch is read off, and other work done, on their cores meanwhile
    pool_ = make(&params);
    if (pool_ != nullptr) llama_.llama_attach_threadpool(context, pool_, pool_);
}

ThreadPool::~ThreadPool() {
    if (pool_ != nullptr) free_(pool_);
}

} // namespace telltale
