import { ADDON_VARIABLE } from "./addon-file.js";
import { LIBRARY_VARIABLE } from "./library.js";

/** What loaders and drivers need, and nothing secret. */
const PASSED_ON = [
  "PATH",
  "LD_LIBRARY_PATH",
  "DYLD_LIBRARY_PATH",
  "SYSTEMROOT",
  "TMPDIR",
  "TEMP",
  "LANG",
  "LC_ALL",
  "HOME",
  "CUDA_VISIBLE_DEVICES",
  "CUDA_DEVICE_ORDER",
  "CUDA_CACHE_PATH",
  "HIP_VISIBLE_DEVICES",
  "ROCR_VISIBLE_DEVICES",
  "GGML_VK_VISIBLE_DEVICES",
  "VK_ICD_FILENAMES",
  "VK_DRIVER_FILES",
  LIBRARY_VARIABLE,
  ADDON_VARIABLE,
  // An addon under sanitizers is loaded with their runtime before it.
  "LD_PRELOAD",
  "ASAN_OPTIONS",
  "UBSAN_OPTIONS",
];

/** The environment of processes that load a model or a driver. */
export function scrubbedEnvironment(): NodeJS.ProcessEnv {
  const kept = PASSED_ON.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]] as const],
  );
  // Without it ggml's abort starts a debugger.
  return { ...Object.fromEntries(kept), GGML_NO_BACKTRACE: "1" };
}
