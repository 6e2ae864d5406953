// Many completions at once, by continuous batching: a slot whose completion has ended is given the next prefill.
#pragma once

#include "context.hpp"
#include "progress.hpp"
#include "token_choice.hpp"
#include "token_table.hpp"

#include <optional>

namespace telltale {

struct GenerateRequest {
    Tokens head;                      // what every prefill is preceded by
    TokenTable prefills;              // head and prefill together hold at least one token
    uint32_t max_tokens;              // at least 1
    uint32_t samples;                 // completions per prefill, all from one decoding of it; at least 1
    std::optional<Sampling> sampling; // nothing: greedy
    uint64_t first_prefill = 0;       // place of the first prefill in a larger request: a draw depends on the place
};

struct Completion {
    uint32_t prefill, sample;
    Tokens tokens;               // the end-of-generation token included
    std::vector<float> logprobs; // one a token, nats
    bool end_of_generation;      // else max_tokens was reached
};

/** Where completions go, on the job's thread. */
class CompletionSink {
  public:
    virtual ~CompletionSink() = default;
    virtual void take(Completion&& completion) = 0;
    /** After each decode and what ended with it: what waits to be handed on may be due. */
    virtual void after_decode() = 0;
};

/**
 * Generates in `context`, whose slots must be free. Throws BAD_ARGUMENT before anything is computed if a completion
 * could outgrow a sequence.
 */
void generate(Context& context, const GenerateRequest& request, Progress& progress, CompletionSink& sink);

} // namespace telltale
