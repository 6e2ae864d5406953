// What a batch wants, computed from its logits by nodes added to llama.cpp's graph: bytes per row reach the host, no
// rows.
#pragma once

#include "llama_library.hpp"

#include "ggml.h"

#include <cstdint>

namespace telltale {

/** What shapes the graph beside the logits; batches of one shape may share one. */
struct DeviceWork {
    /** Tokens are chosen; else the log-probabilities of given ones computed. */
    bool choose = false;
    /** The likeliest tokens beside the log-probabilities of given ones. */
    bool tops = false;
    /** Choosing: 1 / temperature; kGreedy: the likeliest. */
    float sharpness = 1;
    /** Rows of logits taken, in an order of their own and some more than once; 0: each output once. */
    uint32_t gathered = 0;

    bool operator==(const DeviceWork&) const = default;
};

/**
 * A greedy choice is a draw with u = 0 at so low a temperature that exp((x - max) * kGreedy) is 1 for the maxima and 0
 * for all others: the first of equal maxima, as TokenChooser::greedy has it. (ggml's arg-max gives the first on some
 * devices, the last on others.)
 */
inline constexpr float kGreedy = 1e30f;

/** Filled before the graph runs: [1, rows] each, or nullptr where the work has no use for it. */
struct DeviceInputs {
    ggml_tensor* targets = nullptr; // I32
    ggml_tensor* draws = nullptr;   // F32, in [0, 1)
    ggml_tensor* rows = nullptr;    // I32
};

/** log p(token) = excess - log(sum). */
struct DeviceOutputs {
    ggml_tensor* excess = nullptr; // F32 [1, rows]: the token's logit less the row's largest
    ggml_tensor* sum = nullptr;    // F32 [1, rows]: sum of exp(logit - largest); NaN where the row has NaN or +inf
    ggml_tensor* tokens = nullptr; // I32 [1, rows]: what was chosen, or the likeliest; nullptr where nobody asks
};

/**
 * Adds the nodes for `work` on `logits` [vocabulary size, outputs]. A row with NaN gives some token within the
 * vocabulary and a sum that is NaN.
 */
DeviceOutputs build_device_graph(const LlamaFunctions& ggml, ggml_context* context, ggml_tensor* logits,
                                 const DeviceWork& work, DeviceInputs& inputs);

/** Name of the first operation of such graphs that `device` cannot run, or nullptr. */
const char* unsupported_operation(const LlamaFunctions& ggml, ggml_backend_dev_t device, int64_t vocabulary_size);

} // namespace telltale
