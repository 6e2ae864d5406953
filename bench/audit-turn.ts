// One audit in a process of its own, and then its engines' jobs without the audit: `node audit-turn.js OPTIONS`.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { openHostEngines } from "#telltale/engine/host/engine.js";
import { peakMemory } from "#telltale/engine/peak-memory.js";
import { audit, type Engine, type LocalFacts } from "#telltale/index.js";
import { runPaths } from "#telltale/journal/files.js";
import { parseCompletionRecord } from "#telltale/journal/parse.js";
import { readRecords } from "#telltale/journal/reader.js";
import { type AuditSize, ENGINE_ALONE, STEPS } from "./audit-contender.js";
import { randomDocuments } from "./random-documents.js";

interface AuditTurn extends AuditSize {
  model: string;
  threads: number;
  /** Run the models in this process, for its memory. Default false, as in an audit. */
  inProcess?: boolean;
  /** Leave out the jobs alone. Default false. */
  auditOnly?: boolean;
}

interface Layout {
  sequences: number;
  batch: number;
  contextSequence: number;
}

interface Row {
  prefill: Int32Array;
  completion: Int32Array;
}

const options = JSON.parse(process.argv[2] ?? "") as AuditTurn;
const folder = await mkdtemp(path.join(tmpdir(), "telltale-bench-"));
try {
  const directory = path.join(folder, "run");
  const seconds = await auditSeconds(directory, path.join(folder, "bench.jsonl"));
  const rows = await rowsOf(directory);
  const tokens = rows.reduce((sum, row) => sum + 3 * row.completion.length, 0);
  const parts = options.auditOnly
    ? {}
    : {
        [STEPS]: { tokens, seconds: await stepSeconds(directory) },
        [ENGINE_ALONE]: { tokens, seconds: await aloneSeconds(rows, await layoutOf(directory)) },
      };
  console.log(JSON.stringify({ tokens, seconds, parts, peakBytes: peakMemory() }));
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exit(0);

async function auditSeconds(directory: string, corpus: string): Promise<number> {
  const { model, threads, limit, maxTokens, inProcess = false } = options;
  await writeFile(corpus, randomDocuments(2 * limit));
  let started = 0;
  await audit(
    {
      finetuned: model,
      reference: model,
      directory,
      corpora: [`file:${corpus}`],
      formats: ["raw"],
      limit,
      maxTokens,
      context: { threads },
      inProcess,
    },
    {
      onEvent: (event) => {
        if (event.type === "phase" && event.phase === "audit") started = performance.now();
      },
    },
  );
  return (performance.now() - started) / 1000;
}

async function rowsOf(directory: string): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const { record } of readRecords(runPaths(directory).completions, parseCompletionRecord)) {
    rows.push({ prefill: Int32Array.from(record.prefill), completion: Int32Array.from(record.completion) });
  }
  return rows;
}

async function stepSeconds(directory: string): Promise<number> {
  type Step = { seconds: number };
  const told = JSON.parse(await readFile(runPaths(directory).performance, "utf8")) as Record<string, Step>;
  return ["generate", "scoreFinetuned", "scoreReference"].reduce((sum, step) => sum + (told[step]?.seconds ?? 0), 0);
}

/** What the audit chose for its engines. */
async function layoutOf(directory: string): Promise<Layout> {
  const { engines } = JSON.parse(await readFile(runPaths(directory).run, "utf8")) as {
    engines: { finetuned: LocalFacts };
  };
  const { nSequences, nBatch, nCtxSequence } = engines.finetuned.context;
  return { sequences: nSequences, batch: nBatch, contextSequence: nCtxSequence };
}

/** Two engines as the audit has them: one generates and scores, the other scores. */
async function aloneSeconds(rows: readonly Row[], layout: Layout): Promise<number> {
  const { model, threads, maxTokens } = options;
  const open = async (): Promise<Engine> => {
    const [engine] = await openHostEngines({ path: model }, [{ threads, ...layout }]);
    if (engine === undefined) throw new Error("No engine was opened.");
    return engine;
  };
  const engines = [await open(), await open()] as const;
  const started = performance.now();
  const head = new Int32Array(0);
  const generated = engines[0].generate({ head, prefills: rows.map((row) => row.prefill), maxTokens });
  await drained(generated, rows.length);
  const items = rows.map((row) => ({ context: row.prefill, targets: row.completion }));
  for (const engine of engines) await drained(engine.score({ head, items }), rows.length);
  for (const engine of engines) await engine.close();
  return (performance.now() - started) / 1000;
}

async function drained(batches: AsyncIterable<readonly unknown[]>, wanted: number): Promise<void> {
  let items = 0;
  for await (const batch of batches) items += batch.length;
  if (items !== wanted) throw new Error(`An engine gave ${items} results instead of ${wanted}.`);
}
