import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import path from "node:path";
import { LLAMA_RELEASE, ROOT } from "./peer-tools.js";

/** Where and with what something was measured. */
export interface Machine {
  processor: string;
  /** Threads the system grants this process. */
  cores: number;
  /** The vector instructions llama.cpp and Telltale make use of, as far as the system lists them. */
  instructionSets: string[];
  memoryGigabytes: number;
  system: string;
  node: string;
  telltale: string;
  llama: string;
  /** The commit, with "+" behind it where files differ from it; undefined outside a git checkout. */
  commit: string | undefined;
  measuredAt: string;
}

const INTERESTING = /^(avx|avx2|f16c|fma|avx_vnni|avx512(f|bw|vl|_vnni|_bf16)|amx_\w+|asimd|asimddp|i8mm|sve2?)$/;

export function thisMachine(): Machine {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as { version: string };
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    instructionSets: instructionSets(),
    memoryGigabytes: Math.round(totalmem() / 1e9),
    system: `${process.platform} ${release()} ${process.arch}`,
    node: process.version,
    telltale: version,
    llama: LLAMA_RELEASE,
    commit: commit(),
    measuredAt: new Date().toISOString(),
  };
}

/** Linux alone lists them in a file. */
function instructionSets(): string[] {
  try {
    const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "";
    return flags
      .trim()
      .split(/\s+/)
      .filter((flag) => INTERESTING.test(flag));
  } catch {
    return [];
  }
}

function commit(): string | undefined {
  const git = (...args: string[]): string =>
    execFileSync("git", args, { cwd: ROOT, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  try {
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain") === "" ? "" : "+");
  } catch {
    return undefined;
  }
}
