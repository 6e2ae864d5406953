// How fast the parts are, each beside a rival in the same run where it has one. `npm run bench`.
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { Task } from "tinybench";
import { thisMachine } from "./machine.js";
import { journalPart } from "./parts/journal.js";
import { logSoftmaxPart } from "./parts/log-softmax.js";
import { plannerPart } from "./parts/planner.js";
import { prefillPart } from "./parts/prefills.js";
import { rankingPart } from "./parts/ranking.js";
import { repetitionPart } from "./parts/repetition.js";
import { machineLine } from "./report.js";

const PARTS = [logSoftmaxPart, plannerPart, prefillPart, journalPart, repetitionPart, rankingPart];

const { values: flags } = parseArgs({
  options: { quick: { type: "boolean", default: false }, json: { type: "string" } },
});
const machine = thisMachine();
console.log(machineLine(machine));
const results: { name: string; tasks: { name: string; medianMs: number; p75Ms: number; samples: number }[] }[] = [];
for (const part of PARTS) {
  const { benches, done } = await part(flags.quick);
  try {
    for (const bench of benches) {
      await bench.run();
      const tasks = bench.tasks.map(figures);
      results.push({ name: bench.name ?? "", tasks });
      console.log(`\n${bench.name}`);
      console.table(tasks);
    }
  } finally {
    await done();
  }
}
if (flags.json !== undefined) {
  const report = { schema: "telltale.bench-parts/1", machine, flags, parts: results };
  await writeFile(flags.json, `${JSON.stringify(report, null, 2)}\n`);
}

function figures({ name, result }: Task): (typeof results)[number]["tasks"][number] {
  if (result.state === "errored") throw result.error;
  if (!("latency" in result)) throw new Error(`${name} was not run.`);
  const { p50, p75, samplesCount } = result.latency;
  return { name, medianMs: rounded(p50), p75Ms: rounded(p75), samples: samplesCount };
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
