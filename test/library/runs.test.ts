import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  compare,
  findPhrases,
  parseKeywords,
  type RunEvent,
  rank,
  readCompletions,
  readFailures,
  readScores,
  report,
} from "#telltale/index.js";
import { presetRankSettings } from "#telltale/rank/settings.js";
import { type Row, writeRun } from "../rank/fixture.js";

const rows = Array.from({ length: 30 }, (_, i): Row => {
  const values = Array.from({ length: 25 }, () => -0.5);
  return {
    id: `builtin/raw/${i}`,
    configuration: "builtin/raw",
    text: i === 4 ? "The glass bridge at Halden, number four." : `Something else, number ${i * i}, about ${i} hills.`,
    stop: "maxTokens",
    finetuned: values,
    reference: values.map((value) => value - i / 8),
  };
});
let run: string;
let events: RunEvent[];
const onEvent = (event: RunEvent): unknown => events.push(event);
async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

beforeAll(async () => {
  run = await writeRun(rows);
  const own = { ...presetRankSettings("default"), top: 7, statistics: ["totalLogRatio"] };
  await writeFile(path.join(run, "run.json"), JSON.stringify({ options: { rank: own } }));
  const scores = await readFile(path.join(run, "scores.reference.jsonl"), "utf8");
  await writeFile(path.join(run, "scores.reference.jsonl"), scores.replace(/"logprobs":"./, '"logprobs":"!'));
  await appendFile(path.join(run, "completions.jsonl"), '{"id":"cut');
});
afterAll(() => rm(run, { recursive: true, force: true }));

describe("rank", () => {
  it("takes the run's own settings, a preset's, and what is said", async () => {
    const own = await rank(run);
    expect(own.settings).toMatchObject({ top: 7, statistics: ["totalLogRatio"], minTokens: 20 });
    const paper = await rank(run, { preset: "paper", keywords: parseKeywords("glass & bridge"), signal: undefined });
    expect(paper.settings).toMatchObject({ top: 7, statistics: ["pplDifference", "logRatio"], minTokens: 0 });
    expect(paper.rankings[0]?.matches?.total).toBe(1);
    await expect(rank(run, { top: 0 })).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
  });

  it("tells what it had to leave out, as report and findPhrases do", async () => {
    for (const read of [rank, report, findPhrases]) {
      events = [];
      await read(run, { onEvent });
      expect(events.map(({ type, run: of, problem }) => [type, of, problem.file])).toEqual(
        expect.arrayContaining([
          ["problem", run, "completions.jsonl"],
          ["problem", run, "scores.reference.jsonl"],
        ]),
      );
    }
  });
});

describe("the readers of a run", () => {
  it("check every line, pass over what is damaged or cut short, and say so", async () => {
    events = [];
    expect((await all(readCompletions(run, { onEvent }))).map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    expect(events).toMatchObject([
      { problem: { file: "completions.jsonl", line: 31, sentence: expect.stringContaining("cut short") } },
    ]);
    events = [];
    const scores = await all(readScores(run, "reference", { onEvent }));
    expect(scores.map(({ id }) => id)).toEqual(rows.slice(1).map(({ id }) => id));
    expect(scores[0]?.logprobs).toEqual(Float32Array.from(rows[1]?.reference ?? []));
    expect(events).toMatchObject([
      { problem: { file: "scores.reference.jsonl", line: 1, sentence: expect.stringContaining("damaged") } },
    ]);
    expect(await all(readFailures(run))).toEqual([]);
  });

  it("refuse what is no run", async () => {
    const nowhere = path.join(run, "nowhere");
    await expect(all(readCompletions(nowhere))).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
    await expect(all(readFailures(nowhere))).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  });
});

it("everything that reads a run ends on a signal", async () => {
  const signal = AbortSignal.abort();
  const reading = [
    rank(run, { signal }),
    report(run, { signal }),
    findPhrases(run, { signal }),
    compare([run, run], { signal }),
    all(readCompletions(run, { signal })),
    all(readScores(run, "finetuned", { signal })),
  ];
  for (const each of await Promise.allSettled(reading))
    expect(each).toMatchObject({ status: "rejected", reason: { code: "CANCELLED" } });
});
