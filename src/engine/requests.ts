import { z } from "zod";
import type { GenerateRequest, ScoreItem, ScoreRequest } from "./engine.js";
import type { NativeGenerateRequest, NativeScoreRequest } from "./native/addon.js";
import { resolveOptions, SamplingOptions } from "./options.js";

const Tokens = z.custom<Int32Array>(isTokens, "expected an Int32Array of token ids");

/** Sequences are many, and looked at up to the first that is wrong. */
export const Sequences = z.custom<readonly Int32Array[]>(
  (value) => isArrayOf(value, isTokens),
  "expected an array of Int32Arrays of token ids",
);

const Items = z.custom<readonly ScoreItem[]>(
  (value) => isArrayOf(value, (item) => isTokens(item?.context) && isTokens(item?.targets)),
  "expected an array of { context, targets }, two Int32Arrays of token ids each",
);

/** Whether it is an Int32Array with its memory: one whose memory was given away would pass for an empty one. */
function isTokens(value: unknown): boolean {
  if (!ArrayBuffer.isView(value) || !(value instanceof Int32Array)) return false;
  if (value.length > 0) return true;
  try {
    value.values(); // throws where the memory is gone
    return true;
  } catch {
    return false;
  }
}

/** Whether it is an array of nothing but such elements, holes not excepted. */
export function isArrayOf(value: unknown, fits: (element: Partial<ScoreItem> | undefined) => boolean): boolean {
  if (!Array.isArray(value)) return false;
  for (let i = 0; i < value.length; i++) if (!fits(value[i])) return false;
  return true;
}

const GenerateOptions = z
  .strictObject({
    head: Tokens,
    prefills: Sequences,
    maxTokens: z.int().min(1),
    samples: z.int().min(1).max(65_536).default(1),
    sampling: SamplingOptions.optional(),
    firstPrefill: z.int().min(0).default(0),
  })
  .refine((request) => request.samples === 1 || request.sampling !== undefined, {
    path: ["samples"],
    error: "more than 1 needs `sampling`: greedy completions of one prefill are all the same",
  });

const ScoreOptions = z.object({ head: Tokens, items: Items, top: z.boolean().default(false) });

/** Defaults and checks a request and lays its sequences flat, as they cross to C++. Throws BAD_ARGUMENT. */
export function nativeGenerateRequest(request: GenerateRequest): NativeGenerateRequest {
  const given = resolveOptions(GenerateOptions, request as z.input<typeof GenerateOptions>, "generate request");
  const { tokens, lengths } = flatten(given.prefills);
  return {
    head: given.head,
    prefillTokens: tokens,
    prefillLengths: lengths,
    maxTokens: given.maxTokens,
    samples: given.samples,
    sampling: given.sampling ?? null,
    firstPrefill: given.firstPrefill,
  };
}

/** The same for scoring. */
export function nativeScoreRequest(request: ScoreRequest): NativeScoreRequest {
  const { head, items, top } = resolveOptions(ScoreOptions, request as z.input<typeof ScoreOptions>, "score request");
  const contexts = flatten(items.map((item) => item.context));
  const targets = flatten(items.map((item) => item.targets));
  return {
    head,
    contextTokens: contexts.tokens,
    contextLengths: contexts.lengths,
    targetTokens: targets.tokens,
    targetLengths: targets.lengths,
    top,
  };
}

/** Int32Array [sum of lengths] and Uint32Array [rows] of many sequences. */
function flatten(rows: readonly Int32Array[]): { tokens: Int32Array; lengths: Uint32Array } {
  const lengths = Uint32Array.from(rows, (row) => row.length);
  const tokens = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let offset = 0;
  for (const row of rows) {
    tokens.set(row, offset);
    offset += row.length;
  }
  return { tokens, lengths };
}
