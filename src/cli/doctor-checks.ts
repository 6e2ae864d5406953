import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { freemem, totalmem } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { openHostEngines } from "../engine/host/engine.js";
import { readCores } from "../engine/machine.js";
import { scrubbedEnvironment } from "../engine/native/environment.js";
import { scoreText } from "./score-text.js";

/** One line of the doctor's report. */
export interface Check {
  name: string;
  state: "ok" | "missing" | "problem";
  detail: string;
  /** How to get what is missing or to mend what is broken. */
  remedy?: string;
  /** Whether auditing on the CPU needs it. */
  required: boolean;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Node's version against package.json's engines, the system, and what it has of memory and cores. */
export function systemChecks(): Check[] {
  const manifest = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as { engines: { node: string } };
  const needed = manifest.engines.node;
  const enough = satisfies(process.versions.node, needed);
  const gibibytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
  // What the process is granted: a container's limit where there is one.
  const limit = process.constrainedMemory();
  const memory = limit > 0 && limit < totalmem() ? limit : totalmem();
  return [
    {
      name: "Node.js",
      state: enough ? "ok" : "problem",
      detail: `${process.versions.node}, ${needed} is needed`,
      ...(enough ? {} : { remedy: "install a newer Node.js" }),
      required: true,
    },
    {
      name: "system",
      state: "ok",
      detail: `${process.platform} ${process.arch}, ${coresText()}, ${gibibytes(memory)} GiB of memory (${gibibytes(freemem())} free)`,
      required: true,
    },
  ];
}

function coresText(): string {
  const { available, physical } = readCores();
  const cores = `${physical} ${physical === 1 ? "core" : "cores"}`;
  return physical < available ? `${cores} with ${available} hyper-threads` : cores;
}

/** git, cmake and a C++ compiler, which only building the addon needs. */
export function toolChecks(): Check[] {
  const compilers = [process.env.CXX ?? "", ...(process.platform === "win32" ? ["cl"] : ["c++", "g++", "clang++"])];
  return [
    toolCheck("git", ["git"], "install git"),
    toolCheck("cmake", ["cmake"], "install cmake 3.18 or later"),
    toolCheck("C++ compiler", compilers, "install a compiler that knows C++20: g++ 11, clang 13, Visual Studio 2022"),
  ];
}

function toolCheck(name: string, commands: string[], remedy: string): Check {
  for (const command of commands.filter((each) => each !== "")) {
    // Visual Studio's cl knows no --version and writes its own to stderr.
    const args = command === "cl" ? [] : ["--version"];
    const { error, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", env: scrubbedEnvironment() });
    if (error !== undefined) continue;
    const version = `${stdout}${stderr}`.split("\n")[0]?.trim() ?? "";
    return { name, state: "ok", detail: version, required: false };
  }
  return { name, state: "missing", detail: "only needed to build the addon", remedy, required: false };
}

/** The models that come with Telltale, and whether one of them loads and gives log-probabilities. */
export async function modelChecks(): Promise<Check[]> {
  const folder = path.join(ROOT, "models");
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".gguf")) : [];
  const models: Check = { name: "shipped models", state: "ok", detail: files.sort().join(", "), required: false };
  const remedy = "install Telltale again, or name models of your own";
  if (files.length === 0) return [{ ...models, state: "missing", detail: "none in models/", remedy }];
  // An adapter is no model: it cannot be opened alone.
  const model = files.find((file) => !file.includes("lora"));
  return model === undefined ? [models] : [models, await trialRun(folder, model)];
}

async function trialRun(folder: string, file: string): Promise<Check> {
  const check = { name: "trial run", required: true };
  try {
    const context = { sequences: 1, contextSequence: 256, batch: 64 };
    const [engine] = await openHostEngines({ path: path.join(folder, file) }, [context]);
    if (engine === undefined) return { ...check, state: "problem", detail: "no engine was opened" };
    try {
      const { scoredTokens, perplexity } = await scoreText(engine, "Once upon a time there was", "overlapping", 64);
      const detail = `${file}: ${scoredTokens} tokens scored on the CPU, perplexity ${perplexity.toFixed(1)}`;
      return { ...check, state: "ok", detail };
    } finally {
      await engine.close();
    }
  } catch (error) {
    return { ...check, state: "problem", detail: `${file}: ${(error as Error).message}` };
  }
}

/** Whether a version fits a range written as package.json's "engines" is here: "^20.19.0 || >=22.12.0". */
export function satisfies(version: string, range: string): boolean {
  return range.split("||").some((part) => {
    const [, sign, needed = ""] = /^(\^|>=)([\d.]+)$/.exec(part.trim()) ?? [];
    const [a, b] = [version, needed].map((each) => each.split(".").map(Number));
    if (sign === "^" && a?.[0] !== b?.[0]) return false;
    const i = [0, 1, 2].find((index) => a?.[index] !== b?.[index]);
    return sign !== undefined && (i === undefined || (a?.[i] ?? 0) > (b?.[i] ?? 0));
  });
}
