#include "llama_library.hpp"

#include "error.hpp"

#include <atomic>
#include <cstdio>
#include <cstring>
#include <deque>
#include <mutex>

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#define NOMINMAX
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace telltale {

namespace {

#ifdef _WIN32
void* open_shared_library(const std::string& path) {
    const int length = MultiByteToWideChar(CP_UTF8, 0, path.c_str(), -1, nullptr, 0);
    std::wstring wide(static_cast<size_t>(length), L'\0');
    MultiByteToWideChar(CP_UTF8, 0, path.c_str(), -1, wide.data(), length);
    void* handle = LoadLibraryExW(wide.c_str(), nullptr, LOAD_WITH_ALTERED_SEARCH_PATH);
    if (handle == nullptr) {
        throw Error("NO_LIBRARY", "Cannot open " + path + ": Windows error " + std::to_string(GetLastError()) + ".");
    }
    return handle;
}
void* find_symbol(void* handle, const char* name) {
    return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(handle), name));
}
void keep_module_of(void* address) {
    HMODULE module = nullptr;
    GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_PIN | GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS,
                       static_cast<LPCWSTR>(address), &module);
}
#else
void* open_shared_library(const std::string& path) {
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        const char* reason = dlerror();
        throw Error("NO_LIBRARY", "Cannot open " + path + ": " + (reason != nullptr ? reason : "unknown error") + ".");
    }
    return handle;
}
void* find_symbol(void* handle, const char* name) {
    return dlsym(handle, name);
}
void keep_module_of(void* address) {
    Dl_info module{};
    if (dladdr(address, &module) != 0) dlopen(module.dli_fname, RTLD_NOW | RTLD_NODELETE);
}
#endif

/**
 * Keeps this addon in memory for good. Node unloads it at the end of the worker that loaded it, but llama.cpp stays and
 * would go on calling its log function.
 */
void keep_loaded() {
    static int here;
    keep_module_of(&here);
}

constexpr size_t kLogLines = 400;

thread_local std::deque<std::string> log_lines;
thread_local std::string log_partial;
thread_local bool log_kept = false;
std::atomic<bool> log_echo{false};

std::mutex log_mutex;
ggml_log_callback log_next = nullptr;
void* log_next_data = nullptr;

std::mutex open_mutex;
std::shared_ptr<const LlamaLibrary> open_library;

} // namespace

void LlamaLog::write(ggml_log_level level, const char* text, void*) {
    if (!log_kept) {
        std::unique_lock lock(log_mutex);
        const ggml_log_callback next = log_next;
        void* data = log_next_data;
        lock.unlock();
        if (next != nullptr) next(level, text, data);
    }
    if (level == GGML_LOG_LEVEL_DEBUG) return;
    if (log_echo) std::fputs(text, stderr);
    for (const char* at = text; *at != '\0'; ++at) {
        if (*at != '\n') {
            log_partial.push_back(*at);
            continue;
        }
        log_lines.push_back(std::move(log_partial));
        log_partial.clear();
        if (log_lines.size() > kLogLines) log_lines.pop_front();
    }
}

std::vector<std::string> LlamaLog::recent() {
    return {log_lines.begin(), log_lines.end()};
}

void LlamaLog::keep_to_this_thread() {
    log_kept = true;
}

void LlamaLog::pass_on_to(ggml_log_callback callback, void* user_data) {
    const std::lock_guard lock(log_mutex);
    log_next = callback;
    log_next_data = user_data;
}

void LlamaLog::echo_to_stderr(bool on) {
    log_echo = on;
}

