#include "scorer.hpp"

#include "batch_planner.hpp"
#include "error.hpp"
#include "head_split.hpp"

#include <algorithm>

namespace telltale {

namespace {

/** One item as it is decoded after the resident head. */
struct Decoded {
    Tokens tokens;         // without the last target, unless the token after it is asked for
    uint32_t first_output; // index of the token whose logits predict the first target
};

/** What was read of one item. */
struct Result {
    std::vector<float> logprobs;
    std::vector<Choice> tops;

    void clear() {
        logprobs.clear();
        tops.clear();
    }

    /** `choices`: the next ones, of which those after the item's `targets` are no target's. */
    void append(std::span<const Choice> choices, std::span<const Choice> likeliest, size_t targets) {
        for (const Choice& choice : choices.first(std::min(choices.size(), targets - logprobs.size())))
            logprobs.push_back(choice.logprob);
        tops.insert(tops.end(), likeliest.begin(), likeliest.end());
    }
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
            const size_t length = given + scored - 1, needed = length + (request_.top ? 1 : 0);
            if (needed > room_) {
                throw Error("BAD_ARGUMENT", "Item " + std::to_string(i) + " needs " +
                                                std::to_string(head_.resident.size() + needed) +
                                                " tokens, but a sequence of this context holds " +
                                                std::to_string(context_.facts().n_ctx_sequence) + ".");
            }
            for (const llama_token token : request_.contexts.row(i))
                context_.model().check_token(token);
            for (const llama_token token : request_.targets.row(i))
                context_.model().check_token(token);
            lengths.push_back(static_cast<uint32_t>(postponed(length) ? length : needed));
        }
        return lengths;
    }

    /** Tokens decoded of an item without its last target. */
    size_t length(uint32_t item) const {
        return head_.repeated.size() + request_.contexts.row(item).size() + request_.targets.row(item).size() - 1;
    }

    /**
     * The last target is decoded with those before it, but where it would take the item over kAttentionTile, and so all
     * its figures to others: there it is decoded after them. `length`: tokens of the item without it.
     */
    bool postponed(size_t length) const {
        return request_.top && length + 1 == kAttentionTile && context_.most_outputs() >= kAttentionTile;
    }

    Decoded decoded(uint32_t item) const {
        const TokenSpan given = request_.contexts.row(item), scored = request_.targets.row(item);
        Decoded result;
        result.tokens.assign(head_.repeated.begin(), head_.repeated.end());
        result.tokens.insert(result.tokens.end(), given.begin(), given.end());
        result.first_output = static_cast<uint32_t>(result.tokens.size()) - 1;
        result.tokens.insert(result.tokens.end(), scored.begin(), scored.end() - 1);
        if (request_.top && !postponed(result.tokens.size())) result.tokens.push_back(scored.back());
        return result;
    }

    void run_together(std::span<const uint32_t> items, uint32_t tokens) {
        clear_batch();
        for (size_t slot = 0; slot < items.size(); ++slot) {
            const Decoded item = decoded(items[slot]);
            const TokenSpan targets = request_.targets.row(items[slot]);
            for (uint32_t i = 0; i < tokens; ++i)
                add(item, targets, i, static_cast<llama_seq_id>(slot));
        }
        std::span<const Choice> choices = context_.decode(batch_), tops = context_.tops();
        if (results_.size() < items.size()) results_.resize(items.size());
        bool any_postponed = false;
        for (size_t slot = 0; slot < items.size(); ++slot) {
            const bool without_last = !request_.top || postponed(length(items[slot]));
            const size_t targets = request_.targets.row(items[slot]).size(), count = targets + (without_last ? 0 : 1);
            any_postponed = any_postponed || (request_.top && without_last);
            results_[slot].clear();
            results_[slot].append(choices.first(count), request_.top ? tops.first(count) : tops, targets);
            choices = choices.subspan(count);
            if (request_.top) tops = tops.subspan(count);
        }
        if (any_postponed) decode_postponed(items, tokens);
        for (size_t slot = 0; slot < items.size(); ++slot) {
            finish(items[slot], results_[slot]);
            context_.reset(static_cast<llama_seq_id>(slot));
        }
    }

    /** One token in every slot, so that the slots stay one micro-batch; what is not asked for is a repeated token. */
    void decode_postponed(std::span<const uint32_t> items, uint32_t tokens) {
        clear_batch();
        for (size_t slot = 0; slot < items.size(); ++slot) {
            batch_.add(request_.targets.row(items[slot]).back(), position(tokens), static_cast<llama_seq_id>(slot));
            if (postponed(length(items[slot]))) batch_.want_choice(slot, 0);
        }
        std::span<const Choice> choices = context_.decode(batch_);
        for (size_t slot = 0; slot < items.size(); ++slot) {
            if (!postponed(length(items[slot]))) continue;
            results_[slot].tops.push_back(choices.front());
            choices = choices.subspan(1);
        }
    }

    void run_long(uint32_t index, uint32_t tokens) {
        const Decoded item = decoded(index);
        const TokenSpan targets = request_.targets.row(index);
        const uint32_t most = context_.most_outputs();
        Result& result = results_[0];
        result.clear();
        for (uint32_t start = 0; start < tokens; start += most) {
            const uint32_t count = std::min(most, tokens - start);
            clear_batch();
            for (uint32_t i = start; i < start + count; ++i)
                add(item, targets, i, 0);
            const std::span<const Choice> choices = context_.decode(batch_);
            result.append(choices, context_.tops(), targets.size());
        }
        finish(index, result);
        context_.reset(0);
    }

    void clear_batch() {
        batch_.clear();
        if (request_.top) batch_.want_tops();
    }

    // Padding repeats the item's first token: causal attention keeps it from touching anything before it.
    void add(const Decoded& item, TokenSpan targets, uint32_t i, llama_seq_id slot) {
        const bool padding = i >= item.tokens.size();
        batch_.add(padding ? item.tokens[0] : item.tokens[i], position(i), slot);
        if (i < item.first_output || padding) return;
        const size_t target = i - item.first_output;
        if (target < targets.size()) {
            batch_.want_logprob(batch_.size() - 1, targets[target]);
        } else {
            batch_.want_choice(batch_.size() - 1, 0);
        }
    }

    llama_pos position(uint32_t i) const { return static_cast<llama_pos>(head_.resident.size() + i); }

    void finish(uint32_t item, const Result& result) {
        sink_.take(item, result.logprobs, result.tops);
        progress_.items_done += 1;
        progress_.tokens_done += result.logprobs.size();
    }

    Context& context_;
    const ScoreRequest& request_;
    Progress& progress_;
    ScoreSink& sink_;
    Batch batch_;
    std::vector<Result> results_ = std::vector<Result>(1); // by slot
    HeadSplit head_;
    size_t room_; // tokens a slot holds beside the resident head
};

} // namespace

void score(Context& context, const ScoreRequest& request, Progress& progress, ScoreSink& sink) {
    Scorer(context, request, progress, sink).run();
}

} // namespace telltale
