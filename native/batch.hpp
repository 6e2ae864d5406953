// The tokens of one llama_decode, laid out sequence by sequence, and what is wanted of them.
#pragma once

#include "llama.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace telltale {

inline constexpr llama_token kChoose = -1;

/** What is wanted of the logits after one token. */
struct Wish {
    uint32_t token;     // index of that token in the batch
    llama_token target; // its log-probability; kChoose: a token chosen, and its log-probability
    double draw;        // choosing by chance: a number in [0, 1)
};

class Batch {
  public:
    void clear() {
        wishes_.clear();
        wants_tops_ = false;
        tokens_.clear();
        positions_.clear();
        slots_.clear();
        outputs_.clear();
    }

    /** Appends a token of the sequence in `slot`. */
    void add(llama_token token, llama_pos position, llama_seq_id slot) {
        tokens_.push_back(token);
        positions_.push_back(position);
        slots_.push_back(slot);
        outputs_.push_back(0);
    }

    /** Asks for log p(target) after the token at index `token`. */
    void want_logprob(size_t token, llama_token target) { want(token, target, 0); }

    /** Asks for a token to be chosen after the one at index `token`; `draw` in [0, 1) counts where it is drawn. */
    void want_choice(size_t token, double draw) { want(token, kChoose, draw); }

    /** Asks for the likeliest token beside every wish. */
    void want_tops() { wants_tops_ = true; }

    /** Appends the first token once more, in another slot. */
    void repeat(llama_pos position, llama_seq_id slot) {
        tokens_.reserve(2);
        positions_.reserve(2);
        slots_.reserve(2);
        outputs_.reserve(2);
        add(tokens_[0], position, slot);
    }

    size_t size() const { return tokens_.size(); }
    llama_seq_id max_slot() const { return slots_.empty() ? -1 : slots_.back(); }
    const std::vector<Wish>& wishes() const { return wishes_; }
    bool wants_tops() const { return wants_tops_; }
    const std::vector<llama_seq_id>& slots() const { return slots_; }
    /** 1 for every token whose row of logits is asked for. */
    const std::vector<int8_t>& output_flags() const { return outputs_; }
    size_t outputs() const { return static_cast<size_t>(std::ranges::count(outputs_, int8_t{1})); }

    /** Asks for one more row of logits, of the first token that has none yet. */
    void want_another_output() {
        const auto without = std::ranges::find(outputs_, int8_t{0});
        if (without != outputs_.end()) *without = 1;
    }

    /** llama.cpp's view of it, valid until the next change. */
    llama_batch view() {
        counts_.assign(tokens_.size(), 1);
        slot_pointers_.resize(tokens_.size());
        for (size_t i = 0; i < slots_.size(); ++i)
            slot_pointers_[i] = &slots_[i];
        return {static_cast<int32_t>(tokens_.size()),
                tokens_.data(),
                nullptr,
                positions_.data(),
                counts_.data(),
                slot_pointers_.data(),
                outputs_.data()};
    }

  private:
    void want(size_t token, llama_token target, double draw) {
        outputs_.at(token) = 1;
        wishes_.push_back({static_cast<uint32_t>(token), target, draw});
    }

    std::vector<Wish> wishes_;
    bool wants_tops_ = false;
    std::vector<llama_token> tokens_;
    std::vector<llama_pos> positions_;
    std::vector<llama_seq_id> slots_;
    std::vector<int8_t> outputs_;
    std::vector<int32_t> counts_;
    std::vector<llama_seq_id*> slot_pointers_;
};

} // namespace telltale
