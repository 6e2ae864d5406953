// NativeContext: a context as JavaScript sees it, one job at a time.
#pragma once

#include "addon.hpp"
#include "context.hpp"
#include "progress.hpp"

namespace telltale {

class ContextClass : public Napi::ObjectWrap<ContextClass> {
  public:
    static Napi::Function define(Napi::Env env);
    explicit ContextClass(const Napi::CallbackInfo& info) : ObjectWrap(info) {}

    static Napi::Value create(Napi::Env env, std::shared_ptr<Model> model, const Napi::Object& options);

  private:
    /** What a job holds of this object: it may outlive it. */
    struct Shared {
        explicit Shared(std::unique_ptr<Context> context) : context(std::move(context)) {}
        std::unique_ptr<Context> context;
        Progress progress;
        std::atomic<bool> busy{false};
    };

    Napi::Value facts(const Napi::CallbackInfo& info);
    Napi::Value generate(const Napi::CallbackInfo& info);
    Napi::Value score(const Napi::CallbackInfo& info);
    Napi::Value progress(const Napi::CallbackInfo& info);
    void cancel(const Napi::CallbackInfo& info);
    void close(const Napi::CallbackInfo& info);

    /** Starts `work` as this context's job; throws ENGINE_UNAVAILABLE if it has one already or is closed. */
    Napi::Value start(const Napi::CallbackInfo& info, std::function<void(Shared&, const Post&)> work);

    std::shared_ptr<Shared> shared_;
};

} // namespace telltale
