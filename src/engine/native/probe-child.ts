// Opens one backend's libraries and tells its parent what became of it. A process of its own, because llama.cpp allows one
// library a process, and because a broken driver may end the process.
import { TelltaleError } from "../../errors.js";
import { type Addon, loadAddon } from "./addon.js";
import { type Backend, findLibrary, openLibrary } from "./library.js";
import type { ProbeResult } from "./probe.js";

/** The kernel the addon's dispatch takes: the first of these that the processor has. */
function kernelOf(addon: Addon): string {
  const row = Float32Array.of(0, 1);
  return ["avx512", "avx2", "neon"].find((name) => addon.rowLogprob(name, row, 0) !== null) ?? "plain";
}

function probe(backend: Backend): ProbeResult {
  let part: "addon" | "library" = "addon";
  try {
    const kernel = kernelOf(loadAddon());
    part = "library";
    // As "cpu" no GPU is insisted on: that there is none is a finding here, not an error.
    return { ok: true, devices: openLibrary(findLibrary(backend), "cpu").devices, kernel };
  } catch (error) {
    const code = error instanceof TelltaleError ? error.code : "ENGINE_FAILED";
    return { ok: false, part, code, message: (error as Error).message };
  }
}

process.send?.(probe(process.argv[2] as Backend), () => process.exit(0));
