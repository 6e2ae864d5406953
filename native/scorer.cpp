#include "scorer.hpp"

#include "batch_planner.hpp"
#include "error.hpp"
#include "head_split.hpp"

#include <algorithm>

namespace telltale {

namespace {

/** One item as it is decoded after the resident head: its tokens but the last target, which nothing follows. */
struct Decoded {
    Tokens tokens;
    uint32_t first_output; // index of the token whose logits predict the first target
};

class Scorer {
  public:
    Scorer(Context& context, const ScoreRequest& request, Progress& progress, ScoreSink& sink)
        : context_(context), request_(request), progress_(progress), sink_(sink),
          head_(split_head(context, request.head, request.contexts)),
          room_(context.facts().n_ctx_sequence -
                std::min<size_t>(head_.resident.size(), context.facts().n_ctx_sequence)) {}

    void run() {
        const std::vector<uint32_t> lengths = check_items();
        const ContextFacts& facts = context_.facts();
        const ScorePlan plan = plan_scoring(lengths, context_.most_outputs(), facts.n_sequences);
        context_.use_head(head_.resident);
        for (const MicroBatch& micro : plan.micro_batches) {
            const auto items = std::span(plan.order).subspan(micro.first, micro.count);
            if (micro.tokens > context_.most_outputs()) {
                run_long(items[0], static_cast<uint32_t>(std::min<size_t>(micro.tokens, room_)));
            } else {
                run_together(items, micro.tokens);
            }
            sink_.after_decode();
        }
    }

  private:
    std::vector<uint32_t> check_items() const {
        std::vector<uint32_t> lengths;
        lengths.reserve(request_.targets.rows());
        for (size_t i = 0; i < request_.targets.rows(); ++i) {
            const size_t given = head_.repeated.size() + request_.contexts.row(i).size();
            const size_t scored = request_.targets.row(i).size();
            if (scored == 0 || given + head_.resident.size() == 0) {
                throw Error("BAD_ARGUMENT",
                            "Item " + std::to_string(i) + " has " +
                                (scored == 0 ? "no token to score." : "no token before its first scored token."));
            }
            const size_t length = given + scored - 1;
            if (length > room_) {
                throw Error("BAD_ARGUMENT", "Item " + std::to_string(i) + " needs " +
                                                std::to_string(head_.resident.size() + length) +
                                                " tokens, but a sequence of this context holds " +
                                                std::to_string(context_.facts().n_ctx_sequence) + ".");
            }
            for (const llama_token token : request_.contexts.row(i))
                context_.model().check_token(token);
            for (const llama_token token : request_.targets.row(i))
                context_.model().check_token(token);
            lengths.push_back(static_cast<uint32_t>(length));
        }
        return lengths;
    }

    Decoded decoded(uint32_t item) const {
        const TokenSpan given = request_.contexts.row(item), scored = request_.targets.row(item);
        Decoded result;
        result.tokens.assign(head_.repeated.begin(), head_.repeated.end());
        result.tokens.insert(result.tokens.end(), given.begin(), given.end());
        result.first_output = static_cast<uint32_t>(result.tokens.size()) - 1;
        result.tokens.insert(result.tokens.end(), scored.begin(), scored.end() - 1);
        return result;
    }

    void run_together(std::span<const uint32_t> items, uint32_t tokens) {
        batch_.clear();
        for (size_t slot = 0; slot < items.size(); ++slot) {
            const Decoded item = decoded(items[slot]);
            const TokenSpan targets = request_.targets.row(items[slot]);
            for (uint32_t i = 0; i < tokens; ++i)
                add(item, targets, i, static_cast<llama_seq_id>(slot));
        }
        std::span<const Choice> choices = context_.decode(batch_);
        for (size_t slot = 0; slot < items.size(); ++slot) {
            const size_t count = request_.targets.row(items[slot]).size();
            logprobs_.clear();
            for (const Choice& choice : choices.first(count))
                logprobs_.push_back(choice.logprob);
            choices = choices.subspan(count);
            finish(items[slot]);
            context_.reset(static_cast<llama_seq_id>(slot));
        }
    }

    void run_long(uint32_t index, uint32_t tokens) {
        const Decoded item = decoded(index);
        const TokenSpan targets = request_.targets.row(index);
        const uint32_t most = context_.most_outputs();
        logprobs_.clear();
        for (uint32_t start = 0; start < tokens; start += most) {
            const uint32_t count = std::min(most, tokens - start);
            batch_.clear();
            for (uint32_t i = start; i < start + count; ++i)
                add(item, targets, i, 0);
            for (const Choice& choice : context_.decode(batch_))
                logprobs_.push_back(choice.logprob);
        }
        finish(index);
        context_.reset(0);
    }

    // Padding repeats the item's first token: causal attention keeps it from touching anything before it.
    void add(const Decoded& item, TokenSpan targets, uint32_t i, llama_seq_id slot) {
        const bool padding = i >= item.tokens.size();
        batch_.add(padding ? item.tokens[0] : item.tokens[i], static_cast<llama_pos>(head_.resident.size() + i), slot);
        if (i >= item.first_output && !padding) batch_.want_logprob(batch_.size() - 1, targets[i - item.first_output]);
    }

    void finish(uint32_t item) {
        sink_.take(item, logprobs_);
        progress_.items_done += 1;
        progress_.tokens_done += logprobs_.size();
    }

    Context& context_;
    const ScoreRequest& request_;
    Progress& progress_;
    ScoreSink& sink_;
    Batch batch_;
    std::vector<float> logprobs_;
    HeadSplit head_;
    size_t room_; // tokens a slot holds beside the resident head
};

} // namespace

void score(Context& context, const ScoreRequest& request, Progress& progress, ScoreSink& sink) {
    Scorer(context, request, progress, sink).run();
}

} // namespace telltale
