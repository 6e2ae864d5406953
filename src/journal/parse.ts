import { type Alignment, type CompletionRecord, type ErrorRecord, ROLES, type ScoreRecord } from "./records.js";

/** A completion record out of parsed JSON; throws a sentence's end where it is none. By hand: a run holds millions. */
export function parseCompletionRecord(value: unknown): CompletionRecord {
  const record = fields(value);
  const { stop, bytes } = record;
  const completionText = text(record, "completionText");
  if (stop !== "eog" && stop !== "maxTokens") throw new Error('its "stop" is neither "eog" nor "maxTokens"');
  return {
    id: name(record, "id"),
    configuration: name(record, "configuration"),
    prefill: tokens(record, "prefill"),
    completion: tokens(record, "completion"),
    stop,
    bytes: typeof bytes === "number" ? bytes : Buffer.byteLength(completionText),
    prefillText: text(record, "prefillText"),
    completionText,
  };
}

/** A score record out of parsed JSON; throws a sentence's end where it is none. */
export function parseScoreRecord(value: unknown): ScoreRecord {
  const record = fields(value);
  const { aligned } = record;
  return {
    id: name(record, "id"),
    logprobs: text(record, "logprobs"),
    ...(aligned !== undefined && { aligned: parseAlignment(aligned) }),
  };
}

/** An error record out of parsed JSON; throws a sentence's end where it is none. */
export function parseErrorRecord(value: unknown): ErrorRecord {
  const record = fields(value);
  const step = (["generate", ...ROLES] as const).find((known) => known === record.step);
  if (step === undefined) throw new Error('its "step" is no step of an audit');
  return { id: name(record, "id"), step, problem: text(record, "problem") };
}

function parseAlignment(value: unknown): Alignment {
  const record = fields(value);
  const segments = counts(record, "segments");
  if (segments.length % 2 !== 0) throw new Error('its "segments" are not pairs');
  return {
    tokens: record.tokens === null ? null : tokens(record, "tokens"),
    segments,
    partial: counts(record, "partial"),
  };
}

function fields(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("it is not an object");
  return value as Record<string, unknown>;
}

function text(record: Record<string, unknown>, key: string): string {
  const value = record[key];
  if (typeof value !== "string") throw new Error(`its "${key}" is not a text`);
  return value;
}

/** Names are not empty and hold no line break and no half of a character, so that many of them can travel as the lines of a text. */
function name(record: Record<string, unknown>, key: string): string {
  const value = text(record, key);
  if (value === "" || value.includes("\n")) throw new Error(`its "${key}" is empty or holds a line break`);
  if (/\p{Surrogate}/u.test(value)) throw new Error(`its "${key}" is not well-formed Unicode`);
  return value;
}

function tokens(record: Record<string, unknown>, key: string): number[] {
  const value = record[key];
  if (!Array.isArray(value) || !value.every((id) => Number.isInteger(id))) {
    throw new Error(`its "${key}" is not a list of token ids`);
  }
  return value;
}

function counts(record: Record<string, unknown>, key: string): number[] {
  const values = tokens(record, key);
  if (values.some((value) => value < 0)) throw new Error(`its "${key}" are not counts`);
  return values;
}
