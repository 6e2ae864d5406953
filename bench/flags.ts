import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

export interface Flags {
  threads: number;
  rounds: number;
  /** Contests to run; undefined: all. */
  only: readonly string[] | undefined;
  /** Where the results are written; undefined: nowhere. */
  json: string | undefined;
  /** Less work a round. */
  quick: boolean;
  /** Do nothing, successfully, where llama.cpp's tools are not built. */
  ifBuilt: boolean;
  /** The shape of the model the larger contests run with. */
  model: string;
}

/** Reads the bench's flags. Throws a sentence about the first wrong one. */
export function readFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      threads: { type: "string" },
      rounds: { type: "string" },
      only: { type: "string" },
      json: { type: "string" },
      quick: { type: "boolean", default: false },
      "if-built": { type: "boolean", default: false },
      model: { type: "string", default: "qwen2.5-0.5b" },
    },
  });
  return {
    threads: count("threads", values.threads, availableParallelism()),
    rounds: count("rounds", values.rounds, 5),
    only: values.only?.split(",").map((id) => id.trim()),
    json: values.json,
    quick: values.quick,
    ifBuilt: values["if-built"],
    model: values.model,
  };
}

function count(flag: string, text: string | undefined, otherwise: number): number {
  const value = Number(text ?? otherwise);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${flag} must be a whole number from 1, not ${text}.`);
  return value;
}
