// Telltale beside llama.cpp's own tools and node-llama-cpp, taking turns on the same work. `npm run bench:peers`.
import { writeFile } from "node:fs/promises";
import { CONTESTS } from "./contests.js";
import { readFlags } from "./flags.js";
import { thisMachine } from "./machine.js";
import { measureMemory } from "./memory.js";
import { ensureModel } from "./models/models.js";
import { allPeersBuilt } from "./peer-tools.js";
import { contestResult, contestTable, machineLine, memoryTable, type Report } from "./report.js";
import { alternate } from "./rounds.js";

const MEMORY = "memory";

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const flags = readFlags(process.argv.slice(2));
  const known = [...Object.keys(CONTESTS), MEMORY];
  const wanted = flags.only ?? known;
  const unknown = wanted.find((id) => !known.includes(id));
  if (unknown !== undefined) throw new Error(`There is no contest ${unknown}. Take ${known.join(", ")}.`);
  if (!allPeersBuilt()) {
    const sentence = "llama.cpp's tools are not built, so nothing is compared: `npm run build:peers` (some minutes).";
    if (!flags.ifBuilt) throw new Error(sentence);
    console.log(`\n${sentence}`);
    return;
  }
  const machine = thisMachine();
  const report: Report = { schema: "telltale.contests/1", machine, flags, contests: [], memory: [] };
  const save = async (): Promise<void> => {
    if (flags.json !== undefined) await writeFile(flags.json, `${JSON.stringify(report, null, 2)}\n`);
  };
  console.log(`${machineLine(machine)}; ${flags.threads} threads, ${flags.rounds} rounds, model ${flags.model}`);
  const model = await ensureModel(flags.model);
  for (const [id, make] of Object.entries(CONTESTS)) {
    if (!wanted.includes(id)) continue;
    const contest = await make(flags, model);
    console.error(`${contest.id}: ${contest.title}`);
    const series = await alternate(contest.contenders, flags.rounds, (name, round, { tokens, seconds }) => {
      console.error(`  round ${round + 1}: ${name}: ${tokens} tokens in ${seconds.toFixed(2)} s`);
    });
    const result = contestResult(contest, series);
    report.contests.push(result);
    console.log(`\n${contestTable(result)}`);
    await save();
  }
  if (!wanted.includes(MEMORY)) return;
  console.error("memory: peaks of the engine and of whole audits");
  report.memory = await measureMemory(flags);
  console.log(`\n${memoryTable(report.memory)}`);
  await save();
}
