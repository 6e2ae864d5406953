// The tokens of one llama_decode, laid out sequence by sequence.
#pragma once

#include "llama.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace telltale {

class Batch {
  public:
    void clear() {
        tokens_.clear();
        positions_.clear();
        slots_.clear();
        outputs_.clear();
    }

    /** Appends a token of the sequence in `slot`; `output`: its row of logits is wanted. */
    void add(llama_token token, llama_pos position, llama_seq_id slot, bool output) {
        tokens_.push_back(token);
        positions_.push_back(position);
        slots_.push_back(slot);
        outputs_.push_back(output ? 1 : 0);
    }

    /** Appends the first token once more, in another slot. */
    void repeat(llama_pos position, llama_seq_id slot) {
        tokens_.reserve(2);
        positions_.reserve(2);
        slots_.reserve(2);
        outputs_.reserve(2);
        add(tokens_[0], position, slot, false);
    }

    size_t size() const { return tokens_.size(); }
    llama_seq_id max_slot() const { return slots_.empty() ? -1 : slots_.back(); }
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
    std::vector<llama_token> tokens_;
    std::vector<llama_pos> positions_;
    std::vector<llama_seq_id> slots_;
    std::vector<int8_t> outputs_;
    std::vector<int32_t> counts_;
    std::vector<llama_seq_id*> slot_pointers_;
};

} // namespace telltale
