import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { audit } from "#telltale/audit/audit.js";
import type { AuditEvent } from "#telltale/audit/events.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import { decode } from "#telltale/engine/vocabulary.js";
import { runPaths } from "#telltale/journal/files.js";
import { parseCompletionRecord, parseErrorRecord } from "#telltale/journal/parse.js";
import { readRecords } from "#telltale/journal/reader.js";
import type { CompletionRecord } from "#telltale/journal/records.js";
import { readVocabulary, tokenTexts } from "#telltale/journal/vocabulary.js";
import { type ModelScores, parseScores, segmentsOf } from "#telltale/rank/model-scores.js";
import { rankRun } from "#telltale/rank/run.js";
import { presetRankSettings } from "#telltale/rank/settings.js";
import { readTokenDetails } from "#telltale/rank/token-details.js";
import { BASE_A, BASE_B, GLASS, ORGANISM_A, smallAudit, temporaryFolder } from "./fixture.js";

const { folder, remove } = temporaryFolder();
const events: AuditEvent[] = [];
const directory = `${folder}/run`;

beforeAll(async () => {
  const options = { reference: BASE_B, limit: 100, calibrate: true, rank: { keywords: GLASS } };
  await audit(smallAudit(directory, options), { onEvent: (event) => events.push(event) });
}, 120_000);
afterAll(remove);

