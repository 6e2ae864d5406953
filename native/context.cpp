#include "context.hpp"

#include "batch_planner.hpp"
#include "error.hpp"
#include "reduction_proof.hpp"

#include <algorithm>
#include <chrono>

namespace telltale {

Context::Context(std::shared_ptr<Model> model, const ContextOptions& options)
    : model_(std::move(model)), llama_(model_->llama()), threads_(llama_), kernel_(best_kernel()),
      governor_(options.threads), governed_(model_->on_cpu()), share_head_(options.share_head) {
    model_->take_log();
    const size_t most = llama_.llama_max_parallel_sequences();
    if (options.sequences < 1 || options.sequences > most) {
        throw Error("BAD_ARGUMENT", "A context takes 1 to " + std::to_string(most) + " sequences, not " +
                                        std::to_string(options.sequences) + ".");
    }
    if (options.batch < options.sequences) {
        throw Error("BAD_ARGUMENT", "n_batch (" + std::to_string(options.batch) +
                                        ") must be at least the number of sequences (" +
                                        std::to_string(options.sequences) + ").");
    }
    // The spare one stands beside a token that is alone in its batch.
    const uint32_t slots = std::min(options.sequences + 1, static_cast<uint32_t>(most));
    const uint64_t total = static_cast<uint64_t>(options.context_sequence) * slots;
    if (options.context_sequence < 1 || total > UINT32_MAX / 2) {
        throw Error("BAD_ARGUMENT", "A context of " + std::to_string(options.context_sequence) +
                                        " tokens for each of " + std::to_string(options.sequences) +
                                        " sequences is out of range.");
    }
    if (options.threads < 1 || options.threads > GGML_MAX_N_THREADS) {
        throw Error("BAD_ARGUMENT", "The number of threads must be 1 to " + std::to_string(GGML_MAX_N_THREADS) + ".");
    }
    std::vector<llama_adapter_lora*> adapters;
    std::vector<float> scales;
    for (const AdapterChoice& choice : options.adapters) {
        adapters.push_back(model_->adapter(choice.path));
        scales.push_back(choice.scale);
    }

    llama_context_params params = llama_.llama_context_default_params();
    params.n_ctx = static_cast<uint32_t>(total);
    params.n_batch = std::max(options.batch, slots);
    params.n_ubatch = params.n_batch;
    params.n_seq_max = slots;
    params.n_outputs_max_per_seq = 0; // as many as the batch: scoring wants an output at nearly every token
    params.n_threads = options.threads;
    params.n_threads_batch = options.threads;
    params.type_k = options.kv_type_k;
    params.type_v = options.kv_type_v;
    params.flash_attn_type = options.flash_attention;
    params.kv_unified = false; // each sequence attends over its own tokens only
    params.no_perf = true;
    try {
        context_ = llama_.llama_init_from_model(model_->get(), params);
    } catch (const std::exception& error) {
        throw Error("ENGINE_FAILED", std::string("llama.cpp cannot make a context: ") + error.what() + ".");
    }
    if (context_ == nullptr) {
        throw Error("ENGINE_FAILED",
                    "llama.cpp cannot make a context of " + std::to_string(total) +
                        " tokens; its log says why. Fewer sequences or a shorter context need less memory.");
    }
    try {
        set_up(options, adapters, scales);
    } catch (...) {
        llama_.llama_free(context_);
        throw;
    }
}

void Context::set_up(const ContextOptions& options, std::vector<llama_adapter_lora*>& adapters,
                     std::vector<float>& scales) {
    memory_ = llama_.llama_get_memory(context_);
    if (memory_ == nullptr) throw Error("BAD_MODEL", "The model has no KV cache or state: it cannot continue text.");
    if (!adapters.empty() &&
        llama_.llama_set_adapters_lora(context_, adapters.data(), adapters.size(), scales.data()) != 0) {
        throw Error("BAD_ADAPTER", "llama.cpp refuses to apply the adapter; its log says why.");
    }
    llama_.llama_set_abort_callback(
        context_, [](void* self) { return static_cast<Context*>(self)->cancelled_.load(); }, this);
    threads_.attach(context_, options.threads);
    host_ = std::make_unique<HostReadout>(llama_, context_, kernel_, static_cast<size_t>(model_->vocabulary_size()));
    slots_ = static_cast<llama_seq_id>(llama_.llama_n_seq_max(context_));
    facts_ = {llama_.llama_n_ctx_seq(context_) * options.sequences,
              llama_.llama_n_ctx_seq(context_),
              std::min(options.batch, llama_.llama_n_batch(context_)),
              std::min(options.batch, llama_.llama_n_ubatch(context_)),
              options.sequences,
              llama_.llama_n_threads_batch(context_),
              kernel_.name,
              false,
              {}};
    most_outputs_ = facts_.n_ubatch;
    choose_readout(options);
}

void Context::choose_readout(const ContextOptions& options) {
    if (options.reduction == Reduction::host || (options.reduction == Reduction::automatic && model_->on_cpu())) return;
    const auto vocabulary_size = static_cast<size_t>(model_->vocabulary_size());
    const size_t most = most_device_outputs(vocabulary_size);
    device_ = std::make_unique<DeviceReadout>(llama_, context_, vocabulary_size, slots_, most);
    facts_.reduction_notice = device_->attach();
    // With the last layer left on the CPU there is no row to be copied.
    const bool worthwhile = options.reduction == Reduction::device || !device_->on_cpu();
    if (worthwhile && facts_.reduction_notice.empty())
        facts_.reduction_notice = try_device(options.reduction_tolerance);
    facts_.reduced_on_device = worthwhile && facts_.reduction_notice.empty();
    if (facts_.reduced_on_device) {
        most_outputs_ = static_cast<uint32_t>(std::min<size_t>(most_outputs_, most));
    } else {
        device_->detach();
        device_.reset();
    }
    work_.reset();
}

/** Why the device is not to be relied on, a sentence; empty where it is. */
std::string Context::try_device(double tolerance) {
    const auto trial = [&](DeviceReadout* device) {
        return [this, device](Batch& batch, const Sampling* sampling) {
            forget();
            if (device == nullptr) {
                device_->detach();
            } else if (!device->prepare(batch, sampling)) {
                throw Error("ENGINE_FAILED", "The device cannot serve the batches that would prove it.");
            }
            run(batch);
            read(batch, sampling, device != nullptr ? *device : static_cast<Readout&>(*host_));
            std::vector<Choice> answers = choices_;
            answers.insert(answers.end(), tops_.begin(), tops_.end());
            return answers;
        };
    };
    const ProofShape shape{facts_.n_sequences, facts_.n_ctx_sequence, facts_.n_ubatch,
                           static_cast<uint32_t>(model_->vocabulary_size())};
    std::string notice;
    try {
        notice = difference(trial(nullptr), trial(device_.get()), shape, tolerance);
    } catch (const Error& error) {
        notice = error.what();
    }
    forget();
    return notice;
}

Context::~Context() {
    llama_.llama_free(context_);
}

void Context::forget() {
    llama_.llama_memory_clear(memory_, false);
    head_.clear();
}

void Context::use_head(TokenSpan head) {
    if (head.size() > facts_.n_ctx_sequence) {
        throw Error("BAD_ARGUMENT", "The head of " + std::to_string(head.size()) +
                                        " tokens is longer than a sequence (" + std::to_string(facts_.n_ctx_sequence) +
                                        ").");
    }
    const auto slots = static_cast<llama_seq_id>(facts_.n_sequences);
    if (!head_.empty() && std::ranges::equal(head, head_)) {
        for (llama_seq_id slot = 0; slot < slots; ++slot)
            reset(slot);
        return;
    }
    forget();
    if (head.empty()) return;
    const size_t padded =
        std::min(padded_length(static_cast<uint32_t>(head.size()), facts_.n_ubatch), facts_.n_ctx_sequence);
    Batch batch;
    for (size_t start = 0; start < padded; start += facts_.n_ubatch) {
        batch.clear();
        for (size_t i = start; i < std::min<size_t>(padded, start + facts_.n_ubatch); ++i)
            batch.add(i < head.size() ? head[i] : head[0], static_cast<llama_pos>(i), 0);
        decode(batch);
    }
    if (padded > head.size()) truncate(0, head.size());
    for (llama_seq_id slot = 1; slot < slots; ++slot)
        copy(0, slot);
    head_.assign(head.begin(), head.end());
}

void Context::truncate(llama_seq_id slot, size_t length) {
    const Stopwatch watch(work_.copies);
    const llama_pos from = length == 0 ? -1 : static_cast<llama_pos>(length);
    if (slot < 0 || slot >= slots_ || !llama_.llama_memory_seq_rm(memory_, slot, from, -1)) {
        throw Error("ENGINE_FAILED", "llama.cpp refused to cut sequence " + std::to_string(slot) + " back to " +
                                         std::to_string(length) + " tokens.");
    }
}

void Context::copy(llama_seq_id from, llama_seq_id to) {
    const auto slots = static_cast<llama_seq_id>(facts_.n_sequences);
    if (from < 0 || to < 0 || from >= slots || to >= slots) {
        throw Error("ENGINE_FAILED", "A copy between sequences " + std::to_string(from) + " and " + std::to_string(to) +
                                         " is out of range.");
    }
    const Stopwatch watch(work_.copies);
    llama_.llama_memory_seq_cp(memory_, from, to, -1, -1); // a partial range aborts the process
}

std::span<const Choice> Context::decode(Batch& batch, const Sampling* sampling) {
    if (cancelled_) {
        forget();
        throw Cancelled{};
    }
    if (batch.size() == 0 || batch.size() > facts_.n_ubatch ||
        batch.max_slot() >= static_cast<llama_seq_id>(facts_.n_sequences)) {
        throw Error("ENGINE_FAILED", "A batch of " + std::to_string(batch.size()) + " tokens does not fit n_batch " +
                                         std::to_string(facts_.n_ubatch) + ".");
    }
    const llama_seq_id beside = batch.max_slot() + 1;
    const bool lone = batch.size() == 1 && beside < slots_;
    if (lone) batch.repeat(static_cast<llama_pos>(head_.size()), beside);
    if (batch.outputs() == 1) batch.want_another_output();
    Readout& readout =
        device_ != nullptr && device_->prepare(batch, sampling) ? *device_ : static_cast<Readout&>(*host_);
    run(batch);
    if (lone) reset(beside); // also when reading fails
    read(batch, sampling, readout);
    return choices_;
}

void Context::read(const Batch& batch, const Sampling* sampling, Readout& readout) {
    choices_.resize(batch.wishes().size());
    tops_.resize(batch.wants_tops() ? choices_.size() : 0);
    readout.read(batch, sampling, governor_.threads(), {choices_, tops_}, work_);
}

void Context::run(Batch& batch) {
    int32_t status = 0;
    try {
        const Stopwatch watch(work_.decode);
        status = governed_ ? governed_decode(batch) : llama_.llama_decode(context_, batch.view());
        // A GPU is still computing then; who reads would wait for it, and the time would count as reading.
        if (status == 0 && !batch.wishes().empty()) llama_.llama_synchronize(context_);
    } catch (const std::exception& error) {
        forget();
        throw Error("ENGINE_FAILED", std::string("llama.cpp failed to decode: ") + error.what() + ".");
    }
    if (status == 0) return;
    forget();
    if (status == 2 && cancelled_) throw Cancelled{};
    throw Error("ENGINE_FAILED",
                "llama_decode returned " + std::to_string(status) +
                    (status == 1 ? ": the KV cache has no room for the batch." : "; its log says why."));
}

int32_t Context::governed_decode(Batch& batch) {
    using Clock = std::chrono::steady_clock;
    ProcessorUse before{}, after{};
    const bool known = read_processor_use(before);
    const Clock::time_point start = Clock::now();
    const int32_t status = llama_.llama_decode(context_, batch.view());
    if (known && read_processor_use(after)) {
        governor_.record(std::chrono::duration<double>(Clock::now() - start).count(), before, after);
        llama_.llama_set_n_threads(context_, governor_.threads(), governor_.threads());
    }
    return status;
}

} // namespace telltale
