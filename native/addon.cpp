#include "addon.hpp"

#include "batch_planner.hpp"
#include "context_class.hpp"
#include "log_softmax.hpp"
#include "model_class.hpp"
#include "thread_governor.hpp"

#include <cmath>
#include <optional>

namespace telltale {

namespace {

// devices(libraries: string[], backends: string, release: string): NativeDevice[]
Napi::Value devices(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    return guarded(env, [&]() -> Napi::Value {
        const auto library =
            LlamaLibrary::open(strings(info[0], "libraries"), string(info[1], "backends"), string(info[2], "release"));
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
    guarded(info.Env(), [&] { LlamaLog::echo_to_stderr(boolean(info[0], "on")); });
}

// stopJobs(): void. Cancels what runs and waits for it, before the process exits under it; no job can start any more.
void stop_jobs(const Napi::CallbackInfo& info) {
    state_of(info.Env()).jobs.stop_all();
}

// rowLogprob(kernel: string, row: Float32Array, target: number): number | null. For tests and benches of the kernels.
Napi::Value row_logprob(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
        const Kernel* kernel = kernel_by_name(string(info[0], "kernel").c_str());
        if (kernel == nullptr) return info.Env().Null();
        const auto row = floats(info[1], "row");
        const auto target = static_cast<llama_token>(integer(info[2], "target", 0, INT32_MAX));
        if (static_cast<size_t>(target) >= row.size()) throw Error("BAD_ARGUMENT", "The target is outside the row.");
        TokenChooser chooser(*kernel, row.size());
        return Napi::Number::New(info.Env(), chooser.logprob(row.data(), target));
    });
}

// rowChoice(kernel: string, row: Float32Array, u: number, sampling: NativeSampling | null): number | null
Napi::Value row_choice(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
        const Kernel* kernel = kernel_by_name(string(info[0], "kernel").c_str());
        if (kernel == nullptr) return info.Env().Null();
        const double u = number(info[2], "u", 0, std::nextafter(1.0, 0.0));
        const std::optional<Sampling> sampling = sampling_from(info[3]);
        const auto row = floats(info[1], "row"); // last: reading the sampling may run JavaScript
        if (row.empty()) throw Error("BAD_ARGUMENT", "The row is empty.");
        TokenChooser chooser(*kernel, row.size());
        const Choice choice = sampling ? chooser.draw(row.data(), *sampling, u) : chooser.greedy(row.data());
        return Napi::Number::New(info.Env(), choice.token);
    });
}

// planScoring(lengths: Uint32Array, nUbatch: number, nSequences: number): { order, first, count, tokens } as
// Uint32Arrays
Napi::Value plan(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
        const auto lengths = uint32s(info[0], "lengths");
        const auto n_ubatch = static_cast<uint32_t>(integer(info[1], "nUbatch", 1, 1 << 20));
        const auto n_sequences = static_cast<uint32_t>(integer(info[2], "nSequences", 1, 1 << 20));
        if (std::ranges::any_of(lengths, [](uint32_t length) { return length < 1 || length > 1u << 24; }))
            throw Error("BAD_ARGUMENT", "Lengths are 1 to 16777216.");
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
    });
}

// governThreads(most: number, decodes: Float64Array [3 n]: wall, cpu, preemptions): Uint32Array [n], threads after each
Napi::Value govern_threads(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
        ThreadGovernor governor(static_cast<int32_t>(integer(info[0], "most", 1, GGML_MAX_N_THREADS)));
        const auto decodes = doubles(info[1], "decodes");
        if (!std::ranges::all_of(decodes, [](double value) { return value >= 0 && value <= 1e15; }))
            throw Error("BAD_ARGUMENT", "Seconds and preemptions are 0 to 1e15.");
        std::vector<uint32_t> threads;
        for (size_t i = 0; i + 2 < decodes.size(); i += 3) {
            governor.record(decodes[i], {0, 0}, {decodes[i + 1], static_cast<uint64_t>(decodes[i + 2])});
            threads.push_back(static_cast<uint32_t>(governor.threads()));
        }
        return typed_array<Napi::Uint32Array>(info.Env(), threads);
    });
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
