#include "addon.hpp"

#include <cmath>

namespace telltale {

namespace {

[[noreturn]] void refuse(const char* name, const std::string& expected) {
    throw Error("BAD_ARGUMENT", std::string("Expected ") + expected + " for " + name + ".");
}

} // namespace

double number(const Napi::Object& object, const char* name, double lowest, double highest) {
    const Napi::Value value = object.Get(name);
    if (!value.IsNumber()) refuse(name, "a number");
    const double result = value.As<Napi::Number>().DoubleValue();
    if (!std::isfinite(result) || result < lowest || result > highest) {
        refuse(name, "a number from " + std::to_string(lowest) + " to " + std::to_string(highest));
    }
    return result;
}

bool boolean(const Napi::Object& object, const char* name) {
    const Napi::Value value = object.Get(name);
    if (!value.IsBoolean()) refuse(name, "a boolean");
    return value.As<Napi::Boolean>().Value();
}

std::string string(const Napi::Object& object, const char* name) {
    const Napi::Value value = object.Get(name);
    if (!value.IsString()) refuse(name, "a string");
    return value.As<Napi::String>().Utf8Value();
}

std::vector<std::string> strings(const Napi::Value& value, const char* name) {
    if (!value.IsArray()) refuse(name, "an array of strings");
    const auto array = value.As<Napi::Array>();
    std::vector<std::string> result;
    for (uint32_t i = 0; i < array.Length(); ++i) {
        if (!array.Get(i).IsString()) refuse(name, "an array of strings");
        result.push_back(array.Get(i).As<Napi::String>().Utf8Value());
    }
    return result;
}

Napi::Array string_array(Napi::Env env, const std::vector<std::string>& values) {
    Napi::Array array = Napi::Array::New(env, values.size());
    for (uint32_t i = 0; i < values.size(); ++i)
        array.Set(i, values[i]);
    return array;
}

std::vector<llama_token> tokens(const Napi::Object& object, const char* name) {
    const Napi::Value value = object.Get(name);
    if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_int32_array)
        refuse(name, "an Int32Array");
    const auto array = value.As<Napi::Int32Array>();
    return {array.Data(), array.Data() + array.ElementLength()};
}

TokenTable token_table(const Napi::Object& object, const char* tokens_name, const char* lengths_name) {
    TokenTable table;
    table.tokens = tokens(object, tokens_name);
    const Napi::Value value = object.Get(lengths_name);
    if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array) {
        refuse(lengths_name, "a Uint32Array");
    }
    const auto lengths = value.As<Napi::Uint32Array>();
    size_t end = 0;
    table.offsets.reserve(lengths.ElementLength() + 1);
    for (size_t i = 0; i < lengths.ElementLength(); ++i) {
        end += lengths[i];
        table.offsets.push_back(end);
    }
    if (end != table.tokens.size()) refuse(lengths_name, "lengths that add up to the number of tokens");
    return table;
}

} // namespace telltale
