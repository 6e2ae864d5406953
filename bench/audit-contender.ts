import path from "node:path";
import { ROOT } from "./peer-tools.js";
import { lastLineOf, runProgram } from "./processes.js";
import { TELLTALE_VERSION } from "./rivals/telltale.js";
import type { Contender, Sample } from "./rounds.js";

export const WHOLE_AUDIT = "whole audit";
/** The same prefills generated and the same completions scored by the same kind of engine, nothing done with the results. */
export const ENGINE_ALONE = "its jobs alone";
/** What the audit's performance.json says its steps took. */
export const STEPS = "its steps, as it tells";

export interface AuditSize {
  /** Prefills, and new tokens for each. */
  limit: number;
  maxTokens: number;
}

/** An audit of the model against itself, from its first prefill to the closed engines; loading is left out. */
export function auditContender(model: string, threads: number, size: AuditSize): Contender {
  const turn = path.join(ROOT, ".cache", "bench", "audit-turn.js");
  return {
    name: WHOLE_AUDIT,
    version: TELLTALE_VERSION,
    settings: { ...size, threads, formats: "raw" },
    run: async () => {
      const { stdout } = await runProgram(process.execPath, [turn, JSON.stringify({ model, threads, ...size })]);
      return lastLineOf<Sample>(stdout);
    },
  };
}
