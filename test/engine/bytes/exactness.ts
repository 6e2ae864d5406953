import { expect } from "vitest";
import type { ExactEncoding } from "#telltale/engine/bytes/encode-exactly.js";
import type { TokenizerFacts, Vocabulary } from "#telltale/engine/engine.js";
import { decode } from "#telltale/engine/vocabulary.js";
import { CONTROL, singleBytes } from "./vocabularies.js";

/**
 * Fails unless the pieces are exactly the bytes, an added space before them apart, the ends are where the pieces end, and no token is
 * a control token. There may be no encoding only where a byte lacks a token of its own.
 */
export function expectExact(
  vocabulary: Vocabulary,
  facts: Pick<TokenizerFacts, "bos" | "eos" | "eot">,
  bytes: Uint8Array,
  encoding: ExactEncoding | null | undefined,
): void {
  expect(encoding).toBeDefined();
  if (encoding === null || encoding === undefined) {
    const single = singleBytes(vocabulary);
    expect(bytes.some((byte) => !single.has(byte))).toBe(true);
    return;
  }
  const { tokens, first, ends } = encoding;
  const said = Buffer.from(decode(vocabulary, tokens));
  expect(said).toEqual(first === -1 ? Buffer.concat([Buffer.from(" "), bytes]) : Buffer.from(bytes));
  let at: number = first;
  for (const [i, token] of tokens.entries()) {
    at += decode(vocabulary, [token]).length;
    expect(ends[i]).toBe(at);
    expect((vocabulary.attributes[token] as number) & CONTROL).toBe(0);
    expect([facts.bos, facts.eos, facts.eot]).not.toContain(token);
  }
  expect(ends).toHaveLength(tokens.length);
}
