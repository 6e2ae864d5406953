// The log-probabilities of given tokens.
#pragma once

#include "context.hpp"
#include "progress.hpp"
#include "token_table.hpp"

namespace telltale {

struct ScoreRequest {
    Tokens head;         // what every context begins with
    TokenTable contexts; // given, not scored
    TokenTable targets;  // scored: log p(target i | head, context, targets before it)
    bool top = false;    // also the likeliest token in each target's place, and after the last
};

/** Where log-probabilities go, on the job's thread. */
class ScoreSink {
  public:
    virtual ~ScoreSink() = default;
    /** As items finish, in any order; `logprobs` [targets of the item], nats; `tops` [one more], or none unasked. */
    virtual void take(uint32_t item, std::span<const float> logprobs, std::span<const Choice> tops) = 0;
    /** After each micro-batch: what waits to be handed on may be due. */
    virtual void after_decode() = 0;
};

/**
 * Scores every item in `context`, whose slots must be free. Throws BAD_ARGUMENT before anything is computed if an item
 * has no target, no token before its first target, or more tokens than a sequence holds.
 */
void score(Context& context, const ScoreRequest& request, Progress& progress, ScoreSink& sink);

} // namespace telltale
