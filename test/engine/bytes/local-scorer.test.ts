import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { boundaries } from "#telltale/engine/bytes/boundaries.js";
import { type ExactEncoder, exactEncoder } from "#telltale/engine/bytes/encode-exactly.js";
import { localByteScorer } from "#telltale/engine/bytes/local-scorer.js";
import { partialSegments, segments } from "#telltale/engine/bytes/segments.js";
import type { ByteItem, ByteScore, ByteScoreRequest } from "#telltale/engine/bytes/types.js";
import type { JobOptions, JobProgress, LocalEngine, Vocabulary } from "#telltale/engine/engine.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import { decode } from "#telltale/engine/vocabulary.js";
import { MODELS, NO_HEAD, rejection, SMALL, scored, TEXT } from "../models.js";
import { anyBytes } from "./texts.js";
import { altered, BYTE, UNUSED } from "./vocabularies.js";

const SENTENCES = TEXT.trim()
  .split(/(?<=\.) /)
  .filter((sentence) => sentence.length > 40);
const item = (context: string, targets: string): ByteItem => ({
  context: Buffer.from(context),
  targets: Buffer.from(targets),
});

interface Side {
  engine: LocalEngine;
  vocabulary: Vocabulary;
  encoder: ExactEncoder;
}

async function side(path: string): Promise<Side> {
  const [engine] = (await openNativeEngines({ path, gpu: "off" }, [SMALL])) as [LocalEngine];
  return { engine, vocabulary: await engine.vocabulary(), encoder: await exactEncoder(engine, engine.facts.model) };
}

/** The scores of all items in their order, each of them there once. */
async function bytesScored(
  { engine, encoder }: Pick<Side, "engine" | "encoder">,
  request: ByteScoreRequest,
  options?: JobOptions,
): Promise<ByteScore[]> {
  const all: ByteScore[] = [];
  for await (const batch of localByteScorer(engine, encoder).scoreBytes(request, options)) all.push(...batch);
  all.sort((a, b) => a.item - b.item);
  expect(all.map((score) => score.item)).toEqual(request.items.map((_, i) => i));
  return all;
}

const bits = (values: Float32Array): Uint32Array => new Uint32Array(values.slice().buffer);

