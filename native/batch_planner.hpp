// Pure: which items are scored together, and how long each is made so that llama.cpp takes them as one micro-batch.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace telltale {

/**
 * llama.cpp's CPU flash attention takes another path for 64 and more tokens of a sequence (GGML_FA_TILE_Q), with other
 * rounding. An item must take the path of its own length whatever stands beside it, so no padding crosses this length.
 */
inline constexpr uint32_t kAttentionTile = 64;

/** Items [first, first + count) of `order`, one a slot from 0 up, each padded to `tokens` tokens. */
struct MicroBatch {
    uint32_t first;
    uint32_t count;
    uint32_t tokens;
};

struct ScorePlan {
    std::vector<uint32_t> order; // item indices, longest first
    std::vector<MicroBatch> micro_batches;
};

/**
 * How long a sequence of `length` tokens is made when it is decoded in pieces of `n_ubatch`: enough for the last piece
 * to reach kAttentionTile; the length itself where it is one piece.
 */
uint32_t padded_length(uint32_t length, uint32_t n_ubatch);

/**
 * Groups items by length: in stream mode a micro-batch takes consecutive slots of equal token counts.
 * `lengths` [items]: tokens each item decodes, at least 1. An item longer than `n_ubatch` gets a micro-batch of its
 * own, to be decoded in pieces of `n_ubatch`; its `tokens` is its padded_length.
 */
ScorePlan plan_scoring(std::span<const uint32_t> lengths, uint32_t n_ubatch, uint32_t n_sequences);

} // namespace telltale
