// Reads rows of logits on the processor: one pass over each row, the rows divided among threads.
#pragma once

#include "llama_library.hpp"
#include "readout.hpp"

#include <memory>
#include <vector>

namespace telltale {

class RowThreads;

class HostReadout : public Readout {
  public:
    HostReadout(const LlamaFunctions& llama, llama_context* context, const Kernel& kernel, size_t vocabulary_size);
    ~HostReadout() override;

    bool prepare(const Batch&, const Sampling*) override { return true; }
    void read(const Batch& batch, const Sampling* sampling, int32_t threads, const Readings& readings,
              Work& work) override;

  private:
    const LlamaFunctions& llama_;
    llama_context* context_;
    const Kernel& kernel_;
    size_t size_;
    std::vector<TokenChooser> choosers_; // one a thread
    std::vector<const float*> rows_;     // by wish
    std::unique_ptr<RowThreads> threads_;
};

} // namespace telltale
