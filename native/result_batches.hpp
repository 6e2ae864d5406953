// Results on their way to JavaScript: gathered into flat arrays and handed over in batches, not one by one.
#pragma once

#include "addon.hpp"
#include "generator.hpp"
#include "scorer.hpp"

#include <chrono>
#include <memory>

namespace telltale {

/**
 * The common half: when a batch is due. Up to 64 results or 50 ms, so that neither calls nor waiting cost anything.
 * What is left is handed over at the end, also when the job fails or is cancelled.
 */
template <typename Data, typename Sink> class Batches : public Sink {
  public:
    explicit Batches(const Post& post) : post_(post) {}
    Batches(const Batches&) = delete;
    Batches& operator=(const Batches&) = delete;
    ~Batches() override {
        try {
            flush();
        } catch (const std::bad_alloc&) {
            // The job is failing for the same reason, and says so.
        }
    }

    void after_decode() override {
        if (data_->items.size() >= 64 || Clock::now() - last_ >= std::chrono::milliseconds(50)) flush();
    }

  protected:
    std::unique_ptr<Data> data_ = std::make_unique<Data>();

  private:
    using Clock = std::chrono::steady_clock;

    void flush() {
        if (data_->items.empty()) return;
        post_([data = std::shared_ptr<Data>(std::move(data_))](Napi::Env env, Napi::Function on_batch) {
            on_batch.Call({data->to_javascript(env)});
        });
        data_ = std::make_unique<Data>();
        last_ = Clock::now();
    }

    Post post_;
    Clock::time_point last_ = Clock::now();
};

struct ScoreData {
    std::vector<uint32_t> items, lengths;
    std::vector<float> logprobs;
    std::vector<llama_token> top_tokens; // one more an item than its length, where they were asked for
    std::vector<float> top_logprobs;

    Napi::Value to_javascript(Napi::Env env) const {
        Napi::Object batch = Napi::Object::New(env);
        batch.Set("items", typed_array<Napi::Uint32Array>(env, items));
        batch.Set("lengths", typed_array<Napi::Uint32Array>(env, lengths));
        batch.Set("logprobs", typed_array<Napi::Float32Array>(env, logprobs));
        batch.Set("topTokens", typed_array<Napi::Int32Array>(env, top_tokens));
        batch.Set("topLogprobs", typed_array<Napi::Float32Array>(env, top_logprobs));
        return batch;
    }
};

class ScoreBatches : public Batches<ScoreData, ScoreSink> {
  public:
    using Batches::Batches;
    void take(uint32_t item, std::span<const float> logprobs, std::span<const Choice> tops) override {
        data_->items.push_back(item);
        data_->lengths.push_back(static_cast<uint32_t>(logprobs.size()));
        data_->logprobs.insert(data_->logprobs.end(), logprobs.begin(), logprobs.end());
        for (const Choice& top : tops) {
            data_->top_tokens.push_back(top.token);
            data_->top_logprobs.push_back(top.logprob);
        }
    }
};

struct CompletionData {
    std::vector<uint32_t> items, samples, lengths;
    std::vector<llama_token> tokens;
    std::vector<float> logprobs;
    std::vector<uint8_t> end_of_generation;

    Napi::Value to_javascript(Napi::Env env) const {
        Napi::Object batch = Napi::Object::New(env);
        batch.Set("prefills", typed_array<Napi::Uint32Array>(env, items));
        batch.Set("samples", typed_array<Napi::Uint32Array>(env, samples));
        batch.Set("lengths", typed_array<Napi::Uint32Array>(env, lengths));
        batch.Set("tokens", typed_array<Napi::Int32Array>(env, tokens));
        batch.Set("logprobs", typed_array<Napi::Float32Array>(env, logprobs));
        batch.Set("endOfGeneration", typed_array<Napi::Uint8Array>(env, end_of_generation));
        return batch;
    }
};

class CompletionBatches : public Batches<CompletionData, CompletionSink> {
  public:
    using Batches::Batches;
    void take(Completion&& completion) override {
        data_->items.push_back(completion.prefill);
        data_->samples.push_back(completion.sample);
        data_->lengths.push_back(static_cast<uint32_t>(completion.tokens.size()));
        data_->tokens.insert(data_->tokens.end(), completion.tokens.begin(), completion.tokens.end());
        data_->logprobs.insert(data_->logprobs.end(), completion.logprobs.begin(), completion.logprobs.end());
        data_->end_of_generation.push_back(completion.end_of_generation ? 1 : 0);
    }
};

} // namespace telltale
