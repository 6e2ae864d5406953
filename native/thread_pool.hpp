// llama.cpp's compute threads, kept between decodes.
#pragma once

#include "llama_library.hpp"

namespace telltale {

/**
 * Without a pool llama.cpp makes and joins its threads anew for every decode, which a small model feels. `attach` does
 * nothing where the library has no CPU backend of that kind.
 */
class ThreadPool {
  public:
    explicit ThreadPool(const LlamaFunctions& llama) : llama_(llama) {}
    ThreadPool(const ThreadPool&) = delete;
    ThreadPool& operator=(const ThreadPool&) = delete;
    /** To be destroyed after the context it was attached to. */
    ~ThreadPool();

    void attach(llama_context* context, int32_t threads);

  private:
    const LlamaFunctions& llama_;
    decltype(&::ggml_threadpool_free) free_ = nullptr;
    ggml_threadpool* pool_ = nullptr;
};

} // namespace telltale
