import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ByteItem, ByteScore, ByteScoreRequest } from "#telltale/engine/bytes/types.js";
import type { RemoteEngine } from "#telltale/engine/remote/engine.js";
import { MODELS, rejection } from "../models.js";
import { type ForeignModel, openForeignModel } from "./foreign-model.js";
import { type Behaviour, startForeignServer } from "./foreign-server.js";
import { openRemote } from "./support.js";

const TEXTS = [
  "The old bridge was built of stone, and the children ran down to it.",
  "Café — naïve “quotes” … done; two  spaces,\ttabs\nand lines.",
  "北京的桥 is 🎉🎉 glass: für immer. ﷽ ok",
  "x",
  "for (int i = 0; i < 10; i++) { sum += values[i]; }",
];

/** Ways in which servers write the texts of tokens. */
const WRITTEN: [name: string, write: NonNullable<Behaviour["write"]>, tellsAll: boolean][] = [
  ["as UTF-8 with replacement characters", (bytes) => bytes.toString("utf8"), false],
  ["as OpenAI does", (bytes) => (isWhole(bytes) ? bytes.toString("utf8") : `bytes:${hex(bytes, "\\x")}`), true],
  [
    "with marks for spaces and bytes",
    (bytes) =>
      isWhole(bytes) ? bytes.toString("utf8").replaceAll(" ", "\u2581") : `<0x${hex(bytes, "").toUpperCase()}>`,
    true,
  ],
  ["one by one, without the space before them", (bytes) => bytes.toString("utf8").replace(/^ /, ""), false],
];

const isWhole = (bytes: Buffer): boolean => !bytes.toString("utf8").includes("\ufffd");
const hex = (bytes: Buffer, before: string): string =>
  [...bytes].map((byte) => before + byte.toString(16).padStart(2, "0")).join("");

async function scored(engine: RemoteEngine, request: ByteScoreRequest): Promise<ByteScore[]> {
  const all: ByteScore[] = [];
  for await (const batch of engine.scoreBytes(request)) all.push(...batch);
  return all.sort((a, b) => a.item - b.item);
}

/** Items of every text, cut at several places, inside characters, too. */
function itemsFor(texts: readonly string[]): ByteItem[] {
  return texts.flatMap((text) => {
    const bytes = Buffer.from(text);
    return [0, 1, 0.3, 0.55, 0.8].map((share) => {
      const cut = share === 1 ? Math.min(1, bytes.length - 1) : Math.floor(share * bytes.length);
      return { context: bytes.subarray(0, cut), targets: bytes.subarray(cut) };
    });
  });
}

interface Truth {
  /** Byte of the targets where each token starts and ends, those that start before the targets included. */
  starts: number[];
  ends: number[];
  logprobs: (number | null)[];
}

/** What the model itself says of a text's tokens. */
async function truth(model: ForeignModel, head: string, item: ByteItem, addSpecial: boolean): Promise<Truth> {
  const text = head + Buffer.concat([item.context, item.targets]).toString("utf8");
  const ids = await model.tokens(text, addSpecial);
  const bytes = await model.bytes(ids);
  const [logprobs] = await model.scores([ids]);
  // BOS, and a space that the tokenizer puts before, are no part of the text.
  const extra = Buffer.concat(bytes).length - Buffer.byteLength(text);
  let at = -extra - Buffer.byteLength(head) - item.context.length;
  const starts = bytes.map((each) => {
    at += each.length;
    return at - each.length;
  });
  const ends = starts.map((start, i) => start + (bytes[i]?.length ?? 0));
  // That space belongs to no byte: its token starts with the text, unless it is nothing else.
  const begin = -Buffer.byteLength(head) - item.context.length;
  const spaced = starts.indexOf(begin - 1);
  if (spaced !== -1 && bytes[spaced]?.[0] === 0x20 && ends[spaced] !== begin) starts[spaced] = begin;
  return { starts, ends, logprobs: logprobs ?? [] };
}

function check(score: ByteScore, { starts, ends, logprobs }: Truth, item: ByteItem, exact: boolean): void {
  expect(score.problem).toBeNull();
  expect(score.tokens).toBeNull();
  const firstToken = starts.indexOf(score.first);
  expect(firstToken).toBeGreaterThanOrEqual(0);
  // Every end is that of a token, and the figures between two ends are the sum of the tokens' between them.
  let token = firstToken;
  for (const [i, end] of score.ends.entries()) {
    const after = ends.indexOf(end, token);
    expect(after).toBeGreaterThanOrEqual(token);
    if (exact) expect(after).toBe(token);
    const sum = logprobs.slice(token, after + 1).reduce<number>((total, value) => total + (value ?? Number.NaN), 0);
    expect(score.logprobs[i]).toBe(Math.fround(sum));
    token = after + 1;
  }
  expect(score.ends.at(-1)).toBe(item.targets.length);
  if (exact) {
    const first = starts.findIndex((start, i) => start >= 0 && logprobs[i] !== null);
    expect(firstToken).toBe(first);
  }
}

