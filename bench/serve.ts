// `telltale serve` with 1, 16 and 64 connections against the in-process scorer, taking turns on the same texts: `npm run bench:serve`,
// or `node .cache/bench/serve.js [--rounds 5] [--threads 2] [--models tiny,qwen2.5-0.5b] [--form scores|lm-eval] [--quick] [--json FILE]`.
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { randomNumbers } from "#telltale/prefill/shuffle.js";
import { type Job, scoreJob, tokensOf } from "./job.js";
import { thisMachine } from "./machine.js";
import { ensureModel } from "./models/models.js";
import { type ContestResult, contestResult, contestTable, machineLine } from "./report.js";
import { telltale } from "./rivals/telltale.js";
import { telltaleServe } from "./rivals/telltale-serve.js";
import { alternate, type Contest } from "./rounds.js";

const CONNECTIONS = [1, 16, 64] as const;
const MOST = 64;
const WANTED = 0.9;
/** Tokens of the texts: evenly spread, in no order. */
const [SHORTEST, LONGEST] = [16, 128];
const CONTEXT = 256;
/** Texts of a turn: one connection alone is slow, and needs fewer. */
const TEXTS: Record<string, { alone: number; together: number }> = {
  tiny: { alone: 512, together: 4096 },
  "qwen2.5-0.5b": { alone: 24, together: 256 },
};

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    threads: { type: "string", default: String(availableParallelism()) },
    models: { type: "string", default: Object.keys(TEXTS).join(",") },
    form: { type: "string", default: "scores" },
    quick: { type: "boolean", default: false },
    json: { type: "string" },
  },
});
const [rounds, threads] = [Number(values.rounds), Number(values.threads)];
if (!(Number.isInteger(rounds) && rounds > 0 && Number.isInteger(threads) && threads > 0)) {
  throw new Error("--rounds and --threads take whole numbers from 1 on.");
}
if (values.form !== "scores" && values.form !== "lm-eval") throw new Error("--form is scores or lm-eval.");

const machine = thisMachine();
console.log(`${machineLine(machine)}; ${threads} threads, ${rounds} rounds, form ${values.form}`);
const contests: ContestResult[] = [];
for (const name of values.models.split(",")) {
  const { contest, jobs } = await contestOf(name);
  const series = await alternate(contest.contenders, rounds, (who, round, { tokens, seconds }) => {
    console.error(`  ${contest.id}, round ${round + 1}: ${who}: ${tokens} tokens in ${seconds.toFixed(2)} s`);
  });
  const result = contestResult(contest, series);
  contests.push(result);
  console.log(`\n${contestTable(result)}\n\n${requestRates(result, jobs)}`);
  if (values.json !== undefined) {
    const report = { schema: "telltale.bench-serve/1", machine, flags: values, contests };
    await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);
  }
}

async function contestOf(name: string): Promise<{ contest: Contest; jobs: Map<string, Job> }> {
  const model = await ensureModel(name);
  const texts = TEXTS[name] ?? { alone: 24, together: 256 };
  const top = values.form === "lm-eval";
  const job = (count: number): Job => {
    const targets = lengths(values.quick ? Math.ceil(count / 4) : count);
    return { ...scoreJob(model, threads, MOST, { context: 1, targets, top }), contextSequence: CONTEXT };
  };
  const jobs = new Map(CONNECTIONS.map((count) => [label(count), job(count === 1 ? texts.alone : texts.together)]));
  const all = job(texts.together);
  const contest: Contest = {
    id: `serve-${name}`,
    title: `Scoring texts of ${SHORTEST} to ${LONGEST} tokens, one a request, with ${name}`,
    contenders: [
      telltale(all, {}, "in process"),
      ...CONNECTIONS.map((count) => telltaleServe(jobs.get(label(count)) ?? all, count, label(count))),
    ],
    ratios: CONNECTIONS.map((count) => ({
      of: label(count),
      to: "in process",
      atLeast: count === MOST ? WANTED : null,
    })),
  };
  return { contest, jobs };
}

function label(connections: number): string {
  return `serve, ${connections} ${connections === 1 ? "connection" : "connections"}`;
}

function lengths(count: number): number[] {
  const next = randomNumbers(11);
  const spread = Array.from(
    { length: count },
    (_, i) => SHORTEST + Math.round(((LONGEST - SHORTEST) * i) / (count - 1)),
  );
  return spread
    .map((length) => ({ length, place: next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ length }) => length);
}

function requestRates({ contenders }: ContestResult, jobs: ReadonlyMap<string, Job>): string {
  const rates = contenders.flatMap(({ name, median }) => {
    const job = jobs.get(name);
    if (job?.work.kind !== "score") return [];
    const rate = (median * job.work.targets.length) / tokensOf(job);
    return [`${name}: ${rate.toFixed(1)} requests/s`];
  });
  return rates.join("\n");
}
