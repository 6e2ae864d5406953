// What the wrapped classes share: the state of one JavaScript environment, and reading plain objects.
#pragma once

#include "error.hpp"
#include "job.hpp"
#include "llama_library.hpp"
#include "token_choice.hpp"
#include "token_table.hpp"

#include <napi.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace telltale {

/** State per environment: no process globals, so that worker threads each have their own. */
struct AddonState {
    Jobs jobs;
    Napi::FunctionReference model_class, context_class;
};

inline AddonState& state_of(Napi::Env env) {
    return *env.GetInstanceData<AddonState>();
}

/** Runs `body`, turning an Error into a JavaScript exception with its code. */
template <typename Body> auto guarded(Napi::Env env, Body body) {
    try {
        return body();
    } catch (const Error& error) {
        throw make_error(env, error.code(), error.what(), LlamaLog::recent());
    } catch (const Napi::Error&) {
        throw;
    } catch (const std::exception& error) {
        throw make_error(env, "ENGINE_FAILED", std::string("llama.cpp failed: ") + error.what() + ".",
                         LlamaLog::recent());
    }
}

// Reading what JavaScript gave. Each throws BAD_ARGUMENT, naming what it is about, unless the value is of that kind. A
// value is fetched once: a getter may give something else the next time.

[[noreturn]] void refuse(const char* name, const std::string& expected);

/** JavaScript's Number.MAX_SAFE_INTEGER. */
inline constexpr double kMostExact = 9007199254740991.0;

Napi::Object object(const Napi::Value& value, const char* name);
double number(const Napi::Value& value, const char* name, double lowest, double highest);
double number(const Napi::Object& object, const char* name, double lowest, double highest);
/** A number without a fraction. */
double integer(const Napi::Value& value, const char* name, double lowest, double highest);
double integer(const Napi::Object& object, const char* name, double lowest, double highest);
bool boolean(const Napi::Value& value, const char* name);
bool boolean(const Napi::Object& object, const char* name);
/** Without NUL, at which C would take it to end. */
std::string string(const Napi::Value& value, const char* name);
std::string string(const Napi::Object& object, const char* name);
std::vector<std::string> strings(const Napi::Value& value, const char* name);

/** What a typed array of that kind holds, until JavaScript runs again. */
std::span<const uint8_t> bytes(const Napi::Value& value, const char* name);
std::span<const int32_t> int32s(const Napi::Value& value, const char* name);
std::span<const uint32_t> uint32s(const Napi::Value& value, const char* name);
std::span<const float> floats(const Napi::Value& value, const char* name);
std::span<const double> doubles(const Napi::Value& value, const char* name);

/** An Int32Array property as tokens. */
std::vector<llama_token> tokens(const Napi::Object& object, const char* name);

/** Two properties, Int32Array of all tokens and Uint32Array of the rows' lengths, as a table. */
TokenTable token_table(const Napi::Object& object, const char* tokens_name, const char* lengths_name);

/** NativeSampling, or null for greedy. */
std::optional<Sampling> sampling_from(const Napi::Value& value);

/** An array of strings. */
Napi::Array string_array(Napi::Env env, const std::vector<std::string>& values);

template <typename Array, typename Value> Array typed_array(Napi::Env env, const std::vector<Value>& values) {
    Array array = Array::New(env, values.size());
    std::copy(values.begin(), values.end(), array.Data());
    return array;
}

} // namespace telltale
