// A GGUF model: its weights, its vocabulary and the adapters loaded for it.
#pragma once

#include "llama_library.hpp"

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace telltale {

struct ModelOptions {
    std::string path;
    int32_t gpu_layers;                              // negative: all
    std::optional<std::vector<std::string>> devices; // names; absent: all GPUs; none: the processor only
    std::vector<float> tensor_split;                 // one share a device, or none at all
    bool mmap;
    bool check_tensors;
    bool vocabulary_only;                               // no weights are read: no context can be made
    std::shared_ptr<const std::atomic<bool>> cancelled; // set from any thread: loading ends with Cancelled
};

struct ModelFacts {
    std::string description, architecture, file_type, chat_template;
    bool has_chat_template;
    uint64_t parameters, size_bytes;
    int32_t layers, embedding, trained_context, vocabulary_size;
    std::string vocabulary_type;
    llama_token bos, eos, eot;
    bool add_bos;
    bool can_share_head;
};

class Model {
  public:
    /** Loads the file; throws BAD_MODEL when llama.cpp refuses it or it is no causal language model, or Cancelled. */
    Model(std::shared_ptr<const LlamaLibrary> library, const ModelOptions& options);
    ~Model();
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    const LlamaFunctions& llama() const { return library_->functions(); }
    llama_model* get() const { return model_; }
    /** See LlamaLibrary. */
    void take_log() const { library_->take_log(); }
    int32_t vocabulary_size() const { return vocabulary_size_; }
    bool is_eog(llama_token token) const { return llama().llama_vocab_is_eog(vocabulary_, token); }
    /** Recurrent and hybrid memories cannot be cut back to a common head. */
    bool can_share_head() const { return can_share_head_; }
    /** Whether the weights were left out. */
    bool vocabulary_only() const { return vocabulary_only_; }
    /** No layer was asked to be on a GPU. */
    bool on_cpu() const { return on_cpu_; }

    ModelFacts facts() const;

    /**
     * Throws BAD_MODEL where a special token is to be added that the vocabulary does not have, or the text holds what
     * it cannot express.
     */
    std::vector<llama_token> tokenize(std::string_view text, bool add_special, bool parse_special) const;

    /** The bytes of one token; a special token gives its text. Throws BAD_ARGUMENT for an id out of range. */
    std::string piece(llama_token token) const;

    int32_t attributes(llama_token token) const { return llama().llama_vocab_get_attr(vocabulary_, token); }

    /** Throws BAD_ARGUMENT unless 0 <= token < vocabulary size: llama.cpp would abort on it. */
    void check_token(llama_token token) const;

    /** Loads a LoRA adapter once per path; it lives as long as the model. Throws BAD_ADAPTER. */
    llama_adapter_lora* adapter(const std::string& path);

  private:
    std::string metadata(const char* key) const;
    void check_special_tokens() const;

    std::shared_ptr<const LlamaLibrary> library_;
    llama_model* model_ = nullptr;
    const llama_vocab* vocabulary_ = nullptr;
    int32_t vocabulary_size_ = 0;
    bool can_share_head_ = true;
    bool vocabulary_only_;
    bool on_cpu_;
    std::mutex adapters_mutex_;
    std::map<std::string, llama_adapter_lora*> adapters_;
};

} // namespace telltale
