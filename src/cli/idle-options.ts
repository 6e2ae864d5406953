import { isRemote } from "../engine/remote/spec.js";
import { TelltaleError } from "../errors.js";
import type { AuditValues } from "./audit-flags.js";

/** Options that say how endpoints are asked, and those that say how models are run here. */
const OF_ENDPOINTS = { concurrency: "--concurrency", itemsRequest: "--items-request", timeout: "--timeout" } as const;
const OF_HERE = {
  gpu: "--gpu",
  threads: "--threads",
  sequences: "--sequences",
  batch: "--batch",
  kvType: "--kv-type",
  flashAttention: "--flash-attention",
  placement: "--placement",
  checkTensors: "--check-tensors",
} as const;

/** Throws BAD_ARGUMENT for an option that could change nothing, wherever the models are: it would be followed in appearance only. */
export function refuseIdleOptions(values: AuditValues, models: readonly (string | undefined)[]): void {
  const remote = models.filter((model) => model !== undefined && isRemote(model)).length;
  const refuse = (options: Partial<Record<keyof AuditValues, string>>, why: string): void => {
    const given = Object.entries(options).find(([name]) => values[name as keyof AuditValues] !== undefined);
    if (given === undefined) return;
    throw new TelltaleError("BAD_ARGUMENT", `${given[1]} was given, but ${why}: leave ${given[1]} out.`);
  };
  if (remote === 0) refuse(OF_ENDPOINTS, "both models are run here, and no endpoint is asked");
  if (remote === models.length) refuse(OF_HERE, "both models are behind endpoints, and none is run here");
}
