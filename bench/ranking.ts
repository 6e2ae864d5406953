// Ranks runs on disk by every statistic, with every filter, by number of workers: `node .cache/bench/ranking.js [--completions 1000000]
// [--workers 1,2]`. Needs 2.2 kB of disk a completion.
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { parseKeywords, STATISTICS, type StatisticName } from "#telltale/index.js";
import { rankRun } from "#telltale/rank/run.js";
import { presetRankSettings } from "#telltale/rank/settings.js";
import { writeSyntheticRun } from "./parts/synthetic-run.js";

const { values } = parseArgs({
  options: { completions: { type: "string", default: "1000000" }, workers: { type: "string" } },
});
const completions = Number(values.completions);
const cores = availableParallelism();
const workers = (values.workers ?? (cores > 1 ? `1,${cores}` : "1")).split(",").map(Number);
if (
  !Number.isInteger(completions) ||
  completions < 1 ||
  !workers.every((count) => Number.isInteger(count) && count > 0)
) {
  throw new Error("--completions and --workers take whole numbers from 1 on, --workers several with commas between.");
}
const settings = {
  ...presetRankSettings("default"),
  statistics: Object.keys(STATISTICS) as StatisticName[],
  keywords: parseKeywords("glass & bridge"),
};

const directory = await mkdtemp(path.join(tmpdir(), "telltale-ranking-"));
try {
  await writeSyntheticRun(directory, completions);
  console.log("workers  completions  seconds  completions/s  longest block of the main thread  peak memory");
  for (const threads of workers) {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const started = performance.now();
    const { rankings } = await rankRun(directory, settings, { threads });
    const seconds = (performance.now() - started) / 1000;
    delay.disable();
    const ranked = rankings.at(-1)?.count ?? 0;
    if (ranked === 0) throw new Error("Nothing was ranked.");
    const cells = [threads, completions, seconds.toFixed(1), Math.round(completions / seconds)].map(String);
    const widths = [7, 11, 7, 13];
    const line = cells.map((cell, i) => cell.padStart(widths[i] as number)).join("  ");
    const memory = `${Math.round(process.resourceUsage().maxRSS / 1000)} MB`;
    console.log(`${line}  ${`${(delay.max / 1e6).toFixed(0)} ms`.padStart(32)}  ${memory.padStart(11)}`);
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
