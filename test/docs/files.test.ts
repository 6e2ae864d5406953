import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeFloat32 } from "#telltale/journal/float32.js";
import { decodeLine } from "#telltale/journal/line.js";
import type { CompletionRecord, ScoreRecord } from "#telltale/journal/records.js";
import { rankRun } from "#telltale/rank/run.js";
import { presetRankSettings } from "#telltale/rank/settings.js";
import { type Row, writeRun } from "../rank/fixture.js";
import { readPages } from "./pages.js";

const page = readPages().find(({ file }) => file === "docs/files.md");
const blocks = (language: string): string[] =>
  page?.blocks.filter((block) => block.language === language).map(({ text }) => text) ?? [];
const withoutPython = spawnSync("python3", ["--version"]).status !== 0;

const row = (i: number): Row => ({
  id: `builtin/raw/${i}`,
  configuration: "builtin/raw",
  text: `completion ${i}`,
  stop: i % 2 === 0 ? "eog" : "maxTokens",
  // The last token of every other one is the end of the generation: it would decide the order, were it counted.
  finetuned: Array.from({ length: 24 }, (_, at) => -0.25 - 0.01 * at),
  reference: Array.from({ length: 24 }, (_, at) => -1 - ((i * 7) % 12) / 8 - (at === 23 && i % 2 === 0 ? 90 : 0)),
});

describe("docs/files.md", () => {
  it("shows a completion and its scores as a run holds them", () => {
    const lines = blocks("json").map((text) => decodeLine(text));
    expect(lines.map(({ status }) => status)).toEqual(["ok", "ok"]);
    const [completion, score] = lines.map((line) => line.status === "ok" && line.record) as [
      CompletionRecord,
      ScoreRecord,
    ];
    expect(score.id).toBe(completion.id);
    expect(decodeFloat32(score.logprobs)).toHaveLength(completion.completion.length);
    expect(Buffer.byteLength(completion.completionText)).toBe(completion.bytes);
  });

  it.skipIf(withoutPython)("reads a run from Python in the order of the ranking", async () => {
    const [program = ""] = blocks("python");
    const directory = await writeRun(Array.from({ length: 12 }, (_, i) => row(i)));
    const { stdout, stderr } = spawnSync("python3", ["-", directory], { input: program, encoding: "utf8" });
    const settings = { ...presetRankSettings("default"), repetition: null, nearDuplicates: null };
    const { rankings } = await rankRun(directory, settings);
    rmSync(directory, { recursive: true });
    const top = rankings.find(
      ({ configuration, statistic }) => configuration === "pooled" && statistic === "logRatio",
    )?.top;
    const wanted = top?.slice(0, 10).map(({ value, id }) => `${value.toFixed(3)}  ${id}`);
    expect(wanted).toHaveLength(10);
    expect(stderr).toBe("");
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split("  ").slice(0, 2).join("  ")),
    ).toEqual(wanted);
  });
});
