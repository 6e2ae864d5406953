#include "job.hpp"

#include "addon.hpp"
#include "cancelled.hpp"
#include "error.hpp"
#include "llama_library.hpp"

#include <system_error>

namespace telltale {

struct Jobs::Job {
    Job(Napi::Env env, std::function<void()> cancel)
        : deferred(Napi::Promise::Deferred::New(env)), cancel(std::move(cancel)) {}

    Napi::Promise::Deferred deferred;
    std::function<void()> cancel;
    Napi::ThreadSafeFunction to_javascript;
    std::thread thread;
    MakeResult result;
    std::string code, message; // of the failure; empty code: none
    std::vector<std::string> log;
};

Napi::Error make_error(Napi::Env env, const std::string& code, const std::string& message,
                       const std::vector<std::string>& log) {
    Napi::Error error = Napi::Error::New(env, message);
    error.Set("code", code);
    error.Set("log", string_array(env, log));
    return error;
}

namespace {

void run_work(const std::function<MakeResult(const Post&)>& work, const Post& post, MakeResult& result,
              std::string& code, std::string& message) {
    try {
        result = work(post);
    } catch (const Cancelled&) {
        code = "CANCELLED";
        message = "The job was cancelled.";
    } catch (const Error& error) {
        code = error.code();
        message = error.what();
    } catch (const std::bad_alloc&) {
        code = "OUT_OF_MEMORY";
        message = "There is not enough memory for this job.";
    } catch (const std::exception& error) {
        code = "ENGINE_FAILED";
        message = std::string("llama.cpp failed: ") + error.what() + ".";
    }
}

} // namespace

Napi::Promise Jobs::start(Napi::Env env, Napi::Function on_event, std::function<void()> cancel,
                          std::function<MakeResult(const Post&)> work) {
    // A thread started now would compute while the process takes llama.cpp's statics down.
    if (stopped_) throw Error("ENGINE_UNAVAILABLE", "The process is ending: no job can start any more.");
    auto job = std::make_shared<Job>(env, std::move(cancel));
    job->to_javascript = Napi::ThreadSafeFunction::New(env, on_event, "telltale", 0, 1);
    {
        const std::lock_guard lock(mutex_);
        running_.insert(job);
    }
    const auto run = [this, job = job.get(), own = std::weak_ptr(job), work = std::move(work)] {
        LlamaLog::keep_to_this_thread();
        const Post post = [job](Event event) {
            job->to_javascript.NonBlockingCall([event = std::move(event)](Napi::Env env, Napi::Function on_event) {
                if (static_cast<napi_env>(env) != nullptr) event(env, on_event);
            });
        };
        run_work(work, post, job->result, job->code, job->message);
        job->log = LlamaLog::recent();
        // By value: once JavaScript has run this, the job may be gone.
        Napi::ThreadSafeFunction to_javascript = job->to_javascript;
        to_javascript.NonBlockingCall([this, own](Napi::Env env, Napi::Function) {
            if (static_cast<napi_env>(env) == nullptr) return;
            const std::shared_ptr<Job> job = own.lock();
            if (job == nullptr) return; // stopped meanwhile
            {
                const std::lock_guard lock(mutex_);
                running_.erase(job);
            }
            finish(env, job);
        });
        to_javascript.Release();
    };
    try {
        job->thread = std::thread(run);
    } catch (const std::system_error&) {
        job->to_javascript.Release(); // else it would keep the process alive
        const std::lock_guard lock(mutex_);
        running_.erase(job);
        throw Error("OUT_OF_MEMORY", "The system grants this process no further thread.");
    }
    return job->deferred.Promise();
}

void Jobs::finish(Napi::Env env, const std::shared_ptr<Job>& job) {
    job->thread.join();
    if (!job->code.empty()) {
        job->deferred.Reject(make_error(env, job->code, job->message, job->log).Value());
        return;
    }
    try {
        job->deferred.Resolve(job->result(env));
    } catch (const Napi::Error& error) {
        job->deferred.Reject(error.Value());
    }
}

void Jobs::stop_all() {
    std::set<std::shared_ptr<Job>> stopping;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        stopping.swap(running_);
    }
    for (const auto& job : stopping)
        job->cancel();
    for (const auto& job : stopping) {
        if (job->thread.joinable()) job->thread.join();
    }
}

} // namespace telltale
