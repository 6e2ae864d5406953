// NativeModel: a loaded model as JavaScript sees it.
#pragma once

#include "addon.hpp"
#include "model.hpp"

namespace telltale {

class ModelClass : public Napi::ObjectWrap<ModelClass> {
  public:
    static Napi::Function define(Napi::Env env);
    explicit ModelClass(const Napi::CallbackInfo& info) : ObjectWrap(info) {}

    static Napi::Value load(const Napi::CallbackInfo& info);

  private:
    Napi::Value facts(const Napi::CallbackInfo& info);
    Napi::Value tokenize(const Napi::CallbackInfo& info);
    Napi::Value vocabulary(const Napi::CallbackInfo& info);
    Napi::Value create_context(const Napi::CallbackInfo& info);
    void close(const Napi::CallbackInfo& info);

    Model& model() const;

    std::shared_ptr<Model> model_;
};

} // namespace telltale
