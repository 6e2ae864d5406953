#include "device_sampler.hpp"

#include <algorithm>
#include <utility>

namespace telltale {

namespace {

/** Nodes of the largest graph, with room to spare. */
constexpr uint32_t kNodes = 80;

DeviceSampler& of(llama_sampler* sampler) {
    return *static_cast<DeviceSampler*>(sampler->ctx);
}

const char* name(const llama_sampler*) {
    return "telltale";
}

void choose(llama_sampler*, llama_token_data_array*) {}

bool init(llama_sampler* sampler, ggml_backend_buffer_type_t type, uint32_t outputs) {
    of(sampler).spare_nodes = 2 + kNodes / std::max(1u, outputs);
    of(sampler).graph->look_at(type);
    return true;
}

void apply(llama_sampler* sampler, ggml_context* context, ggml_cgraph*, llama_sampler_data* data) {
    const DeviceSampler& self = of(sampler);
    self.graph->build(context, self.slot, self.spare_nodes, data);
}

void set_input(llama_sampler* sampler) {
    const DeviceSampler& self = of(sampler);
    if (self.slot == self.graph->designated) self.graph->fill_inputs();
}

void reset(llama_sampler* sampler) {
    of(sampler).graph->forget();
}

llama_sampler_i* callbacks() {
    static llama_sampler_i table = [] {
        llama_sampler_i made{};
        made.name = name;
        made.apply = choose;
        made.backend_init = init;
        made.backend_apply = apply;
        made.backend_set_input = set_input;
        made.backend_reset = reset;
        return made;
    }();
    return &table;
}

} // namespace

void DeviceGraph::refuse(std::string reason) {
    if (refusal_.empty()) refusal_ = std::move(reason);
}

void DeviceGraph::look_at(ggml_backend_buffer_type_t type) {
    if (device_ != nullptr) return;
    device_ = llama_.ggml_backend_buft_get_device(type);
    if (device_ == nullptr) return;
    const char* operation = unsupported_operation(llama_, device_, vocabulary_size_);
    if (operation == nullptr) return;
    refuse(std::string("The device ") + llama_.ggml_backend_dev_name(device_) + " lacks the operation " + operation +
           ".");
}

void DeviceGraph::build(ggml_context* context, llama_seq_id slot, uint32_t spare_nodes, llama_sampler_data* data) {
    const ggml_tensor* padded = data->logits->view_src;
    data->logits = data->probs = data->sampled = data->candidates = nullptr; // nothing asked for is nothing copied
    if (padded == nullptr) {
        // llama.cpp counts the tensors made here, to know how many nodes its graph needs for each output.
        for (uint32_t i = 0; i < spare_nodes; ++i)
            llama_.ggml_new_tensor_1d(context, GGML_TYPE_F32, 1);
        return;
    }
    if (slot != designated || built_ || padded->op != GGML_OP_PAD || padded->src[0]->ne[1] == 0) return;
    built_ = true;
    built_layout_ = layout;
    built_work_ = work;
    const DeviceOutputs outputs = build_device_graph(llama_, context, padded->src[0], work, inputs_);
    data->probs = outputs.excess;
    data->logits = outputs.sum;
    data->candidates = outputs.tokens;
}

template <typename Value> bool DeviceGraph::fill(ggml_tensor* input, const std::vector<Value>& values) const {
    if (input == nullptr) return true;
    if (llama_.ggml_nbytes(input) != values.size() * sizeof(Value)) return false;
    llama_.ggml_backend_tensor_set(input, values.data(), 0, values.size() * sizeof(Value));
    return true;
}

void DeviceGraph::fill_inputs() {
    if (!built_ || built_work_ != work) return;
    if (fill(inputs_.targets, targets) && fill(inputs_.draws, draws) && fill(inputs_.rows, rows)) ++times_filled;
}

void DeviceGraph::forget() {
    built_ = false;
    inputs_ = {};
}

llama_sampler* make_chain(const LlamaFunctions& llama, DeviceSampler& sampler) {
    llama_sampler* chain = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params());
    llama.llama_sampler_chain_add(chain, llama.llama_sampler_init(callbacks(), &sampler));
    return chain;
}

} // namespace telltale
