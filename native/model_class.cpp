#include "model_class.hpp"

#include "context_class.hpp"

namespace telltale {

namespace {

Napi::Object to_javascript(Napi::Env env, const ModelFacts& facts) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("description", facts.description);
    object.Set("architecture", facts.architecture);
    object.Set("fileType", facts.file_type);
    object.Set("parameters", static_cast<double>(facts.parameters));
    object.Set("sizeBytes", static_cast<double>(facts.size_bytes));
    object.Set("layers", facts.layers);
    object.Set("embedding", facts.embedding);
    object.Set("trainedContext", facts.trained_context);
    object.Set("vocabularySize", facts.vocabulary_size);
    object.Set("vocabularyType", facts.vocabulary_type);
    object.Set("bos", facts.bos);
    object.Set("eos", facts.eos);
    object.Set("eot", facts.eot);
    object.Set("addBos", facts.add_bos);
    object.Set("chatTemplate", facts.has_chat_template ? Napi::Value(Napi::String::New(env, facts.chat_template))
                                                       : Napi::Value(env.Null()));
    object.Set("canShareHead", facts.can_share_head);
    return object;
}

std::vector<float> tensor_split(const Napi::Object& given) {
    std::vector<float> split;
    const Napi::Value value = given.Get("tensorSplit");
    if (!value.IsArray()) throw Error("BAD_ARGUMENT", "tensorSplit must be an array of numbers.");
    const auto shares = value.As<Napi::Array>();
    for (uint32_t i = 0, length = shares.Length(); i < length; ++i)
        split.push_back(static_cast<float>(number(shares.Get(i), "the shares of tensorSplit", 0, 1e6)));
    return split;
}

} // namespace

Napi::Function ModelClass::define(Napi::Env env) {
    return DefineClass(env, "Model",
                       {InstanceMethod<&ModelClass::facts>("facts"), InstanceMethod<&ModelClass::tokenize>("tokenize"),
                        InstanceMethod<&ModelClass::vocabulary>("vocabulary"),
                        InstanceMethod<&ModelClass::create_context>("createContext"),
                        InstanceMethod<&ModelClass::close>("close")});
}

// load(options: ModelLoadOptions): Promise<NativeModel>
Napi::Value ModelClass::load(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    return guarded(env, [&]() -> Napi::Value {
        const Napi::Object given = object(info[0], "options");
        const auto library = LlamaLibrary::open(strings(given.Get("libraries"), "libraries"), string(given, "backends"),
                                                string(given, "release"));
        const auto cancelled = std::make_shared<std::atomic<bool>>(false);
        std::optional<std::vector<std::string>> devices;
        const Napi::Value wanted = given.Get("devices");
        if (!wanted.IsNull()) devices = strings(wanted, "devices");
        const ModelOptions options{string(given, "path"),
                                   static_cast<int32_t>(integer(given, "gpuLayers", -1, 10000)),
                                   devices,
                                   tensor_split(given),
                                   boolean(given, "mmap"),
                                   boolean(given, "checkTensors"),
                                   boolean(given, "vocabularyOnly"),
                                   cancelled};
        return state_of(env).jobs.start(
            env, Napi::Function::New(env, [](const Napi::CallbackInfo&) {}), [cancelled] { *cancelled = true; },
            [library, options](const Post&) -> MakeResult {
                auto model = std::make_shared<Model>(library, options);
                const auto log = LlamaLog::recent();
                return [model, log](Napi::Env env) -> Napi::Value {
                    const Napi::Object object = state_of(env).model_class.New({});
                    ModelClass::Unwrap(object)->model_ = model;
                    object.Set("log", string_array(env, log));
                    return object;
                };
            });
    });
}

Model& ModelClass::model() const {
    if (model_ == nullptr) throw Error("ENGINE_UNAVAILABLE", "The model is closed.");
    return *model_;
}

// facts(): NativeModelFacts
Napi::Value ModelClass::facts(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value { return to_javascript(info.Env(), model().facts()); });
}

// tokenize(text: Uint8Array, addSpecial: boolean, parseSpecial: boolean): Int32Array
Napi::Value ModelClass::tokenize(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
        const bool add_special = boolean(info[1], "addSpecial"), parse_special = boolean(info[2], "parseSpecial");
        const auto text = bytes(info[0], "text");
        const std::string_view view(reinterpret_cast<const char*>(text.data()), text.size());
        return typed_array<Napi::Int32Array>(info.Env(), model().tokenize(view, add_special, parse_special));
    });
}

// vocabulary(): { bytes: Uint8Array, offsets: Uint32Array [nTokens + 1], attributes: Int32Array [nTokens] }
Napi::Value ModelClass::vocabulary(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
        std::string bytes;
        std::vector<uint32_t> offsets{0};
        std::vector<int32_t> attributes;
        for (llama_token token = 0; token < model().vocabulary_size(); ++token) {
            bytes += model().piece(token);
            offsets.push_back(static_cast<uint32_t>(bytes.size()));
            attributes.push_back(model().attributes(token));
        }
        Napi::Object object = Napi::Object::New(info.Env());
        object.Set("bytes",
                   typed_array<Napi::Uint8Array>(info.Env(), std::vector<uint8_t>(bytes.begin(), bytes.end())));
        object.Set("offsets", typed_array<Napi::Uint32Array>(info.Env(), offsets));
        object.Set("attributes", typed_array<Napi::Int32Array>(info.Env(), attributes));
        return object;
    });
}

// createContext(options: NativeContextOptions): Promise<NativeContext>
Napi::Value ModelClass::create_context(const Napi::CallbackInfo& info) {
    return guarded(info.Env(), [&]() -> Napi::Value {
        if (model().vocabulary_only())
            throw Error("BAD_ARGUMENT", "Only the vocabulary was loaded: nothing can be computed with it.");
        return ContextClass::create(info.Env(), model_, object(info[0], "options"));
    });
}

// close(): void. Contexts that are still open keep the weights until they are closed too.
void ModelClass::close(const Napi::CallbackInfo&) {
    model_.reset();
}

} // namespace telltale
