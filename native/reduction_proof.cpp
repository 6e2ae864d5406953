#include "reduction_proof.hpp"

#include "error.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string_view>

namespace telltale {

namespace {

constexpr uint32_t kRows = 64, kMostSlots = 4;
constexpr size_t kMostOtherDraws = 1;
constexpr uint64_t kSeed = 1;
const Sampling kSampling{.temperature = 0.8f};

enum Place : uint64_t { kToken, kTarget, kDraw };

using Outcome = std::optional<std::vector<Choice>>;

class Proof {
  public:
    Proof(const ProofShape& shape) : shape_(shape) {
        slots_ = std::min({kMostSlots, shape.sequences, shape.batch});
        length_ = std::max(1u, std::min({kRows / slots_, shape.batch / slots_, shape.context_sequence}));
    }

    size_t rows() const { return static_cast<size_t>(slots_) * length_; }

    Batch tokens() const {
        Batch batch;
        for (uint32_t row = 0; row < rows(); ++row)
            batch.add(token(kToken, row), static_cast<llama_pos>(row % length_),
                      static_cast<llama_seq_id>(row / length_));
        return batch;
    }

    Batch wanting_targets() const {
        Batch batch = tokens();
        add_targets(batch);
        return batch;
    }

    /** All but the last row have a target, as where the token after an item's last target is asked for. */
    Batch wanting_tops() const {
        Batch batch = tokens();
        batch.want_tops();
        for (uint32_t row = 0; row + 1 < rows(); ++row)
            batch.want_logprob(row, token(kTarget, row));
        batch.want_choice(rows() - 1, 0);
        return batch;
    }

    Batch wanting_choices() const {
        Batch batch = tokens();
        add_choices(batch);
        return batch;
    }

    /** Two draws of each of the first rows: as several samples of one prefill are drawn from one row. */
    Batch wanting_pairs() const {
        Batch batch = tokens();
        for (uint32_t row = 0; row < paired_rows(); ++row) {
            for (uint32_t draw = 0; draw < 2; ++draw)
                batch.want_choice(row, uniform(kSeed, kDraw, row, draw));
        }
        return batch;
    }

    /** As many as the device can answer twice. */
    uint32_t paired_rows() const { return static_cast<uint32_t>(rows() / 2); }

    void add_targets(Batch& batch) const {
        for (uint32_t row = 0; row < rows(); ++row)
            batch.want_logprob(row, token(kTarget, row));
    }

    void add_choices(Batch& batch) const {
        for (uint32_t row = 0; row < rows(); ++row)
            batch.want_choice(row, uniform(kSeed, kDraw, row, 0));
    }

    void add_logprobs_of(Batch& batch, const std::vector<Choice>& choices) const {
        for (uint32_t row = 0; row < rows(); ++row)
            batch.want_logprob(row, choices[row].token);
    }

  private:
    llama_token token(Place place, uint32_t row) const {
        return static_cast<llama_token>(uniform(kSeed, place, row, 0) * shape_.vocabulary_size);
    }

    const ProofShape& shape_;
    uint32_t slots_, length_;
};

Outcome outcome(const Trial& trial, Batch batch, const Sampling* sampling) {
    try {
        return trial(batch, sampling);
    } catch (const Error& error) {
        if (std::string_view(error.code()) != "NON_FINITE") throw;
        return std::nullopt;
    }
}

std::string differ_by(double most, const char* what, double tolerance) {
    char text[160];
    std::snprintf(text, sizeof text, "The device's %s differ from the host's by up to %.2g nats; %.2g is allowed.",
                  what, most, tolerance);
    return text;
}

double largest_difference(std::span<const Choice> a, std::span<const Choice> b) {
    double most = 0;
    for (size_t i = 0; i < a.size(); ++i)
        most = std::max(most, std::abs(static_cast<double>(a[i].logprob) - b[i].logprob));
    return most;
}

size_t other_tokens(std::span<const Choice> a, std::span<const Choice> b) {
    size_t others = 0;
    for (size_t i = 0; i < a.size(); ++i)
        others += a[i].token != b[i].token;
    return others;
}

} // namespace

std::string difference(const Trial& host, const Trial& device, const ProofShape& shape, double tolerance) {
    const Proof proof(shape);
    const size_t rows = proof.rows();
    const Outcome scored = outcome(device, proof.wanting_targets(), nullptr);
    const Outcome likeliest = outcome(device, proof.wanting_choices(), nullptr);
    const Outcome topped = outcome(device, proof.wanting_tops(), nullptr);
    const Outcome drawn = outcome(device, proof.wanting_choices(), &kSampling);
    const bool pairs = proof.paired_rows() > 0;
    const Outcome paired = pairs ? outcome(device, proof.wanting_pairs(), &kSampling) : drawn;

    // The host answers several wishes a row: what the device was asked, and how likely its choices are.
    Batch batch = proof.wanting_targets();
    proof.add_choices(batch);
    if (likeliest) proof.add_logprobs_of(batch, *likeliest);
    if (drawn) proof.add_logprobs_of(batch, *drawn);
    const Outcome expected = outcome(host, std::move(batch), nullptr);
    const Outcome expected_tops = outcome(host, proof.wanting_tops(), nullptr);
    const Outcome expected_draws = outcome(host, proof.wanting_choices(), &kSampling);
    const Outcome expected_pairs = pairs ? outcome(host, proof.wanting_pairs(), &kSampling) : expected_draws;

    if (!expected || !expected_tops || !expected_draws || !expected_pairs) {
        const bool none = !scored && !likeliest && !topped && !drawn && !paired;
        return none ? "" : "The device gives finite log-probabilities where the host's are not.";
    }
    if (!scored || !likeliest || !topped || !drawn || !paired)
        return "The device gives log-probabilities that are not finite where the host's are.";
    const auto of_host = [&](size_t part) { return std::span(*expected).subspan(part * rows, rows); };
    const double of_targets = largest_difference(*scored, of_host(0));
    if (!(of_targets <= tolerance)) return differ_by(of_targets, "log-probabilities", tolerance);
    // Of near-equals either may be the likeliest.
    const double of_likeliest = std::max(largest_difference(*likeliest, of_host(1)), //
                                         largest_difference(*likeliest, of_host(2)));
    if (!(of_likeliest <= tolerance)) return differ_by(of_likeliest, "likeliest tokens", tolerance);
    const double of_tops = largest_difference(*topped, *expected_tops);
    if (!(of_tops <= tolerance)) return differ_by(of_tops, "likeliest tokens beside others", tolerance);
    const double of_drawn = largest_difference(*drawn, of_host(3));
    if (!(of_drawn <= tolerance)) return differ_by(of_drawn, "drawn tokens", tolerance);
    const size_t others = other_tokens(*drawn, *expected_draws) + other_tokens(*paired, *expected_pairs);
    if (others > kMostOtherDraws) {
        return "The device drew other tokens than the host in " + std::to_string(others) + " of " +
               std::to_string(drawn->size() + paired->size()) + " draws.";
    }
    // Where the tokens are the same their log-probabilities can be compared.
    const double of_pairs = others == 0 ? largest_difference(*paired, *expected_pairs) : 0;
    return of_pairs <= tolerance ? "" : differ_by(of_pairs, "tokens drawn twice", tolerance);
}

} // namespace telltale
