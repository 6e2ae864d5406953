// Reads a batch off on the device that computes its logits: 8 bytes a log-probability and 12 a chosen token, or a
// log-probability with the likeliest token, reach the host. Greedy choices are those of TokenChooser; a draw with the
// same number may differ from the host's where the running sums round differently, about once in a million.
#pragma once

#include "device_sampler.hpp"
#include "readout.hpp"

#include <string>
#include <vector>

namespace telltale {

/**
 * A sampler of every sequence, run by llama.cpp as part of its graph. It relies on how llama.cpp v0.5.0 makes those
 * graphs, which no header promises: the logits handed to a sampler view a padded copy of the whole matrix, and results
 * are copied in one piece. So whoever makes one proves it against the host first (reduction_proof.hpp).
 */
class DeviceReadout : public Readout {
  public:
    /** `slots`: sequences of the context; `most_outputs`: rows it will take of one batch. */
    DeviceReadout(const LlamaFunctions& llama, llama_context* context, size_t vocabulary_size, llama_seq_id slots,
                  size_t most_outputs);
    ~DeviceReadout() override;
    DeviceReadout(const DeviceReadout&) = delete;
    DeviceReadout& operator=(const DeviceReadout&) = delete;

    /** Whether the logits are computed on a processor's own device. Known after the first attach(). */
    bool on_cpu() const;

    /** Why the device cannot do it, a sentence; empty where it can. Attaches the samplers. */
    std::string attach();

    /** Rows of logits come to the host again, until the next attach() or prepare(). */
    void detach();

    /**
     * False, with rows of logits coming to the host as ever: for filters (top-k, top-p, min-p), for a batch that both
     * scores and chooses without wanting the likeliest tokens, for too many outputs, and for tokens llama.cpp would
     * divide into several micro-batches. Changing from true to false or back makes llama.cpp reserve its memory anew:
     * some milliseconds.
     */
    bool prepare(const Batch& batch, const Sampling* sampling) override;

    void read(const Batch& batch, const Sampling* sampling, int32_t threads, const Readings& readings,
              Work& work) override;

  private:
    void renew(size_t slot);
    void fill(const Batch& batch);

    const LlamaFunctions& llama_;
    llama_context* context_;
    size_t most_outputs_; // at most the vocabulary's size: llama.cpp aborts on a result longer than a row
    DeviceGraph graph_;
    std::vector<DeviceSampler> samplers_; // by sequence, never moved
    std::vector<llama_sampler*> chains_;  // nullptr: not attached
};

/** Rows a DeviceReadout should take of one batch: llama.cpp pins four times as much memory as the rows need. */
size_t most_device_outputs(size_t vocabulary_size);

} // namespace telltale
