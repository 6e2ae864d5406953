// One thread per job: the work runs there, its events and its end are handed to JavaScript's thread.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace telltale {

/** Something to be done on JavaScript's thread; `on_event` is the function given when the job was started. */
using Event = std::function<void(Napi::Env, Napi::Function on_event)>;

/** Makes the job's result on JavaScript's thread, once the work is done. */
using MakeResult = std::function<Napi::Value(Napi::Env)>;

/** Hands an event to JavaScript; does nothing any more once the environment is closing. */
using Post = std::function<void(Event)>;

/** The jobs of one environment (main thread or worker); its end cancels and joins them. */
class Jobs {
  public:
    ~Jobs() { stop_all(); }

    /**
     * Starts `work` on a thread of its own and returns the promise of its result. An exception becomes a rejection with
     * the Error's `code` and `log` (llama.cpp's last lines). `cancel` may be called from any thread. Throws
     * ENGINE_UNAVAILABLE once all were stopped.
     */
    Napi::Promise start(Napi::Env env, Napi::Function on_event, std::function<void()> cancel,
                        std::function<MakeResult(const Post&)> work);

    /**
     * Cancels every job and waits for its thread; their promises stay open, and no job can be started any more. Called
     * when the environment or the process ends.
     */
    void stop_all();

  private:
    struct Job;
    void finish(Napi::Env env, const std::shared_ptr<Job>& job);

    std::mutex mutex_;
    std::set<std::shared_ptr<Job>> running_;
    bool stopped_ = false;
};

/** A JavaScript Error with `code` and `log`, llama.cpp's last lines. */
Napi::Error make_error(Napi::Env env, const std::string& code, const std::string& message,
                       const std::vector<std::string>& log);

} // namespace telltale