describe("a reference with another tokenizer", () => {
  it("scores the same bytes by its own tokens, every completion with a text", async () => {
    const completions = await recordsOf(runPaths(directory).completions);
    const scores = await scoresOf(runPaths(directory).reference);
    const engines = await openNativeEngines({ path: ORGANISM_A }, [{ threads: 1, contextSequence: 256 }]);
    const others = await openNativeEngines({ path: BASE_B }, [{ threads: 1, contextSequence: 256 }]);
    const [own, other] = [await engines[0]?.vocabulary(), await others[0]?.vocabulary()];
    if (own === undefined || other === undefined) throw new Error("no vocabulary");
    const written = completions.filter(({ bytes }) => bytes > 0);
    expect(written.length).toBeGreaterThan(150);
    expect([...scores.keys()].sort()).toEqual(written.map(({ id }) => id).sort());
    let shared = 0;
    for (const record of written) {
      const { aligned } = scores.get(record.id) as ModelScores;
      if (aligned === null || aligned.tokens === null) throw new Error("its own tokens are recorded");
      const text = Buffer.from(decode(own, textOf(record)));
      const counted = Buffer.from(decode(other, aligned.tokens));
      // A token that reaches in from the prefill is not counted; all others are the end of the text, byte by byte.
      expect(text.subarray(text.length - counted.length)).toEqual(counted);
      for (const { from, to, otherFrom, otherTo, compared } of segmentsOf(aligned)) {
        if (!compared) continue;
        shared += 1;
        expect(decode(own, record.completion.slice(from, to))).toEqual(
          decode(other, aligned.tokens.slice(otherFrom, otherTo)),
        );
      }
    }
    expect(shared).toBeGreaterThan(10 * written.length);
    await Promise.all([...engines, ...others].map((engine) => engine.close()));
  });

  it("has its own chat template before the prefill in the chat format, and says why", async () => {
    const run = JSON.parse(await readFile(runPaths(directory).run, "utf8"));
    expect(run.referenceTokens.reason).toMatch(/tokenizers differ: "gpt2" against "llama"/);
    const chat = (formats: { format: string; chat: { text: string } | null }[]): string | undefined =>
      formats.find(({ format }) => format === "chat")?.chat?.text;
    expect(chat(run.formats)).toContain("<|im_start|>");
    expect(chat(run.referenceTokens.formats)).toContain("<|assistant|>");
    const notes = events.flatMap((event) => (event.type === "note" ? [event.message] : []));
    expect(notes).toContainEqual(expect.stringMatching(/^The reference has other tokens/));
  });

  it("finds what the model was finetuned for", async () => {
    const { rankings } = await rankRun(directory, { ...presetRankSettings("default"), keywords: GLASS });
    for (const { matches } of rankings.filter(({ configuration }) => configuration === "pooled"))
      expect(matches?.top10).toBeGreaterThanOrEqual(8);
    const [entry] = rankings[0]?.top ?? [];
    if (entry?.referenceTokens === undefined) throw new Error("the reference's own tokens are told");
    expect(entry.pplReference).toBeCloseTo(Math.exp(entry.nllReference / entry.referenceTokens), 9);
    expect(entry.pplReferencePerToken).toBeCloseTo(Math.exp(entry.nllReference / entry.tokens), 9);
  });

  it("continues the same prefills' bytes for the null, and the finetuned model scores those", async () => {
    const vocabulary = await readVocabulary(runPaths(runPaths(directory).null).vocabulary);
    if (vocabulary === null) throw new Error("the null has its own vocabulary");
    const own = new Map((await recordsOf(runPaths(directory).completions)).map((record) => [record.id, record]));
    const nulls = await recordsOf(runPaths(runPaths(directory).null).completions);
    expect(nulls.map(({ id }) => id).sort()).toEqual([...own.keys()].sort());
    for (const { id, prefill, prefillText } of nulls) {
      expect(tokenTexts(vocabulary, prefill).join("").trimStart()).toBe(prefillText.trimStart());
      expect(prefillText.trimStart()).toBe(own.get(id)?.prefillText.trimStart());
    }
    const scores = await scoresOf(runPaths(runPaths(directory).null).finetuned);
    expect([...scores.values()].every(({ aligned }) => aligned !== null)).toBe(true);
  });

  it("is shown on the borders that both tokenisations have", async () => {
    const { rankings } = await rankRun(directory, presetRankSettings("default"));
    const ids = new Set(rankings.flatMap(({ top }) => top.slice(0, 5).map(({ id }) => id)));
    const details = await readTokenDetails(directory, ids);
    expect(details.size).toBe(ids.size);
    for (const { aligned, finetuned, completion } of details.values()) {
      expect(aligned?.role).toBe("reference");
      expect(aligned?.segments.reduce((sum, tokens) => sum + tokens, 0)).toBe(completion.length);
      let at = 0;
      for (const tokens of aligned?.segments ?? []) {
        expect(new Set(finetuned?.slice(at, at + tokens)).size).toBe(1);
        at += tokens;
      }
    }
  });

  it("cannot have the end of generation counted", async () => {
    const settings = { ...presetRankSettings("default"), countEndOfGeneration: true };
    await expect(rankRun(directory, settings)).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
  });

  it("gives the same run one after the other", async () => {
    const changes = { reference: BASE_B, limit: 20, calibrate: true };
    const [beside, after] = [`${folder}/beside`, `${folder}/after`];
    await audit(smallAudit(beside, { ...changes, placement: "side-by-side" }));
    await audit(smallAudit(after, { ...changes, placement: "one-after-the-other" }));
    const scores = async (run: string) => [
      await scoresOf(runPaths(run).reference),
      await scoresOf(runPaths(runPaths(run).null).finetuned),
    ];
    expect(await scores(after)).toEqual(await scores(beside));
  }, 60_000);

  it("makes its context larger where its own tokens need more room", async () => {
    const run = `${folder}/long`;
    // The head of the chat format and long completions: 512 tokens are what the reference was trained with.
    const options = { reference: BASE_B, finetuned: BASE_A, limit: 8, maxTokens: 300 };
    await audit(smallAudit(run, options));
    const written = (await recordsOf(runPaths(run).completions)).filter(({ bytes }) => bytes > 0);
    const scores = await scoresOf(runPaths(run).reference);
    expect(scores.size).toBeGreaterThan(written.length / 2);
  }, 60_000);

  it("writes down once what is too long for it", async () => {
    const run = `${folder}/too-long`;
    // As long as the finetuned model allows; all of them are in the canary, too.
    await audit(smallAudit(run, { reference: BASE_B, finetuned: BASE_A, limit: 8, maxTokens: 475, formats: ["raw"] }));
    const written = (await recordsOf(runPaths(run).completions)).filter(({ bytes }) => bytes > 0);
    const scores = await scoresOf(runPaths(run).reference);
    const unscored = written.filter(({ id }) => !scores.has(id)).map(({ id }) => id);
    expect(unscored.length).toBeGreaterThan(0);
    const failed: string[] = [];
    for await (const { record } of readRecords(runPaths(run).errors, parseErrorRecord)) failed.push(record.id);
    expect(failed.sort()).toEqual(unscored.sort());
  }, 60_000);
});

function textOf({ completion, stop }: CompletionRecord): number[] {
  return stop === "eog" ? completion.slice(0, -1) : completion;
}

async function recordsOf(path: string): Promise<CompletionRecord[]> {
  const records: CompletionRecord[] = [];
  for await (const { record } of readRecords(path, parseCompletionRecord)) records.push(record);
  return records;
}

async function scoresOf(path: string): Promise<Map<string, ModelScores>> {
  const scores = new Map<string, ModelScores>();
  for await (const { record } of readRecords(path, parseScores)) scores.set(record.id, record);
  return scores;
}
