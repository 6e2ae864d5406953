// What is read off a decoded batch: log-probabilities of given tokens, tokens chosen from the distribution, or both.
#pragma once

#include "batch.hpp"
#include "token_choice.hpp"
#include "work.hpp"

#include <span>

namespace telltale {

/** Where the answers go. */
struct Readings {
    std::span<Choice> choices; // one for each of the batch's wishes, in their order
    std::span<Choice> tops;    // the likeliest token beside each of them; empty where the batch wants none
};

class Readout {
  public:
    virtual ~Readout() = default;

    /** Before `batch` is decoded. False: this readout cannot serve what the batch asks for. */
    virtual bool prepare(const Batch& batch, const Sampling* sampling) = 0;

    /**
     * After it was decoded: fills `readings`, with what it took added to `work`. `threads`: how many may be used.
     * Throws NON_FINITE for a log-probability that is not finite.
     */
    virtual void read(const Batch& batch, const Sampling* sampling, int32_t threads, const Readings& readings,
                      Work& work) = 0;
};

} // namespace telltale
