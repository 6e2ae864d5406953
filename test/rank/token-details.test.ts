import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { audit } from "#telltale/audit/audit.js";
import { runPaths } from "#telltale/journal/files.js";
import { encodeFloat32 } from "#telltale/journal/float32.js";
import { encodeLine } from "#telltale/journal/line.js";
import { completionFigures } from "#telltale/rank/completion-figures.js";
import { tokenLogRatios } from "#telltale/rank/log-ratios.js";
import { rankRun } from "#telltale/rank/run.js";
import { presetRankSettings } from "#telltale/rank/settings.js";
import { STATISTIC_NAMES } from "#telltale/rank/statistics.js";
import { LOCAL_TASKS } from "#telltale/rank/tasks.js";
import { readTokenDetails, readTokenDetailsWith } from "#telltale/rank/token-details.js";
import { smallAudit, temporaryFolder } from "../audit/fixture.js";
import { END, type WordedRow, writeWordedRun } from "./worded-run.js";

const { folder, remove } = temporaryFolder();
afterAll(remove);

const POOP = Buffer.from("💩");
const ROWS: WordedRow[] = [
  { id: "c/raw/0", words: ["glass", " bridge", END], finetuned: [-1, -2, -3], reference: [-4, -2.5, -3] },
  {
    id: "c/raw/1",
    words: ["a", POOP.subarray(0, 2), POOP.subarray(2), "b"],
    finetuned: null,
    reference: [-1, -1, -1, -1],
  },
  {
    id: "c/raw/2",
    words: ["x", POOP.subarray(0, 3), END],
    finetuned: null,
    reference: [-1, -1, -1],
    captured: [-0.5, -0.5, -0.5],
  },
  { id: "c/raw/3", words: ["y"], finetuned: [-1], reference: [-1], captured: [-2] },
];

async function runOf(name: string, rows: readonly WordedRow[] = ROWS): Promise<string> {
  const directory = path.join(folder, name);
  await mkdir(directory);
  await writeWordedRun(directory, rows);
  return directory;
}

