#include "addon.hpp"

#include "batch_planner.hpp"
#include "context_class.hpp"
#include "log_softmax.hpp"
#include "model_class.hpp"
#include "thread_governor.hpp"
#include "token_choice.hpp"

namespace telltale {

namespace {

// devices(libraries: string[], backends: string, release: string): NativeDevice[]
Napi::Value devices(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    return guarded(env, [&]() -> Napi::Value {
        const auto library =
            LlamaLibrary::open(strings(info[0], "libraries"), info[1].As<Napi::String>(), info[2].As<Napi::String>());
        Napi::Array result = Napi::Array::New(env);
        for (const Device& device : library->devices()) {
            Napi::Object object = Napi::Object::New(env);
            object.Set("name", device.name);
            object.Set("description", device.description);
            object.Set("kind", device.kind);
            object.Set("memoryFree", static_cast<double>(device.memory_free));
            object.Set("memoryTotal", static_cast<double>(device.memory_total));
            result.Set(result.Length(), object);
        }
        return result;
    });
}

// echoLog(on: boolean): void. Sends llama.cpp's log to stderr as well.
void echo_log(const Napi::CallbackInfo& info) {
    LlamaLog::echo_to_stderr(info[0].As<Napi::Boolean>());
}

// stopJobs(): void. Cancels what runs and waits for it, before the process exits under it.
void stop_jobs(const Napi::CallbackInfo& info) {
    state_of(info.Env()).jobs.stop_all();
}

// rowLogprob(kernel: string, row: Float32Array, target: number): number. For tests and benches of the kernels.
Napi::Value row_logprob(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
        const Kernel* kernel = kernel_by_name(info[0].As<Napi::String>().Utf8Value().c_str());
        if (kernel == nullptr) return info.Env().Null();
        const auto row = info[1].As<Napi::Float32Array>();
        const uint32_t target = info[2].As<Napi::Number>();
        if (target >= row.ElementLength()) throw Error("BAD_ARGUMENT", "The target is outside the row.");
        TokenChooser chooser(*kernel, row.ElementLength());
        return Napi::Number::New(info.Env(), chooser.logprob(row.Data(), static_cast<llama_token>(target)));
    });
}

// rowChoice(kernel: string, row: Float32Array, u: number, sampling: NativeSampling | null): number | null
Napi::Value row_choice(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
        const Kernel* kernel = kernel_by_name(info[0].As<Napi::String>().Utf8Value().c_str());
        if (kernel == nullptr) return info.Env().Null();
        const auto row = info[1].As<Napi::Float32Array>();
        TokenChooser chooser(*kernel, row.ElementLength());
        if (!info[3].IsObject()) return Napi::Number::New(info.Env(), chooser.greedy(row.Data()).token);
        const auto given = info[3].As<Napi::Object>();
        Sampling sampling;
        sampling.temperature = static_cast<float>(number(given, "temperature", 1e-3, 1e3));
        sampling.top_k = static_cast<int32_t>(number(given, "topK", 0, INT32_MAX));
        sampling.top_p = static_cast<float>(number(given, "topP", 1e-6, 1));
        sampling.min_p = static_cast<float>(number(given, "minP", 0, 1));
        return Napi::Number::New(info.Env(), chooser.draw(row.Data(), sampling, info[2].As<Napi::Number>()).token);
    });
}

// planScoring(lengths: Uint32Array, nUbatch: number, nSequences: number): { order, first, count, tokens } as
// Uint32Arrays
Napi::Value plan(const Napi::CallbackInfo& info) {
    const auto given = info[0].As<Napi::Uint32Array>();
    const std::span<const uint32_t> lengths(given.Data(), given.ElementLength());
    const uint32_t n_ubatch = info[1].As<Napi::Number>(), n_sequences = info[2].As<Napi::Number>();
    if (n_ubatch == 0 || n_sequences == 0 || std::ranges::find(lengths, 0u) != lengths.end())
        throw make_error(info.Env(), "BAD_ARGUMENT", "Lengths, nUbatch and nSequences are 1 and up.", {});
    const ScorePlan plan = plan_scoring(lengths, n_ubatch, n_sequences);
    std::vector<uint32_t> first, count, tokens;
    for (const MicroBatch& micro : plan.micro_batches) {
        first.push_back(micro.first);
        count.push_back(micro.count);
        tokens.push_back(micro.tokens);
    }
    Napi::Object object = Napi::Object::New(info.Env());
    object.Set("order", typed_array<Napi::Uint32Array>(info.Env(), plan.order));
    object.Set("first", typed_array<Napi::Uint32Array>(info.Env(), first));
    object.Set("count", typed_array<Napi::Uint32Array>(info.Env(), count));
    object.Set("tokens", typed_array<Napi::Uint32Array>(info.Env(), tokens));
    return object;
}

// governThreads(most: number, decodes: Float64Array [3 n]: wall, cpu, preemptions): Uint32Array [n], threads after each
Napi::Value govern_threads(const Napi::CallbackInfo& info) {
    ThreadGovernor governor(info[0].As<Napi::Number>());
    const auto decodes = info[1].As<Napi::Float64Array>();
    std::vector<uint32_t> threads;
    for (size_t i = 0; i + 2 < decodes.ElementLength(); i += 3) {
        governor.record(decodes[i], {0, 0}, {decodes[i + 1], static_cast<uint64_t>(decodes[i + 2])});
        threads.push_back(static_cast<uint32_t>(governor.threads()));
    }
    return typed_array<Napi::Uint32Array>(info.Env(), threads);
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
    auto* state = new AddonState(); // owned by the environment from the next line on
    env.SetInstanceData(state);
    env.AddCleanupHook([](AddonState* closing) { closing->jobs.stop_all(); }, state);
    state->model_class = Napi::Persistent(ModelClass::define(env));
    state->context_class = Napi::Persistent(ContextClass::define(env));
    exports.Set("loadModel", Napi::Function::New<&ModelClass::load>(env));
    exports.Set("devices", Napi::Function::New<devices>(env));
    exports.Set("echoLog", Napi::Function::New<echo_log>(env));
    exports.Set("stopJobs", Napi::Function::New<stop_jobs>(env));
    exports.Set("rowLogprob", Napi::Function::New<row_logprob>(env));
    exports.Set("rowChoice", Napi::Function::New<row_choice>(env));
    exports.Set("governThreads", Napi::Function::New<govern_threads>(env));
    exports.Set("planScoring", Napi::Function::New<plan>(env));
    return exports;
}

} // namespace

} // namespace telltale

Napi::Object InitAddon(Napi::Env env, Napi::Object exports) {
    return telltale::init(env, exports);
}
NODE_API_MODULE(telltale, InitAddon)
