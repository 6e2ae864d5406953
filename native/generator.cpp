#include "generator.hpp"

#include "batch_planner.hpp"
#include "error.hpp"
#include "head_split.hpp"

#include <algorithm>

namespace telltale {

namespace {

/** Some samples of one prefill: what is still to be started. */
struct Waiting {
    uint32_t prefill, first_sample, samples;
};

class Generator {
  public:
    Generator(Context& context, const GenerateRequest& request, Progress& progress, CompletionSink& sink)
        : context_(context), request_(request), progress_(progress), sink_(sink),
          head_(split_head(context, request.head, request.prefills)) {}

    void run() {
        check_room();
        context_.use_head(head_.resident);
        const size_t slots = context_.facts().n_sequences;
        // Refilling costs a pass over all weights, an empty slot a share of every step: an eighth of the slots weighs
        // the two. Once begun it goes on until the slots are full: what is left over would run alone at the end.
        const size_t worth_refilling = std::max<size_t>(1, slots / 8);
        bool refilling = true;
        while (next_ < request_.prefills.rows() || !active_.empty()) {
            const size_t free = slots - active_.size();
            refilling = next_ < request_.prefills.rows() && free > 0 && (refilling || free >= worth_refilling);
            if (refilling) {
                refill(free);
            } else {
                step();
            }
            retire();
            sink_.after_decode();
        }
    }

  private:
    size_t started_length(size_t prefill) const {
        return head_.repeated.size() + request_.prefills.row(prefill).size();
    }

    // A memory that cannot be cut back cannot be padded.
    size_t padded_start(size_t length) const {
        if (!context_.model().can_share_head()) return length;
        const ContextFacts& facts = context_.facts();
        return std::min<size_t>(padded_length(static_cast<uint32_t>(length), facts.n_ubatch),
                                facts.n_ctx_sequence - head_.resident.size());
    }

    void check_room() const {
        for (size_t i = 0; i < request_.prefills.rows(); ++i) {
            const size_t given = head_.resident.size() + started_length(i);
            if (given == 0)
                throw Error("BAD_ARGUMENT", "Prefill " + std::to_string(i) + " is empty and nothing precedes it.");
            const size_t needed = given + request_.max_tokens - 1;
            if (needed > context_.facts().n_ctx_sequence) {
                throw Error("BAD_ARGUMENT", "Prefill " + std::to_string(i) + " may grow to " + std::to_string(needed) +
                                                " tokens, but a sequence of this context holds " +
                                                std::to_string(context_.facts().n_ctx_sequence) + ".");
            }
            for (const llama_token token : request_.prefills.row(i))
                context_.model().check_token(token);
        }
    }

    /** The next prefills of one length, as many as fit `slots` slots and one micro-batch. */
    std::vector<Waiting> take(size_t slots) {
        std::vector<Waiting> group;
        const size_t length = started_length(next_);
        const size_t most = std::max<size_t>(1, context_.facts().n_ubatch / length);
        while (slots > 0 && group.size() < most && next_ < request_.prefills.rows() &&
               started_length(next_) == length) {
            const uint32_t samples = static_cast<uint32_t>(std::min<size_t>(slots, request_.samples - next_sample_));
            group.push_back({next_, next_sample_, samples});
            slots -= samples;
            next_sample_ += samples;
            if (next_sample_ == request_.samples) {
                ++next_;
                next_sample_ = 0;
            }
        }
        return group;
    }