describe.each([
  ["byte-pair tokens", MODELS.base, 0],
  ["SentencePiece tokens, BOS added", MODELS.baseB, 1],
])("texts scored by a server of unknown tokens: %s", (_, path, added) => {
  let model: ForeignModel;
  beforeAll(async () => {
    model = await openForeignModel(path);
  });
  afterAll(() => model.close());

  // Byte-pair tokens may hold several bytes of a character, for which SentencePiece's way of writing bytes has no form.
  const written = WRITTEN.filter(([name]) => added === 1 || !name.includes("marks"));
  it.each(written)("written %s", async (_, write, tellsAll) => {
    for (const tells of [{}, { echo: false }]) {
      const server = await startForeignServer({ model, write, tells });
      const engine = await openRemote(server.url, null, { generates: false, itemsRequest: 4 });
      expect(engine.facts.endpoints[0]).toMatchObject({ prompts: "text", added });
      expect(engine.facts.tokenizer).toBeNull();
      const items = itemsFor(TEXTS).filter(({ targets }) => targets.length > 1);
      const head = { text: "", tokens: null };
      const scores = await scored(engine, { head, items });
      expect(scores.map(({ item }) => item)).toEqual(items.map((_, i) => i));
      let told = 0;
      for (const [i, item] of items.entries()) {
        const score = scores[i] as ByteScore;
        if (score.problem !== null && !tellsAll) continue;
        // Without echo the first token is not told at all: nothing before it has a place.
        if (score.problem === "not told apart" && tells.echo === false) continue;
        check(score, await truth(model, "", item, true), item, tellsAll && tells.echo !== false);
        told += 1;
      }
      expect(told).toBeGreaterThan(items.length * (tellsAll ? 0.8 : 0.6));
      await engine.close();
      await server.close();
    }
  });

  it("with a head that holds BOS or not: once, whether the server can be asked to add none or not", async () => {
    const bos = added === 0 ? "" : (await model.bytes([model.engine.facts.model.bos])).toString();
    for (const followsAddSpecial of [true, false]) {
      const server = await startForeignServer({ model, followsAddSpecial });
      const engine = await openRemote(server.url, null, { generates: false });
      const items = itemsFor(TEXTS.slice(0, 1));
      // With BOS in the text the model's own tokenizer adds none; without it, it does.
      for (const head of [`${bos}Once there was a bridge. `, "Once there was a bridge. "]) {
        const scores = await scored(engine, { head: { text: head, tokens: null }, items });
        for (const [i, item] of items.entries()) {
          check(
            scores[i] as ByteScore,
            await truth(model, head, item, bos === "" || !head.startsWith(bos)),
            item,
            true,
          );
        }
      }
      await engine.close();
      await server.close();
    }
  });

  it("what cannot be sent is said, item by item", async () => {
    const server = await startForeignServer({ model, longest: 96 });
    const engine = await openRemote(server.url, null, { generates: false });
    const long = Buffer.from("bridge ".repeat(200));
    const items = [
      { context: Buffer.from("The old "), targets: Buffer.from("bridge \u{1f389}").subarray(0, -1) },
      { context: Buffer.from("The old "), targets: Buffer.from([0x61, 0xff, 0x62]) },
      { context: Buffer.from("The old "), targets: long },
      { context: Buffer.from("The old "), targets: Buffer.from([0xf0, 0x9f]) },
      { context: Buffer.from("The old "), targets: Buffer.from("bridge") },
    ];
    const scores = await scored(engine, { head: { text: "", tokens: null }, items });
    expect(scores.map(({ problem }) => problem)).toEqual([
      null,
      "not expressible",
      "longer than the context",
      "not expressible",
      null,
    ]);
    // The character that is broken off at the end is left out.
    expect(scores[0]?.ends.at(-1)).toBe(7);
    expect(scores[4]?.ends.at(-1)).toBe(6);
    await engine.close();
    await server.close();
  });
});

describe("a server that scores another text than it was sent", () => {
  it.each<[string, Omit<Behaviour, "model">]>([
    ["because of a chat template", { alterPrompt: (ids) => [1, 400, 401, 402, ...ids, 2, 403] }],
    ["because it leaves tokens out", { alterPrompt: (ids) => ids.filter((_, i) => i !== 5) }],
  ])("is refused: %s", async (_, behaviour) => {
    const model = await openForeignModel(MODELS.base);
    const server = await startForeignServer({ model, ...behaviour });
    const error = await rejection(() => openRemote(server.url, null, { generates: false }));
    expect(error).toMatchObject({ code: "ENDPOINT_UNSUITABLE" });
    expect((error as Error).message).toMatch(/scores another text than it was sent/);
    await server.close();
    await model.close();
  });
});
