#include "addon.hpp"

#include <cmath>

namespace telltale {

namespace {

template <typename Element>
std::span<const Element> elements(const Napi::Value& value, const char* name, napi_typedarray_type type,
                                  const char* expected) {
    if (!value.IsTypedArray()) refuse(name, expected);
    const auto array = value.As<Napi::TypedArray>();
    if (array.TypedArrayType() != type) refuse(name, expected);
    // Its length is 0 then, which would pass for an empty array.
    if (array.ArrayBuffer().IsDetached()) refuse(name, std::string(expected) + " whose memory was not given away");
    const auto typed = value.As<Napi::TypedArrayOf<Element>>();
    return {typed.Data(), typed.ElementLength()};
}

} // namespace

void refuse(const char* name, const std::string& expected) {
    throw Error("BAD_ARGUMENT", std::string("Expected ") + expected + " for " + name + ".");
}

Napi::Object object(const Napi::Value& value, const char* name) {
    if (!value.IsObject()) refuse(name, "an object");
    return value.As<Napi::Object>();
}

double number(const Napi::Value& value, const char* name, double lowest, double highest) {
    if (!value.IsNumber()) refuse(name, "a number");
    const double result = value.As<Napi::Number>().DoubleValue();
    if (!std::isfinite(result) || result < lowest || result > highest) {
        refuse(name, "a number from " + std::to_string(lowest) + " to " + std::to_string(highest));
    }
    return result;
}

double number(const Napi::Object& object, const char* name, double lowest, double highest) {
    return number(object.Get(name), name, lowest, highest);
}

double integer(const Napi::Value& value, const char* name, double lowest, double highest) {
    const double result = number(value, name, lowest, highest);
    if (result != std::floor(result)) refuse(name, "a whole number");
    return result;
}

double integer(const Napi::Object& object, const char* name, double lowest, double highest) {
    return integer(object.Get(name), name, lowest, highest);
}

bool boolean(const Napi::Value& value, const char* name) {
    if (!value.IsBoolean()) refuse(name, "a boolean");
    return value.As<Napi::Boolean>().Value();
}

bool boolean(const Napi::Object& object, const char* name) {
    return boolean(object.Get(name), name);
}

std::string string(const Napi::Value& value, const char* name) {
    if (!value.IsString()) refuse(name, "a string");
    std::string result = value.As<Napi::String>().Utf8Value();
    if (result.find('\0') != std::string::npos) refuse(name, "a string without NUL");
    return result;
}

std::string string(const Napi::Object& object, const char* name) {
    return string(object.Get(name), name);
}

std::vector<std::string> strings(const Napi::Value& value, const char* name) {
    if (!value.IsArray()) refuse(name, "an array of strings");
    const auto array = value.As<Napi::Array>();
    std::vector<std::string> result;
    for (uint32_t i = 0, length = array.Length(); i < length; ++i)
        result.push_back(string(array.Get(i), name));
    return result;
}

std::span<const uint8_t> bytes(const Napi::Value& value, const char* name) {
    return elements<uint8_t>(value, name, napi_uint8_array, "a Uint8Array");
}

std::span<const int32_t> int32s(const Napi::Value& value, const char* name) {
    return elements<int32_t>(value, name, napi_int32_array, "an Int32Array");
}

std::span<const uint32_t> uint32s(const Napi::Value& value, const char* name) {
    return elements<uint32_t>(value, name, napi_uint32_array, "a Uint32Array");
}

std::span<const float> floats(const Napi::Value& value, const char* name) {
    return elements<float>(value, name, napi_float32_array, "a Float32Array");
}

std::span<const double> doubles(const Napi::Value& value, const char* name) {
    return elements<double>(value, name, napi_float64_array, "a Float64Array");
}

std::vector<llama_token> tokens(const Napi::Object& object, const char* name) {
    const auto given = int32s(object.Get(name), name);
    return {given.begin(), given.end()};
}

TokenTable token_table(const Napi::Object& object, const char* tokens_name, const char* lengths_name) {
    TokenTable table;
    table.tokens = tokens(object, tokens_name);
    const auto lengths = uint32s(object.Get(lengths_name), lengths_name);
    size_t end = 0;
    table.offsets.reserve(lengths.size() + 1);
    for (const uint32_t length : lengths) {
        end += length;
        table.offsets.push_back(end);
    }
    if (end != table.tokens.size()) refuse(lengths_name, "lengths that add up to the number of tokens");
    return table;
}

std::optional<Sampling> sampling_from(const Napi::Value& value) {
    if (value.IsNull()) return std::nullopt;
    const Napi::Object given = object(value, "sampling");
    return Sampling{static_cast<float>(number(given, "temperature", 1e-3, 1e3)),
                    static_cast<int32_t>(integer(given, "topK", 0, INT32_MAX)),
                    static_cast<float>(number(given, "topP", 1e-6, 1)), static_cast<float>(number(given, "minP", 0, 1)),
                    static_cast<uint64_t>(integer(given, "seed", 0, kMostExact))};
}

Napi::Array string_array(Napi::Env env, const std::vector<std::string>& values) {
    Napi::Array array = Napi::Array::New(env, values.size());
    for (uint32_t i = 0; i < values.size(); ++i)
        array.Set(i, values[i]);
    return array;
}

} // namespace telltale
