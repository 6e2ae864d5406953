import { z } from "zod";
import type { GenerateRequest, ScoreRequest } from "./engine.js";
import type { NativeGenerateRequest, NativeScoreRequest } from "./native/addon.js";
import { resolveOptions, SamplingOptions } from "./options.js";

const Tokens = z.instanceof(Int32Array, { error: "expected an Int32Array of token ids" });

const GenerateOptions = z
  .strictObject({
    head: Tokens,
    prefills: z.array(Tokens),
    maxTokens: z.int().min(1),
    samples: z.int().min(1).max(65_536).default(1),
    sampling: SamplingOptions.optional(),
    firstPrefill: z.int().min(0).default(0),
  })
  .refine((request) => request.samples === 1 || request.sampling !== undefined, {
    path: ["samples"],
    error: "more than 1 needs `sampling`: greedy completions of one prefill are all the same",
  });

const ScoreOptions = z.strictObject({ head: Tokens, top: z.boolean().default(false) });

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

/** The same for scoring. Items are many, so they are checked where they are laid flat and in C++. */
export function nativeScoreRequest(request: ScoreRequest): NativeScoreRequest {
  const contexts = flatten(request.items.map((item) => item.context));
  const targets = flatten(request.items.map((item) => item.targets));
  const { head, top } = request as z.input<typeof ScoreOptions>;
  return {
    ...resolveOptions(ScoreOptions, { head, top }, "score request"),
    contextTokens: contexts.tokens,
    contextLengths: contexts.lengths,
    targetTokens: targets.tokens,
    targetLengths: targets.lengths,
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
