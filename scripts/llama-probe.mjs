// Asks a compiler and a built llama.cpp for what its headers' text does not tell: sizes and places of members, values of constants,
// and the default parameters that the library itself gives.
import { spawnSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Functions that give parameters by value, and what they are called with. */
const DEFAULTS = {
  llama_model_default_params: { type: "llama_model_params", call: "" },
  llama_context_default_params: { type: "llama_context_params", call: "" },
  llama_sampler_chain_default_params: { type: "llama_sampler_chain_params", call: "" },
  ggml_threadpool_params_default: { type: "ggml_threadpool_params", call: "2" },
};

const PRELUDE = `#include "ggml-backend.h"
#include "ggml-cpu.h"
#include "ggml.h"
#include "llama.h"
#include <cstddef>
#include <cstdio>
#include <dlfcn.h>
#include <type_traits>
template <class T> void show(const char* name, const T& value) {
    std::printf("default %s\\t", name);
    if constexpr (std::is_pointer_v<T>) std::printf("%s", value == nullptr ? "null" : "set");
    else if constexpr (std::is_floating_point_v<T>) std::printf("%.9g", static_cast<double>(value));
    else if constexpr (std::is_enum_v<T> || std::is_integral_v<T>) std::printf("%lld", static_cast<long long>(value));
    else for (size_t i = 0; i < sizeof(T); ++i) std::printf("%02x", reinterpret_cast<const unsigned char*>(&value)[i]);
    std::printf("\\n");
}
`;

function program({ structs, constants, functions }) {
  const lines = [];
  for (const [name, fields] of Object.entries(structs)) {
    lines.push(`std::printf("size %s\\t%zu bytes\\n", "${name}", sizeof(${name}));`);
    for (const field of fields) {
      const [at, size] = [`offsetof(${name}, ${field})`, `sizeof(static_cast<${name}*>(nullptr)->${field})`];
      lines.push(`std::printf("member ${name}.${field}\\tbyte %zu, %zu long\\n", ${at}, ${size});`);
    }
  }
  for (const name of constants) {
    lines.push(`std::printf("constant ${name}\\t%lld\\n", static_cast<long long>(${name}));`);
  }
  lines.push("void* library = nullptr; void* found = nullptr; (void)library; (void)found;");
  lines.push("for (int i = 1; i < count; ++i) if ((library = dlopen(paths[i], RTLD_NOW | RTLD_GLOBAL)) == nullptr) {");
  lines.push('    std::fprintf(stderr, "%s\\n", dlerror()); return 1; }');
  for (const [name, { type, call }] of Object.entries(DEFAULTS)) {
    if (!functions[name] || structs[type] === undefined) continue;
    lines.push(`found = dlsym(RTLD_DEFAULT, "${name}");`);
    lines.push(`if (found != nullptr) { const ${type} given = reinterpret_cast<decltype(&::${name})>(found)(${call});`);
    for (const field of structs[type]) lines.push(`    show("${type}.${field}", given.${field});`);
    lines.push("}");
  }
  return `${PRELUDE}int main(int count, char** paths) {\n    ${lines.join("\n    ")}\n    return 0;\n}\n`;
}

/** Paths of the shared libraries in a folder, those that the others need first. */
export function librariesIn(folder) {
  const names = readdirSync(folder);
  return ["ggml-base", "ggml", "llama"].flatMap((stem) =>
    names
      .filter((name) => new RegExp(`^lib${stem}(\\.[\\w.-]*)?\\.(so|dylib)$`).test(name))
      .map((name) => path.join(folder, name)),
  );
}

/**
 * What `api` (of readApi) is to the compiler with the headers in `folders`, and to the libraries in `libraries`: a line each, such as
 * "member llama_context_params.n_ctx": "byte 0, 4 long". Throws where it cannot be compiled or run. `scratch`: a folder for its files.
 */
export function probe(api, folders, libraries, scratch) {
  const source = path.join(scratch, "probe.cpp");
  const binary = path.join(scratch, "probe");
  writeFileSync(source, program(api));
  const options = ["-std=c++20", "-w", "-Wno-invalid-offsetof", ...folders.map((folder) => `-I${folder}`)];
  run(process.env.CXX ?? "c++", [...options, source, "-o", binary, "-ldl"]);
  const output = run(binary, librariesIn(libraries), { LD_LIBRARY_PATH: libraries, DYLD_LIBRARY_PATH: libraries });
  return Object.fromEntries(
    output
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t")),
  );
}

function run(command, args, environment = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
  if (status === 0) return stdout;
  throw new Error(
    `${path.basename(command)} failed: ${(stderr || error?.message || "").trim().split("\n").slice(0, 5).join("\n")}`,
  );
}
