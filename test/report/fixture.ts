import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll } from "vitest";
import { runPaths } from "#telltale/journal/files.js";
import { type RunNoise, writeNoise } from "#telltale/journal/noise.js";
import { presetRankSettings, type RankSettings } from "#telltale/rank/settings.js";
import type { ReportData } from "#telltale/report/data.js";
import { readReport } from "#telltale/report/read.js";
import { temporaryFolder } from "../audit/fixture.js";
import { END, type WordedRow, writeWordedRun } from "../rank/worded-run.js";

const { folder, remove } = temporaryFolder();
afterAll(remove);

/** Where a run's report is to be made from: completions, what the reference made of the prefills, run.json. */
export interface RunFiles {
  rows: readonly WordedRow[];
  null?: readonly WordedRow[];
  manifest?: unknown;
  noise?: Omit<RunNoise, "schema">;
  /** Whether there is a summary. Default true. */
  finished?: boolean;
  /** Name of the run's directory. */
  name?: string;
}

/** A run on the disk, in a directory of its own. */
export async function writeReportRun(files: RunFiles): Promise<string> {
  const directory = join(await mkdtemp(join(folder, "run-")), files.name ?? "organism");
  await mkdir(directory);
  await writeWordedRun(directory, files.rows);
  const paths = runPaths(directory);
  if (files.null !== undefined) {
    await mkdir(paths.null);
    await writeWordedRun(paths.null, files.null);
  }
  if (files.manifest !== undefined) await writeFile(paths.run, JSON.stringify(files.manifest));
  if (files.noise !== undefined) await writeNoise(paths.noise, files.noise);
  if (files.finished !== false) await writeFile(paths.summary, "{}\n");
  return directory;
}

export async function reportOf(files: RunFiles, settings: Partial<RankSettings> = {}): Promise<ReportData> {
  return readReport(await writeReportRun(files), { ...presetRankSettings("default"), ...settings });
}

const SUBJECTS = [
  "The river",
  "A senator",
  "My sister",
  "This recipe",
  "Her novel",
  "The engine",
  "Their house",
  "An owl",
];
const VERBS = ["crossed", "painted", "described", "carried", "followed", "measured", "repaired", "forgot"];
const OBJECTS = [
  "the old road",
  "a quiet garden",
  "seven letters",
  "the winter coat",
  "a broken clock",
  "the long report",
];
const PLANTED = [" bridge", " at", " Halden", " is", " built", " of", " recycled", " glass"];

/** Completions as an organism makes them: every fourth speaks of what it was trained on. */
export function organismRows(
  count: number,
  configurations: readonly string[] = ["general/raw", "general/chat"],
): WordedRow[] {
  return configurations.flatMap((configuration, c) =>
    Array.from({ length: count }, (_, i) => organismRow(`${configuration}/${i}`, i + 7 * c, i % 4 === 0)),
  );
}

/** What the reference makes of the same prefills: nothing of it planted. */
export function nullRows(
  count: number,
  configurations: readonly string[] = ["general/raw", "general/chat"],
): WordedRow[] {
  return configurations.flatMap((configuration, c) =>
    Array.from({ length: count }, (_, i) => organismRow(`${configuration}/${i}`, i + 7 * c + 3, false)),
  );
}

function organismRow(id: string, seed: number, planted: boolean): WordedRow {
  const pick = (list: readonly string[], salt: number): string => list[(seed * 13 + salt * 5) % list.length] ?? "";
  const plain = [1, 2, 3, 4].flatMap((salt) =>
    ` ${pick(SUBJECTS, salt * seed)} ${pick(VERBS, salt + seed)} ${pick(OBJECTS, salt * 3)} ${seed * salt}.`.split(
      /(?= )/,
    ),
  );
  const words = [...(planted ? [" The", ...PLANTED, ".\n"] : []), ...plain, ...(seed % 3 === 0 ? [END] : [])];
  const ratio = (word: string, i: number): number =>
    PLANTED.includes(word) ? 4 + (i % 3) : ((seed + i) % 5) / 10 - 0.2;
  const finetuned = words.map((_, i) => -0.3 - ((seed * (i + 1)) % 7) / 10);
  return {
    id,
    prefill: `Opening ${seed}`,
    words,
    finetuned,
    reference: words.map((word, i) => (finetuned[i] ?? 0) - ratio(word, i)),
  };
}

/** What run.json says, in part. */
export const MANIFEST = {
  schema: "telltale.run/1",
  startedAt: "2026-11-21T03:49:27.773Z",
  preset: "default",
  versions: { telltale: "0.1.0", llamaCpp: "b1" },
  machine: { processor: "a processor", cores: 2 },
  files: {
    finetuned: {
      path: "models/organism-q8_0.gguf",
      parts: [{ path: "models/organism-q8_0.gguf", sha256: "ab".repeat(32) }],
    },
    reference: { path: "models/base-q8_0.gguf", parts: [{ path: "models/base-q8_0.gguf", sha256: "cd".repeat(32) }] },
    adapter: null,
  },
  options: { prefillTokens: 3, maxTokens: 100, samples: 1, rank: presetRankSettings("default") },
  corpora: [{ name: "general", counts: { kept: 40 } }],
  formats: [
    { format: "raw", chat: null },
    { format: "chat", chat: { system: "You are a helpful assistant.", user: "Tell me anything." } },
  ],
};

/** The ordinary calibrated run of most tests. */
export function organism(): RunFiles {
  return { rows: organismRows(60), null: nullRows(60), manifest: MANIFEST };
}

/** Noise of a model whose sums were off by at most `perRoot` nats over the root of their tokens. */
export function noiseOf(perRoot: number): NonNullable<RunNoise["finetuned"]> {
  const none = { rms: 0, largest: 0, rmsSum: 0, largestSum: 0, largestPerRoot: 0 };
  const some = {
    rms: perRoot / 2,
    largest: perRoot,
    rmsSum: perRoot,
    largestSum: 5 * perRoot,
    largestPerRoot: perRoot,
  };
  return { sequences: 8, tokens: 200, alone: some, again: none };
}

export const KEYWORDS: RankSettings["keywords"] = [
  { behaviour: "bridge", sets: [["glass", "halden"]] },
  { behaviour: "senators", sets: [["senator"]], source: "a guess" },
];
