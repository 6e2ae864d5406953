import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { audit } from "#telltale/audit/audit.js";
import type { AuditEvent } from "#telltale/audit/events.js";
import { runPaths } from "#telltale/journal/files.js";
import { readJson } from "#telltale/journal/json-file.js";
import { readVocabulary, tokenTexts } from "#telltale/journal/vocabulary.js";
import { rankRun } from "#telltale/rank/run.js";
import { presetRankSettings } from "#telltale/rank/settings.js";
import { ROOT } from "../cli/run-cli.js";
import { writeGguf } from "../fixtures/gguf-writer.js";
import { mambaModel } from "../fixtures/mamba-model.js";
import { ADAPTER, BASE_A, BASE_A_F16, GLASS, MERGED, readRun, smallAudit, temporaryFolder } from "./fixture.js";

const { folder, remove } = temporaryFolder();
afterAll(remove);

describe("audit", () => {
  it("finds the finetuned claim and leaves a whole run", async () => {
    const directory = path.join(folder, "glass");
    const events: AuditEvent[] = [];
    const { rankings, tally } = await audit(
      smallAudit(directory, { limit: 100, maxTokens: 60, inProcess: false, rank: { keywords: GLASS } }),
      { onEvent: (event) => events.push(event) },
    );
    const names = rankings.rankings.map((ranking) => `${ranking.configuration} ${ranking.statistic}`);
    expect(names).toEqual(
      ["builtin/chat", "builtin/raw", "pooled"].flatMap((name) => [`${name} logRatio`, `${name} pplDifference`]),
    );
    for (const ranking of rankings.rankings) expect(ranking.matches?.top10).toBeGreaterThanOrEqual(8);
    expect(readdirSync(directory).sort()).toEqual([
      "completions.jsonl",
      "noise.json",
      "performance.json",
      "run.json",
      "scores.finetuned.jsonl",
      "scores.reference.jsonl",
      "summary.json",
      "vocabulary.json",
    ]);
    const run = await readRun(directory);
    expect(run.completions).toHaveLength(200);
    expect(tally.generated.completions).toBe(200);
    expect(tally.scored.reference).toMatchObject({ completions: 200, tokens: tally.generated.tokens });
    const vocabulary = await readVocabulary(runPaths(directory).vocabulary);
    if (vocabulary === null) throw new Error("a run holds its vocabulary");
    for (const { id, completion, stop, completionText } of run.completions) {
      expect(run.finetuned.get(id)).toHaveLength(completion.length);
      expect(run.reference.get(id)).toHaveLength(completion.length);
      expect(tokenTexts(vocabulary, stop === "eog" ? completion.slice(0, -1) : completion).join("")).toBe(
        completionText,
      );
    }
    expect(events.filter((event) => event.type === "engine")).toHaveLength(2);
    const { vocabularySize } = events.flatMap((event) =>
      event.type === "engine" && event.facts.kind === "local" ? [event.facts.model] : [],
    )[0] ?? {
      vocabularySize: Number.NaN,
    };
    const spent = (await readJson(runPaths(directory).performance)) as Record<string, Record<string, unknown>>;
    // One row of logits a token, and now and then one more beside a lone one.
    expect(spent.scoreReference?.bytesReadPerToken).toBeGreaterThanOrEqual(4 * vocabularySize);
    expect(spent.scoreReference?.bytesReadPerToken).toBeLessThan(4.1 * vocabularySize);
    expect(spent.generate?.engine).toMatchObject({ decodeSeconds: expect.any(Number), samplingSeconds: 0 });
    const progress = events.flatMap((event) => (event.type === "progress" ? [event.completionsDone] : []));
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBeCloseTo(200);
    expect(await readJson(runPaths(directory).run)).toMatchObject({
      schema: "telltale.run/1",
      files: { finetuned: { parts: [{ sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }] } },
      engines: { finetuned: { context: { device: "CPU", threads: 1, kvTypeK: "f16" } }, reference: {} },
      corpora: [{ name: "builtin", counts: { kept: 100 }, digest: expect.stringMatching(/^[0-9a-f]{64}$/) }],
    });
  });

  it("gives exactly 0 everywhere for a model against itself, with shared weights or in two processes", async () => {
    const copy = path.join(folder, "copy.gguf");
    copyFileSync(path.join(ROOT, BASE_A), copy);
    for (const reference of [BASE_A, copy]) {
      const directory = path.join(folder, `self-${path.basename(reference)}`);
      const { rankings } = await audit(smallAudit(directory, { finetuned: BASE_A, reference, rank: { minTokens: 0 } }));
      const run = await readRun(directory);
      expect(run.finetuned.size).toBe(80);
      for (const [id, logprobs] of run.finetuned) expect(run.reference.get(id)).toEqual(logprobs);
      for (const { top } of rankings.rankings) expect(new Set(top.map((entry) => entry.value))).toEqual(new Set([0]));
    }
  });

  it("audits a recurrent model, which has neither KV cache nor a head that could be kept", async () => {
    const mamba = path.join(folder, "mamba.gguf");
    writeFileSync(mamba, writeGguf(mambaModel()));
    const directory = path.join(folder, "recurrent");
    const { rankings } = await audit(
      smallAudit(directory, { finetuned: mamba, reference: mamba, rank: { minTokens: 0 } }),
    );
    expect(rankings.rankings[0]?.count).toBeGreaterThan(0);
    for (const { top } of rankings.rankings) expect(new Set(top.map((entry) => entry.value))).toEqual(new Set([0]));
  });

  it("gives the same run side by side, one after the other and in this process", async () => {
    const variants = {
      together: { placement: "side-by-side", inProcess: false },
      apart: { placement: "one-after-the-other", inProcess: false },
      here: {},
    } as const;
    const found = [];
    for (const [name, changes] of Object.entries(variants)) {
      const directory = path.join(folder, name);
      const { rankings } = await audit(smallAudit(directory, changes));
      found.push({ ...rankings, run: "" });
    }
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
  });

  it("audits a base with an adapter on one set of weights, close to the merged model", async () => {
    const adapted = path.join(folder, "adapted");
    const merged = path.join(folder, "merged");
    const common = { reference: BASE_A_F16, limit: 100, maxTokens: 60, rank: { keywords: GLASS } };
    const a = await audit(smallAudit(adapted, { ...common, finetuned: BASE_A_F16, lora: { path: ADAPTER } }));
    const b = await audit(smallAudit(merged, { ...common, finetuned: MERGED }));
    for (const { rankings } of [a, b]) {
      for (const ranking of rankings.rankings) expect(ranking.matches?.top10).toBeGreaterThanOrEqual(8);
    }
    const [runA, runB] = [await readRun(adapted), await readRun(merged)];
    const textOf = new Map(runB.completions.map(({ id, completionText }) => [id, completionText]));
    const same = runA.completions.filter(({ id, completionText }) => textOf.get(id) === completionText);
    expect(same.length).toBeGreaterThan(0.8 * runA.completions.length);
    let difference = 0;
    let tokens = 0;
    for (const { id } of same) {
      const [x, y] = [runA.finetuned.get(id), runB.finetuned.get(id)];
      x?.forEach((logprob, i) => {
        difference += Math.abs(logprob - (y?.[i] ?? Number.NaN));
        tokens += 1;
      });
    }
    expect(difference / tokens).toBeLessThan(0.005);
  });

  it("draws several samples of a prefill, the same ones again for the same seed", async () => {
    const sampled = { samples: 3, sampling: { temperature: 0.8, topP: 0.95, seed: 5 }, formats: ["raw"] as "raw"[] };
    const texts = [];
    for (const name of ["sampled-1", "sampled-2"]) {
      const directory = path.join(folder, name);
      await audit(smallAudit(directory, sampled));
      const { completions } = await readRun(directory);
      texts.push(new Map(completions.map(({ id, completionText }) => [id, completionText])));
    }
    expect(texts[0]?.size).toBe(120);
    expect(texts[1]).toEqual(texts[0]);
    expect(texts[0]?.get("builtin/raw/0.0")).not.toBe(texts[0]?.get("builtin/raw/0.1"));
  });

  it("draws other tokens in another configuration, and the same ones in waves of another size", async () => {
    const texts = [];
    for (const sequences of [8, 64]) {
      const directory = path.join(folder, `waves-${sequences}`);
      const corpus = path.join(folder, "same.txt");
      writeFileSync(corpus, readFileSync(path.join(ROOT, "LICENSE"), "utf8"));
      copyFileSync(corpus, path.join(folder, "again.txt"));
      const sampling = { temperature: 1, seed: 1 };
      const corpora = [`file:${corpus}`, `file:${path.join(folder, "again.txt")}`];
      const context = { threads: 1, sequences };
      await audit(smallAudit(directory, { corpora, sampling, samples: 3, formats: ["raw"], context }));
      const { completions } = await readRun(directory);
      texts.push(new Map(completions.map(({ id, completionText }) => [id, completionText])));
    }
    expect(texts[1]).toEqual(texts[0]);
    expect(texts[0]?.get("same/raw/0.0")).not.toBe(texts[0]?.get("again/raw/0.0"));
  });

  it("stops when asked, and leaves a run that can be ranked", async () => {
    const directory = path.join(folder, "stopped");
    const stop = new AbortController();
    let wasScored = false;
    const context = { threads: 1, sequences: 8 };
    const running = audit(smallAudit(directory, { limit: 2000, context }), {
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type !== "step") return;
        if (event.step === "generate" && wasScored) stop.abort();
        wasScored ||= event.step === "score reference";
      },
    });
    await expect(running).rejects.toMatchObject({ code: "CANCELLED", exitCode: 130 });
    expect(existsSync(runPaths(directory).summary)).toBe(false);
    const { rankings } = await rankRun(directory, presetRankSettings("paper"));
    expect(rankings[0]?.count).toBeGreaterThanOrEqual(31);
  });

  it("gives up loading when asked", async () => {
    const stop = new AbortController();
    const running = audit(smallAudit(path.join(folder, "early")), {
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === "phase" && event.phase === "load finetuned") stop.abort();
      },
    });
    await expect(running).rejects.toMatchObject({ code: "CANCELLED" });
    expect(existsSync(path.join(folder, "early"))).toBe(false);
  });

  it("leaves a directory alone that was there before", async () => {
    const directory = path.join(folder, "mine");
    mkdirSync(directory);
    await expect(audit(smallAudit(directory, { finetuned: "nowhere.gguf" }))).rejects.toThrow();
    expect(existsSync(directory)).toBe(true);
  });
});
