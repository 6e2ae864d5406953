#include "context_class.hpp"

#include "result_batches.hpp"
#include "scorer.hpp"

namespace telltale {

namespace {

ggml_type kv_type(const std::string& name) {
    if (name == "f16") return GGML_TYPE_F16;
    if (name == "f32") return GGML_TYPE_F32;
    if (name == "bf16") return GGML_TYPE_BF16;
    if (name == "q8_0") return GGML_TYPE_Q8_0;
    throw Error("BAD_ARGUMENT", "The KV cache type must be f16, f32, bf16 or q8_0, not " + name + ".");
}

llama_flash_attn_type flash_attention(const std::string& name) {
    if (name == "auto") return LLAMA_FLASH_ATTN_TYPE_AUTO;
    if (name == "on") return LLAMA_FLASH_ATTN_TYPE_ENABLED;
    if (name == "off") return LLAMA_FLASH_ATTN_TYPE_DISABLED;
    throw Error("BAD_ARGUMENT", "Flash attention must be auto, on or off, not " + name + ".");
}

Reduction reduction(const std::string& name) {
    if (name == "auto") return Reduction::automatic;
    if (name == "host") return Reduction::host;
    if (name == "device") return Reduction::device;
    throw Error("BAD_ARGUMENT", "The reduction must be auto, host or device, not " + name + ".");
}

ContextOptions context_options(const Napi::Object& given) {
    ContextOptions options{};
    options.sequences = static_cast<uint32_t>(integer(given, "sequences", 1, 256));
    options.context_sequence = static_cast<uint32_t>(integer(given, "contextSequence", 1, 1 << 24));
    options.batch = static_cast<uint32_t>(integer(given, "batch", 1, 1 << 20));
    options.threads = static_cast<int32_t>(integer(given, "threads", 1, 512));
    options.kv_type_k = kv_type(string(given, "kvTypeK"));
    options.kv_type_v = kv_type(string(given, "kvTypeV"));
    options.flash_attention = flash_attention(string(given, "flashAttention"));
    options.share_head = boolean(given, "shareHead");
    options.reduction = reduction(string(given, "reduction"));
    options.reduction_tolerance = number(given, "reductionTolerance", 0, 1);
    const Napi::Value value = given.Get("adapters");
    if (!value.IsArray()) refuse("adapters", "an array of adapters");
    const auto adapters = value.As<Napi::Array>();
    for (uint32_t i = 0, length = adapters.Length(); i < length; ++i) {
        const Napi::Object adapter = object(adapters.Get(i), "adapters");
        options.adapters.push_back(
            {string(adapter, "path"), static_cast<float>(number(adapter, "scale", -1000, 1000))});
    }
    return options;
}

GenerateRequest generate_request(const Napi::Object& given) {
    GenerateRequest request;
    request.head = tokens(given, "head");
    request.prefills = token_table(given, "prefillTokens", "prefillLengths");
    request.max_tokens = static_cast<uint32_t>(integer(given, "maxTokens", 1, 1 << 24));
    request.samples = static_cast<uint32_t>(integer(given, "samples", 1, 1 << 16));
    request.first_prefill = static_cast<uint64_t>(integer(given, "firstPrefill", 0, kMostExact));
    request.sampling = sampling_from(given.Get("sampling"));
    return request;
}

} // namespace

Napi::Function ContextClass::define(Napi::Env env) {
    return DefineClass(
        env, "Context",
        {InstanceMethod<&ContextClass::facts>("facts"), InstanceMethod<&ContextClass::generate>("generate"),
         InstanceMethod<&ContextClass::score>("score"), InstanceMethod<&ContextClass::progress>("progress"),
         InstanceMethod<&ContextClass::cancel>("cancel"), InstanceMethod<&ContextClass::close>("close")});
}

Napi::Value ContextClass::create(Napi::Env env, std::shared_ptr<Model> model, const Napi::Object& given) {
    const ContextOptions options = context_options(given);
    return state_of(env).jobs.start(
        env, Napi::Function::New(env, [](const Napi::CallbackInfo&) {}), [] {},
        [model, options](const Post&) -> MakeResult {
            auto shared = std::make_shared<Shared>(std::make_unique<Context>(model, options));
            const std::vector<std::string> log = LlamaLog::recent();
            return [shared, log](Napi::Env env) -> Napi::Value {
                const Napi::Object object = state_of(env).context_class.New({});
                ContextClass::Unwrap(object)->shared_ = shared;
                object.Set("log", string_array(env, log));
                return object;
            };
        });
}

// facts(): NativeContextFacts
Napi::Value ContextClass::facts(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
        if (shared_ == nullptr) throw Error("ENGINE_UNAVAILABLE", "The context is closed.");
        const ContextFacts& facts = shared_->context->facts();
        Napi::Object object = Napi::Object::New(info.Env());
        object.Set("nCtx", facts.n_ctx);
        object.Set("nCtxSequence", facts.n_ctx_sequence);
        object.Set("nBatch", facts.n_batch);
        object.Set("nUbatch", facts.n_ubatch);
        object.Set("nSequences", facts.n_sequences);
        object.Set("threads", facts.threads);
        object.Set("kernel", facts.kernel);
        object.Set("reduction", facts.reduced_on_device ? "device" : "host");
        object.Set("reductionNotice", facts.reduction_notice.empty()
                                          ? info.Env().Null()
                                          : Napi::String::New(info.Env(), facts.reduction_notice));
        return object;
    });
}