describe.each([
  ["byte-level BPE", MODELS.base],
  ["SentencePiece with BOS", MODELS.baseB],
])("%s", (_, path) => {
  let here: Side;
  let head: { text: string; tokens: Int32Array };
  beforeAll(async () => {
    here = await side(path);
    const { bos } = here.engine.facts.model;
    head = { text: Buffer.from(decode(here.vocabulary, [bos])).toString(), tokens: Int32Array.of(bos) };
  });
  afterAll(() => here.engine.close());

  it("gives the very figures of scoring by ids where the tokens are the same", async () => {
    const ids = await here.engine.tokenize(SENTENCES);
    const items = ids.map((tokens) => ({ context: tokens.slice(0, 3), targets: tokens.slice(3) }));
    const byIds = await scored(here.engine, { head: head.tokens, items });
    const texts = items.map(({ context, targets }) => ({
      context: decode(here.vocabulary, context),
      targets: decode(here.vocabulary, targets),
    }));
    const byBytes = await bytesScored(here, { head, items: texts });
    for (const [i, score] of byBytes.entries()) {
      expect(score).toMatchObject({ problem: null, tokens: items[i]?.targets, first: 0 });
      expect(score.ends).toEqual(boundaries(here.vocabulary, score.tokens as Int32Array));
      expect(bits(score.logprobs)).toEqual(bits(byIds[i] as Float32Array));
    }
  });

  it("leaves a token out that begins in the context", async () => {
    // " old" is one token in both vocabularies, and " bridge" begins with " br".
    const cut = await bytesScored(here, { head, items: [item("The o", "ld bridge"), item("The old b", "ridge")] });
    const [whole] = await bytesScored(here, { head, items: [item("The", " old bridge")] });
    const after = (whole as ByteScore).tokens?.slice(1) as Int32Array;
    expect(cut[0]).toMatchObject({ problem: null, tokens: after, first: 2 });
    expect(cut[0]?.ends.at(-1)).toBe("ld bridge".length);
    expect(cut[0]?.logprobs).toEqual(whole?.logprobs.slice(1));
    expect(cut[1]).toMatchObject({ problem: null, tokens: after.slice(1), first: 1 });
    expect(cut[1]?.logprobs).toEqual(whole?.logprobs.slice(2));
  });

  it("tells why an item has no figures, and scores the others", async () => {
    const attribute = (given: number): number => (given === BYTE ? UNUSED : given);
    const encoder = await exactEncoder(altered(here.engine, { attribute }), here.engine.facts.model);
    const long = "a bridge of glass ".repeat(100);
    const items = [item("The", " old bridge"), item("The ol", "d"), item("The", long), item("", ""), item("a", "日本")];
    const scores = await bytesScored({ engine: here.engine, encoder }, { head, items });
    const lacksBytes = here.vocabulary.attributes.includes(BYTE);
    expect(scores.map((score) => score.problem)).toEqual([
      null,
      "not told apart",
      "longer than the context",
      "not told apart",
      lacksBytes ? "not expressible" : null,
    ]);
    for (const { problem, tokens, ends, logprobs } of scores.filter((score) => score.problem !== null)) {
      expect([problem, tokens, ends.length, logprobs.length]).toEqual([problem, null, 0, 0]);
    }
  });

  it("fills the context to its last token", async () => {
    const { nCtxSequence } = here.engine.facts.context;
    const [ids] = await here.engine.tokenize([" glass".repeat(nCtxSequence)]);
    const text = (tokens: number) => decode(here.vocabulary, (ids as Int32Array).slice(0, tokens)).slice(1);
    // The last target is not decoded any more.
    const items = [nCtxSequence, nCtxSequence + 1].map((tokens) => ({
      context: Buffer.from(" "),
      targets: text(tokens),
    }));
    const scores = await bytesScored(here, { head, items });
    expect(scores.map((score) => score.problem)).toEqual([null, "longer than the context"]);
  });

  it("counts the first token of a text after a head, and gives it without one", async () => {
    const [withHead] = await bytesScored(here, { head, items: [item("", "The old bridge")] });
    const [without] = await bytesScored(here, {
      head: { text: "", tokens: NO_HEAD },
      items: [item("", "The old bridge")],
    });
    expect(withHead).toMatchObject({ problem: null, first: 0 });
    expect(without).toMatchObject({ problem: null, tokens: withHead?.tokens?.slice(1), first: 3 });
    expect(without?.logprobs).toHaveLength((withHead?.logprobs.length ?? 0) - 1);
  });

  it("does not count a token that is nothing but an added space", async () => {
    const [score] = (await bytesScored(here, { head, items: [item("", "\nglass")] })) as [ByteScore];
    expect(score).toMatchObject({ problem: null, first: 0 });
    expect(Buffer.from(decode(here.vocabulary, score.tokens as Int32Array)).toString()).toBe("\nglass");
  });

  it("makes tokens of a head that is given as text only", async () => {
    const items = [item("The", " old bridge")];
    const asText = await bytesScored(here, { head: { text: head.text, tokens: null }, items });
    expect(asText).toEqual(await bytesScored(here, { head, items }));
  });

  it("covers any bytes, cut anywhere", async () => {
    const cutText = fc.tuple(anyBytes, fc.nat(250)).map(([bytes, place]) => {
      const at = bytes.length === 0 ? 0 : place % bytes.length;
      return { context: bytes.subarray(0, at), targets: bytes.subarray(at) };
    });
    await fc.assert(
      fc.asyncProperty(fc.array(cutText, { minLength: 1, maxLength: 12 }), async (items) => {
        for (const [i, score] of (await bytesScored(here, { head, items })).entries()) {
          const { context, targets } = items[i] as ByteItem;
          if (score.problem !== null) {
            expect(["not told apart", "longer than the context"]).toContain(score.problem);
            continue;
          }
          const counted = decode(here.vocabulary, score.tokens as Int32Array);
          const added = context.length === 0 && counted.length === targets.length + 1 ? 1 : 0;
          expect(Buffer.from(counted.subarray(added))).toEqual(Buffer.from(targets.subarray(score.first)));
          expect(score.ends.at(-1)).toBe(targets.length);
          expect(score.ends).toHaveLength(score.logprobs.length);
        }
      }),
      { numRuns: 20 },
    );
  });

  it("tells progress in the items that were asked for, and stops when asked", async () => {
    const items = [item("The ol", "d"), ...SENTENCES.map((sentence) => item("The", ` ${sentence}`))];
    const seen: JobProgress[] = [];
    await bytesScored(here, { head, items }, { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toMatchObject({ itemsDone: items.length, itemsTotal: items.length });
    const signal = AbortSignal.abort();
    expect(await rejection(() => bytesScored(here, { head, items }, { signal }))).toMatchObject({ code: "CANCELLED" });
  });
});

describe("a reference of another family", () => {
  it("has figures for every byte of the author's completion, laid over the author's tokens", async () => {
    const [author, reference] = [await side(MODELS.base), await side(MODELS.baseB)];
    const ids = await author.engine.tokenize(SENTENCES.map((sentence) => `${sentence} 日本 ❤️ \u2581`));
    const items = ids.map((tokens) => ({
      context: decode(author.vocabulary, tokens.subarray(0, 3)),
      targets: decode(author.vocabulary, tokens.subarray(3)),
    }));
    const head = { text: "<s>", tokens: Int32Array.of(reference.engine.facts.model.bos) };
    for (const [i, score] of (await bytesScored(reference, { head, items })).entries()) {
      const completion = (ids[i] as Int32Array).subarray(3);
      const ends = boundaries(author.vocabulary, completion);
      const pairs = segments(ends, score);
      expect(pairs.filter((_, at) => at % 2 === 0).reduce((sum, count) => sum + count, 0)).toBe(completion.length);
      expect(pairs.filter((_, at) => at % 2 === 1).reduce((sum, count) => sum + count, 0)).toBe(score.logprobs.length);
      expect(partialSegments(ends, score)).toEqual({ first: score.first > 0, last: false });
      // Two vocabularies that agree on most words agree on many boundaries.
      expect(pairs.length / 2).toBeGreaterThan(completion.length / 2);
    }
    await Promise.all([author.engine.close(), reference.engine.close()]);
  });
});