std::shared_ptr<const LlamaLibrary> LlamaLibrary::open(const std::vector<std::string>& paths,
                                                       const std::string& backend_directory,
                                                       const std::string& release) {
    const std::lock_guard lock(open_mutex);
    if (open_library != nullptr) {
        if (open_library->paths_ == paths) return open_library;
        throw Error("NO_LIBRARY", "This process has already opened " + open_library->paths_.at(0) +
                                      "; llama.cpp allows " +
                                      "one backend a process. Use a second process for the other backend.");
    }
    if (paths.empty() || release.empty()) throw Error("BAD_ARGUMENT", "Libraries and their release must be named.");
    std::shared_ptr<LlamaLibrary> library(new LlamaLibrary());
    std::vector<void*> handles;
    for (const std::string& path : paths)
        handles.push_back(open_shared_library(path));
    const auto resolve = [&](const char* name) {
        for (void* handle : handles) {
            if (void* symbol = find_symbol(handle, name)) return symbol;
        }
        throw Error("NO_LIBRARY", std::string("The llama.cpp library lacks the function ") + name + ": " + paths.at(0) +
                                      " is of another release than " + release + ".");
    };
#define TELLTALE_RESOLVE(name) library->functions_.name = reinterpret_cast<decltype(&::name)>(resolve(#name));
    TELLTALE_LLAMA_FUNCTIONS(TELLTALE_RESOLVE)
#undef TELLTALE_RESOLVE
    library->paths_ = paths;
    library->check_release(release);

    const LlamaFunctions& llama = library->functions_;
    keep_loaded();
    library->take_log();
    llama.llama_backend_init();
    // Whoever else uses these libraries in this process (node-llama-cpp) has loaded the backends already.
    if (llama.ggml_backend_dev_count() == 0) llama.ggml_backend_load_all_from_path(backend_directory.c_str());
    if (llama.ggml_backend_dev_count() == 0) {
        throw Error("NO_LIBRARY", "No llama.cpp backend could be loaded from " + backend_directory +
                                      ": reinstall node-llama-cpp, or see `telltale doctor`.");
    }
    open_library = library;
    return open_library;
}

void LlamaLibrary::take_log() const {
    static std::mutex taking;
    const std::lock_guard lock(taking);
    ggml_log_callback taken = nullptr, fallback = nullptr;
    void *data = nullptr, *none = nullptr;
    functions_.llama_log_get(&taken, &data);
    if (taken == &LlamaLog::write) return;
    // llama.cpp's own, which prints to stderr, is told by becoming the log when there is none.
    functions_.llama_log_set(nullptr, nullptr);
    functions_.llama_log_get(&fallback, &none);
    LlamaLog::pass_on_to(taken == fallback ? nullptr : taken, data);
    functions_.llama_log_set(&LlamaLog::write, nullptr);
}

// Parameter structs go by value: with another layout than the header's they corrupt memory. Known defaults tell.
void LlamaLibrary::check_release(const std::string& expected) const {
    const char* version = functions_.llama_version();
    const std::string found = version != nullptr ? version : "unknown";
    const std::string wanted = expected.substr(expected.rfind('v') == 0 ? 1 : 0);
    const llama_context_params context = functions_.llama_context_default_params();
    const llama_model_params model = functions_.llama_model_default_params();
    const bool layout_fits = context.n_ctx == 512 && context.n_batch == 2048 && context.n_ubatch == 512 &&
                             context.n_seq_max == 1 && context.type_k == GGML_TYPE_F16 &&
                             context.type_v == GGML_TYPE_F16 && !context.embeddings && context.offload_kqv &&
                             context.swa_full && !context.kv_unified && context.samplers == nullptr &&
                             context.ctx_other == nullptr && !model.vocab_only && !model.check_tensors &&
                             model.use_extra_bufts && model.kv_overrides == nullptr;
    if (found.rfind(wanted, 0) != 0 || !layout_fits) {
        throw Error("NO_LIBRARY", "The llama.cpp library is version " + found + ", but this addon was built for " +
                                      expected + ". Reinstall so that both are of one release.");
    }
}

std::vector<Device> LlamaLibrary::devices() const {
    std::vector<Device> result;
    for (size_t i = 0; i < functions_.ggml_backend_dev_count(); ++i) {
        ggml_backend_dev_t device = functions_.ggml_backend_dev_get(i);
        const char* kind = "accelerator";
        switch (functions_.ggml_backend_dev_type(device)) {
        case GGML_BACKEND_DEVICE_TYPE_CPU:
            kind = "cpu";
            break;
        case GGML_BACKEND_DEVICE_TYPE_GPU:
            kind = "gpu";
            break;
        case GGML_BACKEND_DEVICE_TYPE_IGPU:
            kind = "igpu";
            break;
        default:
            break;
        }
        size_t free = 0, total = 0;
        functions_.ggml_backend_dev_memory(device, &free, &total);
        result.push_back({functions_.ggml_backend_dev_name(device), functions_.ggml_backend_dev_description(device),
                          kind, free, total});
    }
    return result;
}

} // namespace telltale
