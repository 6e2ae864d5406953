#include "model.hpp"

#include "cancelled.hpp"
#include "error.hpp"

#include <algorithm>
#include <climits>
#include <stdexcept>

namespace telltale {

namespace {

/** The devices of those names, ended by a null pointer as llama.cpp wants it. */
std::vector<ggml_backend_dev_t> devices_named(const LlamaFunctions& llama, const std::vector<std::string>& names) {
    std::vector<ggml_backend_dev_t> devices;
    for (const std::string& name : names) {
        ggml_backend_dev_t found = nullptr;
        for (size_t i = 0; found == nullptr && i < llama.ggml_backend_dev_count(); ++i) {
            ggml_backend_dev_t device = llama.ggml_backend_dev_get(i);
            if (name == llama.ggml_backend_dev_name(device)) found = device;
        }
        if (found == nullptr) throw Error("BAD_ARGUMENT", "llama.cpp knows no device " + name + ".");
        devices.push_back(found);
    }
    devices.push_back(nullptr);
    return devices;
}

} // namespace

Model::Model(std::shared_ptr<const LlamaLibrary> library, const ModelOptions& options)
    : library_(std::move(library)), vocabulary_only_(options.vocabulary_only), on_cpu_(options.gpu_layers == 0) {
    take_log();
    llama_model_params params = llama().llama_model_default_params();
    params.n_gpu_layers = options.gpu_layers;
    std::vector<ggml_backend_dev_t> devices;
    if (options.devices) {
        // With an empty list even a library with GPU backends multiplies nothing on a GPU.
        devices = devices_named(llama(), *options.devices);
        params.devices = devices.data();
    }
    std::vector<float> split = options.tensor_split;
    if (!split.empty()) {
        split.resize(llama().llama_max_devices());
        params.tensor_split = split.data();
    }
    // "Auto" maps the file unless a device cannot compute from a mapping.
    params.load_mode = options.mmap ? LLAMA_LOAD_MODE_AUTO : LLAMA_LOAD_MODE_NONE;
    params.vocab_only = options.vocabulary_only;
    params.check_tensors = options.check_tensors;
    params.progress_callback = [](float, void* data) { return !static_cast<const std::atomic<bool>*>(data)->load(); };
    params.progress_callback_user_data = const_cast<std::atomic<bool>*>(options.cancelled.get());
    try {
        model_ = llama().llama_model_load_from_file(options.path.c_str(), params);
    } catch (const std::exception& error) {
        throw Error("BAD_MODEL", std::string("llama.cpp cannot load the model: ") + error.what() + ".");
    }
    if (model_ == nullptr && *options.cancelled) throw Cancelled{};
    if (model_ == nullptr) throw Error("BAD_MODEL", "llama.cpp cannot load the model; its log says why.");
    vocabulary_ = llama().llama_model_get_vocab(model_);
    vocabulary_size_ = llama().llama_vocab_n_tokens(vocabulary_);
    can_share_head_ = !llama().llama_model_is_recurrent(model_) && !llama().llama_model_is_hybrid(model_);
    const char* refusal = nullptr;
    if (llama().llama_model_has_encoder(model_))
        refusal = "it has an encoder; only causal (decoder-only) models continue text";
    else if (!llama().llama_model_has_decoder(model_))
        refusal = "it has no decoder";
    else if (llama().llama_model_is_diffusion(model_))
        refusal = "it is a diffusion model without next-token probabilities";
    else if (llama().llama_vocab_type(vocabulary_) == LLAMA_VOCAB_TYPE_NONE || vocabulary_size_ <= 0)
        refusal = "it has no vocabulary";
    if (refusal != nullptr) {
        llama().llama_model_free(model_);
        throw Error("BAD_MODEL", std::string("The model cannot be audited: ") + refusal + ".");
    }
}

Model::~Model() {
    llama().llama_model_free(model_);
}

std::string Model::metadata(const char* key) const {
    char value[256];
    const int32_t length = llama().llama_model_meta_val_str(model_, key, value, sizeof value);
    return length < 0 ? "" : value;
}

ModelFacts Model::facts() const {
    char description[256] = "";
    llama().llama_model_desc(model_, description, sizeof description);
    const char* chat_template = llama().llama_model_chat_template(model_, nullptr);
    const char* type = "unknown";
    switch (llama().llama_vocab_type(vocabulary_)) {
    case LLAMA_VOCAB_TYPE_SPM:
        type = "spm";
        break;
    case LLAMA_VOCAB_TYPE_BPE:
        type = "bpe";
        break;
    case LLAMA_VOCAB_TYPE_WPM:
        type = "wpm";
        break;
    case LLAMA_VOCAB_TYPE_UGM:
        type = "ugm";
        break;
    case LLAMA_VOCAB_TYPE_RWKV:
        type = "rwkv";
        break;
    case LLAMA_VOCAB_TYPE_PLAMO2:
        type = "plamo2";
        break;
    default:
        break;
    }
    const char* file_type = llama().llama_ftype_name(llama().llama_model_ftype(model_));
    ModelFacts facts;
    facts.description = description;
    facts.architecture = metadata("general.architecture");
    facts.file_type = file_type != nullptr ? file_type : "unknown";
    facts.chat_template = chat_template != nullptr ? chat_template : "";
    facts.has_chat_template = chat_template != nullptr;
    facts.parameters = llama().llama_model_n_params(model_);
    facts.size_bytes = llama().llama_model_size(model_);
    facts.layers = llama().llama_model_n_layer(model_);
    facts.embedding = llama().llama_model_n_embd(model_);
    facts.trained_context = llama().llama_model_n_ctx_train(model_);
    facts.vocabulary_size = vocabulary_size_;
    facts.vocabulary_type = type;
    facts.bos = llama().llama_vocab_bos(vocabulary_);
    facts.eos = llama().llama_vocab_eos(vocabulary_);
    facts.eot = llama().llama_vocab_eot(vocabulary_);
    facts.add_bos = llama().llama_vocab_get_add_bos(vocabulary_);
    facts.can_share_head = can_share_head_;
    return facts;
}

std::vector<llama_token> Model::tokenize(std::string_view text, bool add_special, bool parse_special) const {
    if (text.size() > static_cast<size_t>(INT32_MAX) / 2) {
        throw Error("BAD_ARGUMENT", "A text of over 1 GiB cannot be tokenised at once: split it.");
    }
    if (add_special) check_special_tokens();
    std::vector<llama_token> tokens(text.size() + 8);
    try {
        const auto run = [&] {
            return llama().llama_tokenize(vocabulary_, text.data(), static_cast<int32_t>(text.size()), tokens.data(),
                                          static_cast<int32_t>(tokens.size()), add_special, parse_special);
        };
        int32_t count = run();
        if (count < 0 && count != INT32_MIN) {
            tokens.resize(static_cast<size_t>(-static_cast<int64_t>(count)));
            count = run();
        }
        tokens.resize(count < 0 ? 0 : static_cast<size_t>(count));
        if (count < 0) throw std::length_error("the text could not be cut into tokens");
    } catch (const std::out_of_range&) {
        throw Error("BAD_MODEL",
                    "The text holds a character that this vocabulary cannot express: it lacks byte tokens.");
    } catch (const std::exception& error) {
        throw Error("BAD_MODEL", std::string("llama.cpp cannot tokenise with this vocabulary: ") + error.what() + ".");
    }
    // A vocabulary without an unknown token gives -1 for one.
    if (!std::ranges::all_of(tokens, [&](llama_token token) { return token >= 0 && token < vocabulary_size_; })) {
        throw Error("BAD_MODEL",
                    "The text holds a character that this vocabulary cannot express: it has no token for the unknown.");
    }
    return tokens;
}

/** llama.cpp aborts where it is to add a token that is not there. */
void Model::check_special_tokens() const {
    const LlamaFunctions& f = llama();
    const char* missing = nullptr;
    if (f.llama_vocab_get_add_bos(vocabulary_) && f.llama_vocab_bos(vocabulary_) == LLAMA_TOKEN_NULL) missing = "BOS";
    if (f.llama_vocab_get_add_eos(vocabulary_) && f.llama_vocab_eos(vocabulary_) == LLAMA_TOKEN_NULL) missing = "EOS";
    if (missing != nullptr) {
        throw Error("BAD_MODEL",
                    std::string("The vocabulary asks for a ") + missing + " token around every text and has none.");
    }
}

void Model::check_token(llama_token token) const {
    if (token < 0 || token >= vocabulary_size_) {
        throw Error("BAD_ARGUMENT", "Token id " + std::to_string(token) + " is outside the vocabulary (0 to " +
                                        std::to_string(vocabulary_size_ - 1) + ").");
    }
}

std::string Model::piece(llama_token token) const {
    check_token(token);
    std::string buffer(64, '\0');
    const auto run = [&] {
        return llama().llama_token_to_piece(vocabulary_, token, buffer.data(), static_cast<int32_t>(buffer.size()), 0,
                                            true);
    };
    int32_t length = run();
    if (length < 0) {
        buffer.resize(static_cast<size_t>(-length));
        length = run();
    }
    buffer.resize(length > 0 ? static_cast<size_t>(length) : 0);
    return buffer;
}

llama_adapter_lora* Model::adapter(const std::string& path) {
    const std::lock_guard lock(adapters_mutex_);
    if (const auto known = adapters_.find(path); known != adapters_.end()) return known->second;
    llama_adapter_lora* adapter = nullptr;
    try {
        adapter = llama().llama_adapter_lora_init(model_, path.c_str());
    } catch (const std::exception& error) {
        throw Error("BAD_ADAPTER", "llama.cpp cannot load the adapter " + path + ": " + error.what() + ".");
    }
    if (adapter == nullptr) {
        throw Error("BAD_ADAPTER", "llama.cpp cannot load the adapter " + path + "; its log says why.");
    }
    return adapters_.emplace(path, adapter).first->second;
}

} // namespace telltale
