#include "device_readout.hpp"

#include "error.hpp"

#include <algorithm>
#include <cmath>

namespace telltale {

namespace {

constexpr size_t kMostPinned = 2ull << 30, kFewestOutputs = 64;

/** One micro-batch: sequences that follow one another, with as many tokens each. */
bool is_even(const std::vector<llama_seq_id>& slots) {
    const auto count = static_cast<size_t>(std::ranges::count(slots, slots.front()));
    for (size_t i = 0; i < slots.size(); ++i) {
        if (slots[i] != slots.front() + static_cast<llama_seq_id>(i / count)) return false;
    }
    return slots.size() % count == 0;
}

} // namespace

size_t most_device_outputs(size_t vocabulary_size) {
    return std::max(kFewestOutputs, kMostPinned / (4 * sizeof(float) * vocabulary_size));
}

DeviceReadout::DeviceReadout(const LlamaFunctions& llama, llama_context* context, size_t vocabulary_size,
                             llama_seq_id slots, size_t most_outputs)
    : llama_(llama), context_(context), most_outputs_(std::min(most_outputs, vocabulary_size)),
      graph_(llama, static_cast<int64_t>(vocabulary_size)) {
    samplers_.reserve(static_cast<size_t>(slots));
    for (llama_seq_id slot = 0; slot < slots; ++slot)
        samplers_.push_back({&graph_, slot});
    chains_.assign(samplers_.size(), nullptr);
}

// The context is gone by now, or about to go: nothing is detached from it.
DeviceReadout::~DeviceReadout() {
    for (llama_sampler* chain : chains_) {
        if (chain != nullptr) llama_.llama_sampler_free(chain);
    }
}

bool DeviceReadout::on_cpu() const {
    const ggml_backend_dev_t device = graph_.device();
    return device == nullptr || llama_.ggml_backend_dev_type(device) == GGML_BACKEND_DEVICE_TYPE_CPU;
}

std::string DeviceReadout::attach() {
    for (size_t slot = 0; slot < chains_.size(); ++slot) {
        if (chains_[slot] == nullptr) renew(slot);
    }
    if (!graph_.refusal().empty()) detach();
    return graph_.refusal();
}

/** A sampler llama.cpp has not seen: it makes its graphs anew. */
void DeviceReadout::renew(size_t slot) {
    llama_sampler* chain = make_chain(llama_, samplers_[slot]);
    if (!llama_.llama_set_sampler(context_, static_cast<llama_seq_id>(slot), chain))
        graph_.refuse("llama.cpp takes no sampler with a model divided by tensors.");
    if (chains_[slot] != nullptr) llama_.llama_sampler_free(chains_[slot]);
    chains_[slot] = chain;
}

void DeviceReadout::detach() {
    for (size_t slot = 0; slot < chains_.size(); ++slot) {
        if (chains_[slot] == nullptr) continue;
        llama_.llama_set_sampler(context_, static_cast<llama_seq_id>(slot), nullptr);
        llama_.llama_sampler_free(chains_[slot]);
        chains_[slot] = nullptr;
    }
    graph_.forget();
}

bool DeviceReadout::prepare(const Batch& batch, const Sampling* sampling) {
    const std::vector<Wish>& wishes = batch.wishes();
    if (wishes.empty()) return true; // no row is asked for, so none is copied either way
    const auto chosen = static_cast<size_t>(std::ranges::count(wishes, kChoose, &Wish::target));
    const bool filtered = chosen != 0 && sampling != nullptr && sampling->filters();
    const bool both = chosen != 0 && chosen != wishes.size();
    // Beside likeliest tokens a greedy choice is one of them.
    const bool unserved = batch.wants_tops() ? sampling != nullptr : both;
    if (filtered || unserved || std::max(batch.outputs(), wishes.size()) > most_outputs_ || !is_even(batch.slots())) {
        detach();
        return false;
    }
    graph_.work.tops = batch.wants_tops();
    graph_.work.choose = chosen != 0 && !graph_.work.tops;
    graph_.work.sharpness = !graph_.work.choose ? 1 : sampling != nullptr ? 1 / sampling->temperature : kGreedy;
    fill(batch);
    graph_.layout = {batch.slots(), batch.output_flags()};
    const auto first = std::ranges::find(graph_.layout.outputs, int8_t{1}) - graph_.layout.outputs.begin();
    graph_.designated = graph_.layout.slots[static_cast<size_t>(first)];
    graph_.times_filled = 0;
    if (!attach().empty()) return false;
    // llama.cpp takes its last graph again for a batch laid out alike, whatever it is to compute of the logits.
    if (graph_.would_mislead()) renew(static_cast<size_t>(graph_.designated));
    return true;
}

/** One value an output where no output is wanted twice; else one a wish, with the outputs to gather. */
void DeviceReadout::fill(const Batch& batch) {
    const std::vector<int8_t>& outputs = batch.output_flags();
    std::vector<int32_t> row_of(outputs.size());
    for (int32_t i = 0, row = 0; i < static_cast<int32_t>(outputs.size()); ++i) {
        row_of[static_cast<size_t>(i)] = row;
        row += outputs[static_cast<size_t>(i)];
    }
    const std::vector<Wish>& wishes = batch.wishes();
    graph_.rows.clear();
    for (const Wish& wish : wishes)
        graph_.rows.push_back(row_of[wish.token]);
    // In order and each once: without a copy of the logits.
    const bool gathered = std::ranges::adjacent_find(graph_.rows, std::greater_equal<>()) != graph_.rows.end();
    graph_.work.gathered = gathered ? static_cast<uint32_t>(wishes.size()) : 0;
    const size_t rows = gathered ? wishes.size() : batch.outputs();
    graph_.targets.assign(rows, 0);
    graph_.draws.assign(rows, 0);
    for (size_t i = 0; i < wishes.size(); ++i) {
        const size_t place = gathered ? i : static_cast<size_t>(graph_.rows[i]);
        graph_.targets[place] = std::max(0, wishes[i].target);
        // A draw just below 1 must not become 1 in float32.
        graph_.draws[place] = std::min(static_cast<float>(wishes[i].draw), std::nextafter(1.0f, 0.0f));
    }
}

void DeviceReadout::read(const Batch& batch, const Sampling* sampling, int32_t, const Readings& readings, Work& work) {
    const std::vector<Wish>& wishes = batch.wishes();
    if (wishes.empty()) return;
    const size_t rows = graph_.targets.size();
    std::atomic<uint64_t>& time = graph_.work.choose && sampling != nullptr ? work.sampling : work.log_softmax;
    const Stopwatch watch(time);
    const auto first =
        static_cast<int32_t>(std::ranges::find(graph_.layout.outputs, int8_t{1}) - graph_.layout.outputs.begin());
    const float* excess = llama_.llama_get_sampled_probs_ith(context_, first);
    const float* sum = llama_.llama_get_sampled_logits_ith(context_, first);
    const bool named = graph_.work.choose || graph_.work.tops;
    const llama_token* tokens = named ? llama_.llama_get_sampled_candidates_ith(context_, first) : nullptr;
    if (graph_.times_filled != 1 || excess == nullptr || sum == nullptr ||
        llama_.llama_get_sampled_probs_count_ith(context_, first) != rows ||
        llama_.llama_get_sampled_logits_count_ith(context_, first) != rows ||
        (named && llama_.llama_get_sampled_candidates_count_ith(context_, first) != rows)) {
        throw Error("ENGINE_FAILED", "llama.cpp did not compute what was asked for on the device: set the reduction to "
                                     "\"host\".");
    }
    for (size_t i = 0; i < wishes.size(); ++i) {
        const size_t place = graph_.work.gathered != 0 ? i : static_cast<size_t>(graph_.rows[i]);
        const double log_sum = std::log(static_cast<double>(sum[place]));
        if (graph_.work.tops) readings.tops[i] = {tokens[place], checked_logprob(-log_sum)};
        if (graph_.work.tops && wishes[i].target == kChoose) {
            readings.choices[i] = readings.tops[i];
            continue;
        }
        const float logprob = checked_logprob(static_cast<double>(excess[place]) - log_sum);
        readings.choices[i] = {graph_.work.choose ? tokens[place] : wishes[i].target, logprob};
    }
    work.bytes_read += rows * (2 * sizeof(float) + (tokens != nullptr ? sizeof(llama_token) : 0));
}

} // namespace telltale
