#include "token_choice.hpp"

#include "error.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace telltale {

namespace {

/** SplitMix64's output function (Steele, Lea, Flood 2014). */
uint64_t mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

} // namespace

float checked_logprob(double logprob) {
    const float result = static_cast<float>(logprob);
    if (!std::isfinite(result)) {
        throw Error("NON_FINITE",
                    "The model gave a log-probability that is not finite: its weights hold NaN or infinity, or it "
                    "overflows in this precision. Try another quantisation, and --check-tensors.");
    }
    return result;
}

double uniform(uint64_t seed, uint64_t item, uint64_t sample, uint64_t step) {
    const uint64_t bits = mix(mix(mix(mix(seed) ^ item) ^ sample) ^ step);
    return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

RowSummary TokenChooser::summarise(const float* row, float inverse_temperature) {
    kernel_.summarise(row, size_, inverse_temperature, blocks_.data());
    return combine(blocks_.data(), blocks_.size());
}

float TokenChooser::logprob(const float* row, llama_token target, Choice* top) {
    const RowSummary summary = summarise(row, 1);
    if (top != nullptr) *top = likeliest(row, summary);
    return checked_logprob(static_cast<double>(row[target]) - summary.log_sum_exp);
}

Choice TokenChooser::greedy(const float* row) {
    return likeliest(row, summarise(row, 1));
}

/** Of the row that was summarised last. */
Choice TokenChooser::likeliest(const float* row, const RowSummary& summary) const {
    const float logprob = checked_logprob(static_cast<double>(summary.max) - summary.log_sum_exp);
    const auto block = std::ranges::find(blocks_, summary.max, &Block::max);
    const size_t start = static_cast<size_t>(block - blocks_.begin()) * kBlock;
    const float* found = std::find(row + start, row + size_, summary.max);
    return {static_cast<llama_token>(found - row), logprob};
}

Choice TokenChooser::draw(const float* row, const Sampling& sampling, double u) {
    using Clock = std::chrono::steady_clock;
    const auto nanoseconds = [](Clock::duration time) {
        return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(time).count());
    };
    const Clock::time_point start = Clock::now();
    const RowSummary summary = summarise(row, 1 / sampling.temperature);
    checked_logprob(summary.log_sum_exp);
    const Clock::time_point summed = Clock::now();
    const llama_token token =
        sampling.filters() ? draw_from_some(row, sampling, u, summary) : draw_from_all(row, sampling, u, summary.max);
    draw_times_.summing += nanoseconds(summed - start);
    draw_times_.picking += nanoseconds(Clock::now() - summed);
    return {token, checked_logprob(static_cast<double>(row[token]) - summary.log_sum_exp)};
}

double TokenChooser::weight(const Candidate& candidate, float max, double scale) {
    return std::exp((static_cast<double>(candidate.logit) - max) * scale);
}

// The blocks' tempered sums pick the block; only that one is looked at again.
llama_token TokenChooser::draw_from_all(const float* row, const Sampling& sampling, double u, float max) const {
    const double scale = 1.0 / sampling.temperature;
    const auto weight = [&](const Block& block) {
        return block.max == -std::numeric_limits<float>::infinity()
                   ? 0.0
                   : block.tempered * std::exp((static_cast<double>(block.max) - max) * scale);
    };
    double total = 0;
    for (const Block& block : blocks_)
        total += weight(block);
    double left = u * total;
    size_t chosen = 0, last_possible = 0;
    for (chosen = 0; chosen < blocks_.size(); ++chosen) {
        const double w = weight(blocks_[chosen]);
        if (w > 0) last_possible = chosen;
        if (left < w) break;
        left -= w;
    }
    if (chosen == blocks_.size()) chosen = last_possible;
    const size_t start = chosen * kBlock, end = std::min(start + kBlock, size_);
    for (size_t i = start; i < end; ++i) {
        const double p = std::exp((static_cast<double>(row[i]) - max) * scale);
        if (left < p) return static_cast<llama_token>(i);
        left -= p;
    }
    // The block's sum in float was a little more than its tokens' in double: what is left over falls to the likeliest.
    return static_cast<llama_token>(std::max_element(row + start, row + end) - row);
}

llama_token TokenChooser::draw_from_some(const float* row, const Sampling& sampling, double u,
                                         const RowSummary& summary) {
    gather_candidates(row, sampling, summary);
    const auto likelier = [](const Candidate& a, const Candidate& b) {
        return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
    };
    if (sampling.top_k > 0 && static_cast<size_t>(sampling.top_k) < candidates_.size()) {
        std::nth_element(candidates_.begin(), candidates_.begin() + sampling.top_k, candidates_.end(), likelier);
        candidates_.resize(static_cast<size_t>(sampling.top_k));
    }
    std::sort(candidates_.begin(), candidates_.end(), likelier);
    if (sampling.top_p < 1) {
        double total = std::exp(summary.log_sum_exp - summary.max), mass = 0;
        if (sampling.top_k > 0) {
            total = 0;
            for (const Candidate& c : candidates_)
                total += weight(c, summary.max, 1);
        }
        size_t kept = 0;
        while (kept < candidates_.size() && (kept == 0 || mass < sampling.top_p * total)) {
            mass += weight(candidates_[kept++], summary.max, 1);
        }
        candidates_.resize(kept);
    }
    if (sampling.min_p > 0) {
        const float threshold = summary.max + std::log(sampling.min_p);
        while (candidates_.size() > 1 && candidates_.back().logit < threshold)
            candidates_.pop_back();
    }
    const double scale = 1.0 / sampling.temperature;
    double total = 0;
    for (const Candidate& c : candidates_)
        total += weight(c, summary.max, scale);
    double left = u * total;
    for (const Candidate& c : candidates_) {
        const double w = weight(c, summary.max, scale);
        if (left < w) return c.token;
        left -= w;
    }
    return candidates_.front().token;
}

// Only the likeliest tokens can pass the filters, so the row is not sorted whole: the net widens until it holds enough.
void TokenChooser::gather_candidates(const float* row, const Sampling& sampling, const RowSummary& summary) {
    const double total = std::exp(summary.log_sum_exp - summary.max);
    const float floor = std::numeric_limits<float>::lowest(); // leaves out -inf, tokens the model rules out
    for (const float depth : {8.0f, 16.0f, 32.0f, std::numeric_limits<float>::infinity()}) {
        const float threshold = std::max(summary.max - depth, floor);
        candidates_.clear();
        for (size_t i = 0; i < size_; ++i) {
            if (row[i] >= threshold) candidates_.push_back({row[i], static_cast<llama_token>(i)});
        }
        if (threshold == floor) return;
        if (sampling.top_k > 0 && candidates_.size() < static_cast<size_t>(sampling.top_k)) continue;
        if (sampling.top_k == 0 && sampling.top_p < 1) {
            double mass = 0;
            for (const Candidate& c : candidates_)
                mass += weight(c, summary.max, 1);
            if (mass < sampling.top_p * total) continue;
        }
        const bool only_min_p = sampling.top_k == 0 && sampling.top_p >= 1;
        if (only_min_p && depth < -std::log(sampling.min_p)) continue;
        return;
    }
}

} // namespace telltale
