import type { ErrorCode } from "../errors.js";

/** What is known of a model's health after examining it. */
export interface HealthReport {
  /** The file that was examined. */
  model: string;
  /** No check failed; warnings do not count. */
  ok: boolean;
  /** In the order in which they were made; a file that cannot be loaded has one only. */
  checks: HealthCheck[];
}

/** One thing that was looked at. */
export interface HealthCheck {
  /** Which. */
  name: HealthCheckName;
  /** "warning": figures can be had, and may not mean what they seem to. "failed": the model is not to be relied on at all. */
  state: "ok" | "warning" | "failed";
  /** What was found, a clause for people. */
  detail: string;
  /** What to do about it; absent where nothing is to be done. */
  remedy?: string;
  /** The code of the error that the check ended in; absent where it came to an end. */
  code?: ErrorCode;
}

export const HEALTH_CHECKS = [
  "file",
  "token scores",
  "chat template",
  "loading",
  "byte tokens",
  "end of generation",
  "round trip",
  "finite numbers",
  "bits per byte",
  "tokenizer",
  "twice in a batch",
  "alone or in a batch",
] as const satisfies readonly HealthCheckName[];

/** The checks, in their order. */
export type HealthCheckName =
  | "file"
  | "token scores"
  | "chat template"
  | "loading"
  | "byte tokens"
  | "end of generation"
  | "round trip"
  | "finite numbers"
  | "bits per byte"
  | "tokenizer"
  | "twice in a batch"
  | "alone or in a batch";

export type OnHealthCheck = (check: HealthCheck) => void;

export function healthy(name: HealthCheckName, detail: string): HealthCheck {
  return { name, state: "ok", detail };
}

export function warned(name: HealthCheckName, detail: string, remedy: string): HealthCheck {
  return { name, state: "warning", detail, remedy };
}

export function failed(name: HealthCheckName, detail: string, remedy: string, code?: ErrorCode): HealthCheck {
  return { name, state: "failed", detail, remedy, ...(code !== undefined && { code }) };
}
