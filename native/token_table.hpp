// Many token sequences in one array, as they cross from JavaScript: the tokens, and how many belong to each.
#pragma once

#include "llama.h"

#include <cstdint>
#include <span>
#include <vector>

namespace telltale {

struct TokenTable {
    std::vector<llama_token> tokens;
    std::vector<size_t> offsets{0}; // [rows + 1]

    size_t rows() const { return offsets.size() - 1; }
    std::span<const llama_token> row(size_t i) const {
        return std::span(tokens).subspan(offsets[i], offsets[i + 1] - offsets[i]);
    }
};

} // namespace telltale