Napi::Value ContextClass::start(const Napi::CallbackInfo& info, std::function<void(Shared&, const Post&)> work) {
    if (shared_ == nullptr) throw Error("ENGINE_UNAVAILABLE", "The context is closed.");
    if (!info[1].IsFunction()) throw Error("BAD_ARGUMENT", "Expected a function for the results.");
    if (shared_->busy.exchange(true)) throw Error("ENGINE_UNAVAILABLE", "The context is busy with another job.");
    shared_->context->model().take_log();
    shared_->context->allow();
    shared_->progress.items_done = 0;
    shared_->progress.tokens_done = 0;
    shared_->context->work().reset();
    try {
        return state_of(info.Env())
            .jobs.start(
                info.Env(), info[1].As<Napi::Function>(), [shared = shared_] { shared->context->cancel(); },
                [shared = shared_, work = std::move(work)](const Post& post) -> MakeResult {
                    struct Free {
                        Shared& shared;
                        ~Free() { shared.busy = false; }
                    } free{*shared};
                    work(*shared, post);
                    return [](Napi::Env env) -> Napi::Value { return env.Undefined(); };
                });
    } catch (...) {
        shared_->busy = false;
        throw;
    }
}

// generate(request: NativeGenerateRequest, onBatch: (batch: NativeCompletions) => void): Promise<void>
Napi::Value ContextClass::generate(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
        auto request = std::make_shared<GenerateRequest>(generate_request(object(info[0], "request")));
        return start(info, [request](Shared& shared, const Post& post) {
            CompletionBatches batches(post);
            telltale::generate(*shared.context, *request, shared.progress, batches);
        });
    });
}

// score(request: NativeScoreRequest, onBatch: (batch: NativeScores) => void): Promise<void>
Napi::Value ContextClass::score(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
        const Napi::Object given = object(info[0], "request");
        auto request = std::make_shared<ScoreRequest>();
        request->head = tokens(given, "head");
        request->contexts = token_table(given, "contextTokens", "contextLengths");
        request->targets = token_table(given, "targetTokens", "targetLengths");
        request->top = boolean(given, "top");
        if (request->contexts.rows() != request->targets.rows()) {
            throw Error("BAD_ARGUMENT", "Every item needs a context and targets.");
        }
        return start(info, [request](Shared& shared, const Post& post) {
            ScoreBatches batches(post);
            telltale::score(*shared.context, *request, shared.progress, batches);
        });
    });
}

// progress(): NativeProgress of the running or the last job
Napi::Value ContextClass::progress(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
        // Who watches a job may ask once more after it was closed.
        const Work nothing_spent;
        const Progress nothing_done;
        const Work& spent = shared_ == nullptr ? nothing_spent : shared_->context->work();
        const Progress& done = shared_ == nullptr ? nothing_done : shared_->progress;
        Napi::Object work = Napi::Object::New(info.Env());
        work.Set("decodeSeconds", static_cast<double>(spent.decode) * 1e-9);
        work.Set("logSoftmaxSeconds", static_cast<double>(spent.log_softmax) * 1e-9);
        work.Set("samplingSeconds", static_cast<double>(spent.sampling) * 1e-9);
        work.Set("copySeconds", static_cast<double>(spent.copies) * 1e-9);
        work.Set("bytesRead", static_cast<double>(spent.bytes_read));
        Napi::Object object = Napi::Object::New(info.Env());
        object.Set("itemsDone", done.items_done.load());
        object.Set("tokensDone", static_cast<double>(done.tokens_done.load()));
        object.Set("work", work);
        return object;
    });
}

// cancel(): void. The running job's promise rejects with CANCELLED soon after.
void ContextClass::cancel(const Napi::CallbackInfo&) {
    if (shared_ != nullptr) shared_->context->cancel();
}

// close(): void. Cancels what runs; the memory is freed when that has stopped.
void ContextClass::close(const Napi::CallbackInfo&) {
    if (shared_ != nullptr) shared_->context->cancel();
    shared_.reset();
}

} // namespace telltale
