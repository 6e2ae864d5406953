// Whether the device's readout gives what the host's gives: tried on made-up tokens before it is relied on.
#pragma once

#include "readout.hpp"

#include <functional>
#include <string>
#include <vector>

namespace telltale {

/** Decodes a batch from empty slots and reads it one way or the other; throws NON_FINITE like Readout::read. */
using Trial = std::function<std::vector<Choice>(Batch& batch, const Sampling* sampling)>;

struct ProofShape {
    uint32_t sequences;        // slots there are
    uint32_t context_sequence; // tokens a slot can hold
    uint32_t batch;            // tokens in one decode
    uint32_t vocabulary_size;
};

/**
 * Compares both ways on up to 64 rows: log-probabilities of given tokens, greedy choices, draws. `tolerance`: largest
 * difference of a log-probability, nats. One draw may fall on another token (device_readout.hpp). Where both ways
 * find log-probabilities that are not finite, they agree. Returns what differs, a sentence; empty if nothing does.
 */
std::string difference(const Trial& host, const Trial& device, const ProofShape& shape, double tolerance);

} // namespace telltale
