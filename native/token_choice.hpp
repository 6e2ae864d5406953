// Choosing the next token from a row of logits, with its log-probability under the full, untempered distribution.
#pragma once

#include "log_softmax.hpp"

#include "llama.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace telltale {

/** Filters apply to the untempered distribution: top_k (0: all), top_p (1: all), min_p (0: all); then the temperature.
 */
struct Sampling {
    float temperature = 1;
    int32_t top_k = 0;
    float top_p = 1;
    float min_p = 0;
    uint64_t seed = 0;

    bool filters() const { return top_k > 0 || top_p < 1 || min_p > 0; }
};

struct Choice {
    llama_token token;
    float logprob;
};

/** As float32. Throws NON_FINITE if it is not finite. */
float checked_logprob(double logprob);

/** Uniform number in [0, 1) of the given place: counter-based (SplitMix64), so that no batching can change a draw. */
double uniform(uint64_t seed, uint64_t item, uint64_t sample, uint64_t step);

class TokenChooser {
  public:
    TokenChooser(const Kernel& kernel, size_t vocabulary_size)
        : kernel_(kernel), size_(vocabulary_size), blocks_(block_count(vocabulary_size)) {}

    /** log p(target), nats; with `top` the choice of greedy() too. Throws NON_FINITE for one that is not finite. */
    float logprob(const float* row, llama_token target, Choice* top = nullptr);

    /** The likeliest token; the lowest id of several. */
    Choice greedy(const float* row);

    /** A token drawn with `u` in [0, 1). */
    Choice draw(const float* row, const Sampling& sampling, double u);

    /** Nanoseconds of draw() since the last call of this: of summing rows up, and of picking tokens from the sums. */
    struct DrawTimes {
        uint64_t summing, picking;
    };
    DrawTimes take_draw_times() { return std::exchange(draw_times_, {}); }

  private:
    struct Candidate {
        float logit;
        llama_token token;
    };

    Choice likeliest(const float* row, const RowSummary& summary) const;
    static double weight(const Candidate& candidate, float max, double scale);
    void gather_candidates(const float* row, const Sampling& sampling, const RowSummary& summary);
    RowSummary summarise(const float* row, float inverse_temperature);
    llama_token draw_from_all(const float* row, const Sampling& sampling, double u, float max) const;
    llama_token draw_from_some(const float* row, const Sampling& sampling, double u, const RowSummary& summary);

    const Kernel& kernel_;
    size_t size_;
    std::vector<Block> blocks_;
    std::vector<Candidate> candidates_;
    DrawTimes draw_times_{};
};

} // namespace telltale
