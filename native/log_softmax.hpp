// One pass over a row of logits: its maximum, its log-sum-exp and, for drawing a token, the tempered sum of each block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace telltale {

/** Logits per block: a block stays in the first-level cache between finding its maximum and summing its exponentials.
 */
inline constexpr size_t kBlock = 1024;

/**
 * One block of a row. `sum` is the sum of exp(x - max), `tempered` that of exp((x - max) / temperature); both are 0 for
 * a block of nothing but -inf (tokens the model rules out).
 */
struct Block {
    float max;
    float sum;
    float tempered;
};

/** What a block's logits are shifted by: its maximum, but where that is -inf, so that inf - inf is no NaN of its own.
 */
inline float block_shift(float max) {
    return max == -std::numeric_limits<float>::infinity() ? 0.0f : max;
}

/** Fills `blocks` [ceil(n / kBlock)] for a row of n logits. NaN anywhere in a block makes its sum NaN. */
using SummariseBlocks = void (*)(const float* row, size_t n, float inverse_temperature, Block* blocks);

struct Kernel {
    const char* name; // "avx512", "avx2", "neon", "plain"
    SummariseBlocks summarise;
};

/** The best kernel this processor runs. */
const Kernel& best_kernel();

/** The kernel of that name, or nullptr where this processor or build does not have it. For tests and benches. */
const Kernel* kernel_by_name(const char* name);

inline size_t block_count(size_t n) {
    return (n + kBlock - 1) / kBlock;
}

/** Maximum and log-sum-exp (nats, in double) of a row from its blocks; log_sum_exp is NaN if any logit was NaN or +inf.
 */
struct RowSummary {
    float max;
    double log_sum_exp;
};
RowSummary combine(const Block* blocks, size_t count);

} // namespace telltale
