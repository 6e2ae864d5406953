#include "host_readout.hpp"

#include "error.hpp"
#include "row_threads.hpp"

#include <algorithm>

namespace telltale {

namespace {

/** Logits from which on waking other threads is worth the while: some 200 microseconds of one thread's work. */
constexpr size_t kWorthSharing = 1u << 18;

} // namespace

HostReadout::HostReadout(const LlamaFunctions& llama, llama_context* context, const Kernel& kernel,
                         size_t vocabulary_size)
    : llama_(llama), context_(context), kernel_(kernel), size_(vocabulary_size),
      threads_(std::make_unique<RowThreads>()) {}

HostReadout::~HostReadout() = default;

void HostReadout::read(const Batch& batch, const Sampling* sampling, int32_t threads, const Readings& readings,
                       Work& work) {
    const std::vector<Wish>& wishes = batch.wishes();
    if (wishes.empty()) return;
    std::atomic<uint64_t> total{0};
    {
        const Stopwatch watch(total);
        // llama.cpp may put its rows in order at the first call, so they are looked up by one thread.
        rows_.clear();
        for (const Wish& wish : wishes) {
            rows_.push_back(llama_.llama_get_logits_ith(context_, static_cast<int32_t>(wish.token)));
            if (rows_.back() == nullptr) {
                throw Error("ENGINE_FAILED",
                            "llama.cpp gave no logits for token " + std::to_string(wish.token) + " of a batch.");
            }
        }
        const int32_t used = wishes.size() * size_ < kWorthSharing
                                 ? 1
                                 : static_cast<int32_t>(std::min(wishes.size(), static_cast<size_t>(threads)));
        while (choosers_.size() < static_cast<size_t>(used))
            choosers_.emplace_back(kernel_, size_);
        threads_->run(wishes.size(), used, [&](size_t i, size_t worker) {
            TokenChooser& chooser = choosers_[worker];
            const Wish& wish = wishes[i];
            Choice& choice = readings.choices[i];
            if (wish.target != kChoose) {
                Choice* top = readings.tops.empty() ? nullptr : &readings.tops[i];
                choice = {wish.target, chooser.logprob(rows_[i], wish.target, top)};
                return;
            }
            choice = sampling != nullptr ? chooser.draw(rows_[i], *sampling, wish.draw) : chooser.greedy(rows_[i]);
            if (readings.tops.empty()) return;
            readings.tops[i] = sampling != nullptr ? chooser.greedy(rows_[i]) : choice;
        });
    }
    // What the threads measured of their drawing tells how the time that has passed is divided.
    double summing = 0, picking = 0;
    for (TokenChooser& chooser : choosers_) {
        const TokenChooser::DrawTimes times = chooser.take_draw_times();
        summing += static_cast<double>(times.summing);
        picking += static_cast<double>(times.picking);
    }
    const double share = picking == 0 ? 0 : picking / (summing + picking);
    const auto sampling_time = static_cast<uint64_t>(static_cast<double>(total) * share);
    work.sampling += sampling_time;
    work.log_softmax += total - sampling_time;
    work.bytes_read += batch.outputs() * size_ * sizeof(float);
}

} // namespace telltale
