#include "batch_planner.hpp"

#include <algorithm>
#include <numeric>

namespace telltale {

uint32_t padded_length(uint32_t length, uint32_t n_ubatch) {
    const uint32_t rest = length % n_ubatch;
    const bool short_last_piece = length > n_ubatch && rest != 0 && rest < kAttentionTile && n_ubatch >= kAttentionTile;
    return short_last_piece ? length - rest + kAttentionTile : length;
}

ScorePlan plan_scoring(std::span<const uint32_t> lengths, uint32_t n_ubatch, uint32_t n_sequences) {
    ScorePlan plan;
    plan.order.resize(lengths.size());
    std::iota(plan.order.begin(), plan.order.end(), 0u);
    std::stable_sort(plan.order.begin(), plan.order.end(),
                     [&](uint32_t a, uint32_t b) { return lengths[a] > lengths[b]; });
    for (uint32_t first = 0; first < plan.order.size();) {
        const uint32_t longest = lengths[plan.order[first]];
        if (longest > n_ubatch) {
            plan.micro_batches.push_back({first, 1, padded_length(longest, n_ubatch)});
            ++first;
            continue;
        }
        const uint32_t most = std::min(n_sequences, n_ubatch / longest);
        uint32_t count = 1;
        while (count < most && first + count < plan.order.size() &&
               (lengths[plan.order[first + count]] >= kAttentionTile) == (longest >= kAttentionTile)) {
            ++count;
        }
        plan.micro_batches.push_back({first, count, longest});
        first += count;
    }
    return plan;
}

} // namespace telltale
