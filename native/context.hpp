// One llama_context with its guards: what would abort the process inside llama.cpp is refused here first.
#pragma once

#include "batch.hpp"
#include "cancelled.hpp"
#include "device_readout.hpp"
#include "host_readout.hpp"
#include "log_softmax.hpp"
#include "model.hpp"
#include "thread_governor.hpp"
#include "thread_pool.hpp"

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace telltale {

using Tokens = std::vector<llama_token>;
using TokenSpan = std::span<const llama_token>;

struct AdapterChoice {
    std::string path;
    float scale;
};

/** Where rows of logits become log-probabilities and tokens; automatic: on the device if that is a GPU. */
enum class Reduction { automatic, host, device };

struct ContextOptions {
    uint32_t sequences;        // slots, 1 to llama_max_parallel_sequences()
    uint32_t context_sequence; // tokens a slot can hold
    uint32_t batch;            // tokens in one decode, which is one micro-batch; at least `sequences`
    int32_t threads;
    ggml_type kv_type_k, kv_type_v;
    llama_flash_attn_type flash_attention;
    std::vector<AdapterChoice> adapters;
    bool share_head; // else the head is decoded with every item
    Reduction reduction;
    double reduction_tolerance; // nats by which the device may differ from the host when it is tried at the start
};

struct ContextFacts {
    uint32_t n_ctx, n_ctx_sequence, n_batch, n_ubatch, n_sequences;
    int32_t threads;
    const char* kernel;
    bool reduced_on_device;
    std::string reduction_notice; // why not, where it might have been; else empty
};

class Context {
  public:
    Context(std::shared_ptr<Model> model, const ContextOptions& options);
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    Model& model() const { return *model_; }
    /** Whether a head can stay in every slot. */
    bool can_share_head() const { return share_head_ && model_->can_share_head(); }
    const ContextFacts& facts() const { return facts_; }

    /** Rows of logits best asked for in one batch. */
    uint32_t most_outputs() const { return most_outputs_; }

    /** Asks the running job to stop, from any thread; it ends with Cancelled between two graph nodes or decodes. */
    void cancel() { cancelled_ = true; }
    void allow() { cancelled_ = false; }

    /** What the jobs of this context have spent since it was last reset. */
    Work& work() { return work_; }

    /** Makes every slot hold exactly `head` (decoded once, kept for the next job with the same head). */
    void use_head(TokenSpan head);
    size_t head_size() const { return head_.size(); }

    /** Cuts a slot back to the head. */
    void reset(llama_seq_id slot) { truncate(slot, head_.size()); }

    /** Cuts a slot back to its first `length` tokens. */
    void truncate(llama_seq_id slot, size_t length);

    /** Makes slot `to` hold what `from` holds. */
    void copy(llama_seq_id from, llama_seq_id to);

    /**
     * Decodes, and reads what the batch wants: a choice for each wish, in their order, valid until the next call.
     * `sampling`: how tokens are drawn; nullptr: greedy. Throws Cancelled, NON_FINITE, or ENGINE_FAILED with
     * llama.cpp's status. llama.cpp multiplies with a single row by other paths, with other rounding, than with
     * several. So that a sequence's numbers do not depend on what stands beside it, a lone token gets a second one in
     * the next slot, which must hold nothing beyond the head, and a lone output a second one.
     */
    std::span<const Choice> decode(Batch& batch, const Sampling* sampling = nullptr);

    /** Where the decoded batch wanted them: the likeliest token beside each wish, valid as long. */
    std::span<const Choice> tops() const { return tops_; }

  private:
    void set_up(const ContextOptions& options, std::vector<llama_adapter_lora*>& adapters, std::vector<float>& scales);
    void choose_readout(const ContextOptions& options);
    std::string try_device(double tolerance);
    void read(const Batch& batch, const Sampling* sampling, Readout& readout);
    void forget();
    int32_t governed_decode(Batch& batch);
    void run(Batch& batch);

    std::shared_ptr<Model> model_;
    const LlamaFunctions& llama_;
    ThreadPool threads_;
    llama_context* context_ = nullptr;
    llama_memory_t memory_ = nullptr;
    llama_seq_id slots_ = 0; // facts_.n_sequences and a spare one
    ContextFacts facts_{};
    const Kernel& kernel_;
    ThreadGovernor governor_;
    bool governed_; // with layers on a GPU little processor time is no sign of a crowd
    bool share_head_;
    std::unique_ptr<HostReadout> host_;
    std::unique_ptr<DeviceReadout> device_; // where rows are reduced there
    uint32_t most_outputs_ = 0;
    std::vector<Choice> choices_, tops_;
    Work work_;
    Tokens head_;
    std::atomic<bool> cancelled_{false};
};

} // namespace telltale
