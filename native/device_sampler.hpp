// The samplers through which llama.cpp runs our nodes as part of its own graph.
#pragma once

#include "device_graph.hpp"

#include <string>
#include <vector>

namespace telltale {

/** What decides whether llama.cpp builds a graph for a batch or takes its last one again. */
struct BatchLayout {
    std::vector<llama_seq_id> slots;
    std::vector<int8_t> outputs;
    bool operator==(const BatchLayout&) const = default;
};

/** What the next graph is to compute; shared by the samplers of all sequences of a context. */
class DeviceGraph {
  public:
    DeviceGraph(const LlamaFunctions& llama, int64_t vocabulary_size)
        : llama_(llama), vocabulary_size_(vocabulary_size) {}

    BatchLayout layout;
    DeviceWork work;
    /** The sequence whose sampler builds the nodes for all rows: one with an output. */
    llama_seq_id designated = 0;
    /** What the inputs are filled with: [rows], those that `work` has use for. */
    std::vector<int32_t> targets, rows;
    std::vector<float> draws;
    /** How many graphs were given these since it was last set to 0. */
    int times_filled = 0;

    /** Where the logits are computed; nullptr while unknown. */
    ggml_backend_dev_t device() const { return device_; }
    /** Why it cannot be done there, a sentence; empty where it can. */
    const std::string& refusal() const { return refusal_; }
    void refuse(std::string reason);

    /** Whether llama.cpp would take its last graph again though it computes something else. */
    bool would_mislead() const { return built_ && built_layout_ == layout && built_work_ != work; }

    void look_at(ggml_backend_buffer_type_t type);
    void build(ggml_context* context, llama_seq_id slot, uint32_t spare_nodes, llama_sampler_data* data);
    void fill_inputs();
    void forget();

  private:
    template <typename Value> bool fill(ggml_tensor* input, const std::vector<Value>& values) const;

    const LlamaFunctions& llama_;
    int64_t vocabulary_size_;
    ggml_backend_dev_t device_ = nullptr;
    std::string refusal_;
    bool built_ = false;
    BatchLayout built_layout_;
    DeviceWork built_work_;
    DeviceInputs inputs_;
};

/** What llama.cpp calls for one sequence; it must outlive the chain made of it. */
struct DeviceSampler {
    DeviceGraph* graph;
    llama_seq_id slot;
    uint32_t spare_nodes = 0;
};

/** A new chain with `sampler` in it, as llama.cpp wants one a sequence; to be freed with llama_sampler_free. */
llama_sampler* make_chain(const LlamaFunctions& llama, DeviceSampler& sampler);

} // namespace telltale
