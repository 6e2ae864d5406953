// llama.cpp as a table of functions, found at run time in node-llama-cpp's prebuilt libraries and typed by its own
// header.
#pragma once

#include "ggml-backend.h"
#include "ggml.h"
#include "llama.h"

#include <memory>
#include <string>
#include <vector>

namespace telltale {

#define TELLTALE_LLAMA_FUNCTIONS(X)                                                                                    \
    X(llama_version)                                                                                                   \
    X(llama_backend_init)                                                                                              \
    X(llama_log_get)                                                                                                   \
    X(llama_log_set)                                                                                                   \
    X(llama_model_default_params)                                                                                      \
    X(llama_context_default_params)                                                                                    \
    X(llama_max_parallel_sequences)                                                                                    \
    X(llama_max_devices)                                                                                               \
    X(llama_model_load_from_file)                                                                                      \
    X(llama_model_free)                                                                                                \
    X(llama_model_get_vocab)                                                                                           \
    X(llama_model_n_ctx_train)                                                                                         \
    X(llama_model_n_embd)                                                                                              \
    X(llama_model_n_layer)                                                                                             \
    X(llama_model_n_params)                                                                                            \
    X(llama_model_size)                                                                                                \
    X(llama_model_desc)                                                                                                \
    X(llama_model_ftype)                                                                                               \
    X(llama_ftype_name)                                                                                                \
    X(llama_model_meta_val_str)                                                                                        \
    X(llama_model_chat_template)                                                                                       \
    X(llama_model_has_encoder)                                                                                         \
    X(llama_model_has_decoder)                                                                                         \
    X(llama_model_is_recurrent)                                                                                        \
    X(llama_model_is_hybrid)                                                                                           \
    X(llama_model_is_diffusion)                                                                                        \
    X(llama_vocab_n_tokens)                                                                                            \
    X(llama_vocab_type)                                                                                                \
    X(llama_vocab_get_attr)                                                                                            \
    X(llama_vocab_get_add_bos)                                                                                         \
    X(llama_vocab_get_add_eos)                                                                                         \
    X(llama_vocab_bos)                                                                                                 \
    X(llama_vocab_eos)                                                                                                 \
    X(llama_vocab_eot)                                                                                                 \
    X(llama_vocab_is_eog)                                                                                              \
    X(llama_tokenize)                                                                                                  \
    X(llama_token_to_piece)                                                                                            \
    X(llama_adapter_lora_init)                                                                                         \
    X(llama_set_adapters_lora)                                                                                         \
    X(llama_init_from_model)                                                                                           \
    X(llama_free)                                                                                                      \
    X(llama_n_ctx)                                                                                                     \
    X(llama_n_ctx_seq)                                                                                                 \
    X(llama_n_batch)                                                                                                   \
    X(llama_n_ubatch)                                                                                                  \
    X(llama_n_seq_max)                                                                                                 \
    X(llama_n_threads_batch)                                                                                           \
    X(llama_get_memory)                                                                                                \
    X(llama_memory_clear)                                                                                              \
    X(llama_memory_seq_rm)                                                                                             \
    X(llama_memory_seq_cp)                                                                                             \
    X(llama_set_abort_callback)                                                                                        \
    X(llama_set_n_threads)                                                                                             \
    X(llama_attach_threadpool)                                                                                         \
    X(llama_decode)                                                                                                    \
    X(llama_synchronize)                                                                                               \
    X(llama_get_logits_ith)                                                                                            \
    X(ggml_backend_load_all_from_path)                                                                                 \
    X(ggml_backend_dev_count)                                                                                          \
    X(ggml_backend_dev_get)                                                                                            \
    X(ggml_backend_dev_by_type)                                                                                        \
    X(ggml_backend_dev_backend_reg)                                                                                    \
    X(ggml_backend_reg_get_proc_address)                                                                               \
    X(ggml_threadpool_params_default)                                                                                  \
    X(ggml_backend_dev_name)                                                                                           \
    X(ggml_backend_dev_description)                                                                                    \
    X(ggml_backend_dev_type)                                                                                           \
    X(ggml_backend_dev_memory)                                                                                         \
    X(llama_set_sampler)                                                                                               \
    X(llama_sampler_init)                                                                                              \
    X(llama_sampler_free)                                                                                              \
    X(llama_sampler_chain_default_params)                                                                              \
    X(llama_sampler_chain_init)                                                                                        \
    X(llama_sampler_chain_add)                                                                                         \
    X(llama_get_sampled_probs_ith)                                                                                     \
    X(llama_get_sampled_logits_ith)                                                                                    \
    X(llama_get_sampled_candidates_ith)                                                                                \
    X(llama_get_sampled_probs_count_ith)                                                                               \
    X(llama_get_sampled_logits_count_ith)                                                                              \
    X(llama_get_sampled_candidates_count_ith)                                                                          \
    X(ggml_backend_buft_get_device)                                                                                    \
    X(ggml_backend_dev_supports_op)                                                                                    \
    X(ggml_backend_tensor_set)                                                                                         \
    X(ggml_init)                                                                                                       \
    X(ggml_free)                                                                                                       \
    X(ggml_tensor_overhead)                                                                                            \
    X(ggml_graph_overhead)                                                                                             \
    X(ggml_new_graph)                                                                                                  \
    X(ggml_build_forward_expand)                                                                                       \
    X(ggml_graph_n_nodes)                                                                                              \
    X(ggml_graph_node)                                                                                                 \
    X(ggml_op_desc)                                                                                                    \
    X(ggml_new_tensor_1d)                                                                                              \
    X(ggml_new_tensor_2d)                                                                                              \
    X(ggml_set_input)                                                                                                  \
    X(ggml_nbytes)                                                                                                     \
    X(ggml_reshape_2d)                                                                                                 \
    X(ggml_reshape_3d)                                                                                                 \
    X(ggml_view_2d)                                                                                                    \
    X(ggml_cont)                                                                                                       \
    X(ggml_cast)                                                                                                       \
    X(ggml_pad)                                                                                                        \
    X(ggml_get_rows)                                                                                                   \
    X(ggml_argmax)                                                                                                     \
    X(ggml_add)                                                                                                        \
    X(ggml_sub)                                                                                                        \
    X(ggml_mul)                                                                                                        \
    X(ggml_div)                                                                                                        \
    X(ggml_exp)                                                                                                        \
    X(ggml_step)                                                                                                       \
    X(ggml_clamp)                                                                                                      \
    X(ggml_scale)                                                                                                      \
    X(ggml_scale_bias)                                                                                                 \
    X(ggml_sum_rows)                                                                                                   \
    X(ggml_cumsum)

struct LlamaFunctions {
#define TELLTALE_DECLARE(name) decltype(&::name) name = nullptr;
    TELLTALE_LLAMA_FUNCTIONS(TELLTALE_DECLARE)
#undef TELLTALE_DECLARE
};

struct Device {
    std::string name;
    std::string description;
    std::string kind; // "cpu", "gpu", "igpu", "accelerator"
    size_t memory_free;
    size_t memory_total;
};

/**
 * The loaded llama.cpp. One a process, because llama.cpp keeps its backends and its log callback per process; opened
 * once and never unloaded, since its threads may outlive any caller.
 */
class LlamaLibrary {
  public:
    /**
     * Opens the libraries (llama first, then the ggml ones) and the backends in `backend_directory`.
     * Opening the same `paths` again returns the open one. Throws NO_LIBRARY if it cannot be opened, is of another
     * release than the headers, or if other libraries are open already.
     */
    static std::shared_ptr<const LlamaLibrary> open(const std::vector<std::string>& paths,
                                                    const std::string& backend_directory, const std::string& release);

    const LlamaFunctions& functions() const { return functions_; }
    std::vector<Device> devices() const;

    /**
     * Has llama.cpp's log come here where it does not yet. There is one log a process, and node-llama-cpp takes it when
     * it is loaded; what other threads than those of jobs have to say is passed on to whoever had it before.
     */
    void take_log() const;

  private:
    LlamaLibrary() = default;
    void check_release(const std::string& expected) const;

    LlamaFunctions functions_;
    std::vector<std::string> paths_;
};

/**
 * The last lines of llama.cpp's log on the calling thread, kept for error messages and read-back facts; optionally
 * echoed to stderr. By thread, because each job has its own: two models loaded side by side must not read each other's
 * lines.
 */
class LlamaLog {
  public:
    static void write(ggml_log_level level, const char* text, void* user_data);
    static std::vector<std::string> recent();
    /** What the calling thread has to say is for this addon only. */
    static void keep_to_this_thread();
    /** Who is told what other threads say; nullptr: nobody. */
    static void pass_on_to(ggml_log_callback callback, void* user_data);
    static void echo_to_stderr(bool on);
};

} // namespace telltale
