// The log-probabilities of given tokens.
#pragma once

#include "context.hpp"
#include "progress.hpp"
#include "token_table.hpp"

#include <functional>

namespace telltale {

struct ScoreRequest {
    Tokens head;         // what every context begins with
    TokenTable contexts; // given, not scored
    TokenTable targets;  // scored: log p(target i | head, context, targets before it)
};

/** Called on the job's thread as items finish, in any order; `logprobs` [targets of the item], nats. */
using ScoreSink = std::function<void(uint32_t item, std::span<const float> logprobs)>;

/**
 * Scores every item in `context`, whose slots must be free. Throws BAD_ARGUMENT before anything is computed if an item
 * has no target, no token before its first target, or more tokens than a sequence holds.
 */
void score(Context& context, const ScoreRequest& request, Progress& progress, const ScoreSink& sink);

} // namespace telltale
