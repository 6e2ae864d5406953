// What is read off a decoded batch: log-probabilities of given tokens, or tokens chosen from the distribution.
#pragma once

#include "batch.hpp"
#include "token_choice.hpp"
#include "work.hpp"

#include <span>

namespace telltale {

class Readout {
  public:
    virtual ~Readout() = default;

    /** Before `batch` is decoded. False: this readout cannot serve what the batch asks for. */
    virtual bool prepare(const Batch& batch, const Sampling* sampling) = 0;

    /**
     * After it was decoded: one choice for each of the batch's wishes, in their order, with what it took added to
     * `work`. `threads`: how many may be used. Throws NON_FINITE for a log-probability that is not finite.
     */
    virtual void read(const Batch& batch, const Sampling* sampling, int32_t threads, std::span<Choice> choices,
                      Work& work) = 0;
};

} // namespace telltale