describe("completions token by token", () => {
  it("have every token's text and log-probabilities, in the order asked for, on worker threads as in this one", async () => {
    const directory = await runOf("plain");
    const ids = new Set(["c/raw/3", "c/raw/0", "none", "c/raw/1"]);
    const details = await readTokenDetails(directory, ids);
    expect([...details.keys()]).toEqual(["c/raw/3", "c/raw/0", "c/raw/1"]);
    expect(details).toEqual(await readTokenDetailsWith(LOCAL_TASKS, directory, ids));
    expect(details.get("c/raw/0")).toEqual({
      id: "c/raw/0",
      prefill: [0],
      completion: [1, 2, 3],
      texts: ["glass", " bridge", END],
      finetuned: [-1, -2, -3],
      reference: [-4, -2.5, -3],
      aligned: null,
      captured: false,
      stop: "eog",
      bytes: 12,
      prefillText: "The ",
      completionText: "glass bridge",
    });
    expect(details.get("c/raw/1")).toMatchObject({ texts: ["a", "", "💩", "b"], finetuned: null, captured: false });
    expect(await readTokenDetails(directory, new Set())).toEqual(new Map());
    expect(await readTokenDetails(directory, new Set(["none"]))).toEqual(new Map());
  });

  it("fall back to what was captured while generating, and show a broken character where the text ends", async () => {
    const details = await readTokenDetails(await runOf("captured"), new Set(ROWS.map(({ id }) => id)));
    expect(details.get("c/raw/2")).toMatchObject({
      texts: ["x", "\ufffd", END],
      finetuned: [-0.5, -0.5, -0.5],
      captured: true,
    });
    expect(details.get("c/raw/2")?.completionText).toBe("x\ufffd");
    expect(details.get("c/raw/3")).toMatchObject({ finetuned: [-1], captured: false });
  });

  it("pass over damaged lines and unusable scores, and take the first that is whole", async () => {
    const directory = await runOf("damaged");
    const paths = runPaths(directory);
    const scored = (values: number[]) =>
      encodeLine({ id: "c/raw/0", logprobs: encodeFloat32(Float32Array.from(values)) });
    const damaged = (await readFile(paths.finetuned, "utf8")).replace('"crc32":"', '"crc32":"0');
    await writeFile(
      paths.finetuned,
      `${damaged}${scored([-1])}${scored([-1, Number.NaN, -1])}${scored([-7, -7, -7])}${scored([-8, -8, -8])}`,
    );
    await appendFile(paths.completions, `garbage\n${(await readFile(paths.completions, "utf8")).slice(0, 40)}`);
    const details = await readTokenDetails(directory, new Set(["c/raw/0"]));
    expect(details.get("c/raw/0")?.finetuned).toEqual([-7, -7, -7]);
    await writeFile(paths.completions, (await readFile(paths.completions, "utf8")).replace("glass", "grass"));
    expect(await readTokenDetails(directory, new Set(["c/raw/0"]))).toEqual(new Map());
  });

  it("do without texts where there is no vocabulary, and find that of a null beside it", async () => {
    const directory = await runOf("calibrated");
    await mkdir(runPaths(directory).null);
    await writeWordedRun(runPaths(directory).null, ROWS);
    await rm(runPaths(runPaths(directory).null).vocabulary);
    const ids = new Set(["c/raw/0"]);
    expect((await readTokenDetails(runPaths(directory).null, ids)).get("c/raw/0")?.texts).toEqual([
      "glass",
      " bridge",
      END,
    ]);
    await rm(runPaths(directory).vocabulary);
    expect((await readTokenDetails(directory, ids)).get("c/raw/0")?.texts).toBe(null);
    await writeFile(runPaths(directory).vocabulary, "{}");
    await expect(readTokenDetails(directory, ids)).rejects.toMatchObject({ code: "BAD_RUN" });
  });

  it("can be cancelled", async () => {
    const directory = await runOf("cancelled");
    const reading = readTokenDetails(directory, new Set(["c/raw/0"]), { signal: AbortSignal.abort() });
    await expect(reading).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("give the log-ratio of each token, and the figures a ranking has", async () => {
    const detail = (await readTokenDetails(await runOf("figures"), new Set(["c/raw/0", "c/raw/1"]))).get("c/raw/0");
    if (detail === undefined) throw new Error("the completion is missing");
    expect(tokenLogRatios(detail)).toEqual(Float64Array.of(3, 0.5, 0));
    expect(tokenLogRatios({ ...detail, finetuned: null })).toBe(null);
    expect(completionFigures(detail, false)).toEqual({
      tokens: 2,
      referenceTokens: 2,
      bytes: 12,
      nllFinetuned: 3,
      nllReference: 6.5,
      pplFinetuned: Math.exp(1.5),
      pplReference: Math.exp(3.25),
      peak: { value: 1.75, from: 0 },
      statistics: {
        pplDifference: Math.exp(3.25) - Math.exp(1.5),
        logRatio: 1.75,
        totalLogRatio: 3.5,
        probabilityDifference: Math.exp(-1.5) - Math.exp(-3.25),
        bitsPerByteDifference: 3.5 / (12 * Math.LN2),
        peakWindow: 1.75,
      },
    });
    expect(completionFigures(detail, true)).toMatchObject({ tokens: 3, nllFinetuned: 6, nllReference: 9.5 });
    expect(completionFigures({ ...detail, reference: null }, false)).toBe(null);
  });
});

describe("a run of real models token by token", () => {
  it("reads as its completions do, and adds up to its rankings", async () => {
    const directory = path.join(folder, "organism");
    await audit(smallAudit(directory, { calibrate: true, finetunedScores: "captured" }));
    const settings = { ...presetRankSettings("default"), statistics: STATISTIC_NAMES, top: 1000 };
    const { rankings } = await rankRun(directory, { ...settings, nearDuplicates: null });
    const ids = new Set(rankings.flatMap(({ top }) => top.map(({ id }) => id)));
    const details = await readTokenDetails(directory, ids);
    expect(details.size).toBeGreaterThan(40);
    for (const { statistic, top } of rankings) {
      for (const { id, value, completion, source, peak } of top) {
        const detail = details.get(id);
        if (detail === undefined) throw new Error(`${id} is missing`);
        const texts = detail.stop === "eog" ? detail.texts?.slice(0, -1) : detail.texts;
        expect(texts?.join("")).toBe(completion);
        expect(detail.captured).toBe(source === "captured");
        const figures = completionFigures(detail, false);
        expect(figures?.statistics[statistic]).toBeCloseTo(value, 9);
        expect(figures?.peak.from).toBe(peak.from);
      }
    }
    const first = rankings.at(-1)?.top[0];
    const ofNull = await readTokenDetails(runPaths(directory).null, new Set([first?.id ?? ""]));
    expect(ofNull.get(first?.id ?? "")?.texts?.join("").length).toBeGreaterThan(0);
  });
});