    // One decode for all new prefills: the leader of each takes a slot behind the active ones, its further samples get
    // copies of that slot behind the leaders.
    void refill(size_t free_slots) {
        const std::vector<Waiting> group = take(free_slots);
        const size_t first = active_.size(), length = started_length(group[0].prefill);
        const size_t most = context_.facts().n_ubatch, padded = padded_start(length);
        for (const Waiting& leader : group)
            active_.push_back({leader.prefill, leader.first_sample, {}, {}, false});
        for (size_t leader = 0; leader < group.size(); ++leader) {
            for (uint32_t extra = 1; extra < group[leader].samples; ++extra)
                active_.push_back({group[leader].prefill, group[leader].first_sample + extra, {}, {}, false});
        }
        std::span<const Choice> choices;
        for (size_t start = 0; start < padded; start += most) {
            const size_t end = std::min(padded, start + most), rows = end - start;
            batch_.clear();
            for (size_t leader = 0; leader < group.size(); ++leader) {
                const TokenSpan prefill = request_.prefills.row(group[leader].prefill);
                for (size_t place = start; place < end; ++place) {
                    const size_t i = place < length ? place : 0;
                    batch_.add(i < head_.repeated.size() ? head_.repeated[i] : prefill[i - head_.repeated.size()],
                               static_cast<llama_pos>(head_.resident.size() + place),
                               static_cast<llama_seq_id>(first + leader));
                }
            }
            // Padding never makes a piece of its own, so the prefills' last tokens are in the last piece.
            if (end == padded) {
                const size_t last = length - 1 - start;
                for (size_t leader = 0; leader < group.size(); ++leader)
                    want(active_[first + leader], leader * rows + last);
                size_t copy = first + group.size();
                for (size_t leader = 0; leader < group.size(); ++leader) {
                    for (uint32_t extra = 1; extra < group[leader].samples; ++extra)
                        want(active_[copy++], leader * rows + last);
                }
            }
            choices = context_.decode(batch_, sampling());
        }
        if (padded > length) context_.truncate(static_cast<llama_seq_id>(first), head_.resident.size() + length);
        size_t copy = first + group.size();
        for (size_t leader = 0; leader < group.size(); ++leader) {
            for (uint32_t extra = 1; extra < group[leader].samples; ++extra)
                context_.copy(static_cast<llama_seq_id>(first + leader), static_cast<llama_seq_id>(copy++));
        }
        for (size_t slot = first; slot < active_.size(); ++slot)
            accept(active_[slot], choices[slot - first]);
    }

    void step() {
        batch_.clear();
        for (size_t slot = 0; slot < active_.size(); ++slot) {
            const Completion& completion = active_[slot];
            const size_t position =
                head_.resident.size() + started_length(completion.prefill) + completion.tokens.size() - 1;
            batch_.add(completion.tokens.back(), static_cast<llama_pos>(position), static_cast<llama_seq_id>(slot));
            want(completion, slot);
        }
        const std::span<const Choice> choices = context_.decode(batch_, sampling());
        for (size_t slot = 0; slot < active_.size(); ++slot)
            accept(active_[slot], choices[slot]);
    }

    const Sampling* sampling() const { return request_.sampling ? &*request_.sampling : nullptr; }

    /** Asks for the completion's next token after the batch's token at index `token`. */
    void want(const Completion& completion, size_t token) {
        batch_.want_choice(token, request_.sampling
                                      ? uniform(request_.sampling->seed, request_.first_prefill + completion.prefill,
                                                completion.sample, completion.tokens.size())
                                      : 0);
    }

    void accept(Completion& completion, const Choice& choice) {
        completion.tokens.push_back(choice.token);
        completion.logprobs.push_back(choice.logprob);
        completion.end_of_generation = context_.model().is_eog(choice.token);
        progress_.tokens_done += 1;
    }

    // Active slots stay dense, as llama.cpp's streams want it: the last one moves into the place of one that ended.
    void retire() {
        for (size_t slot = active_.size(); slot-- > 0;) {
            Completion& completion = active_[slot];
            if (!completion.end_of_generation && completion.tokens.size() < request_.max_tokens) continue;
            progress_.items_done += 1;
            sink_.take(std::move(completion));
            const size_t last = active_.size() - 1;
            if (slot != last) {
                context_.copy(static_cast<llama_seq_id>(last), static_cast<llama_seq_id>(slot));
                active_[slot] = std::move(active_[last]);
            }
            active_.pop_back();
            context_.reset(static_cast<llama_seq_id>(last));
        }
    }

    Context& context_;
    const GenerateRequest& request_;
    Progress& progress_;
    CompletionSink& sink_;
    Batch batch_;
    HeadSplit head_;
    std::vector<Completion> active_; // by slot
    uint32_t next_ = 0, next_sample_ = 0;
};

} // namespace

void generate(Context& context, const GenerateRequest& request, Progress& progress, CompletionSink& sink) {
    Generator(context, request, progress, sink).run();
}

} // namespace telltale
