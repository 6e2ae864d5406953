import { beforeAll, describe, expect, test } from "vitest";
import { type Bench, benchSchema, type Point } from "#telltale/bench/schema.js";
import { renderBench } from "#telltale/cli/terminal/bench-table.js";
import { displayWidth } from "#telltale/cli/terminal/width.js";
import { MODELS } from "../engine/models.js";
import { runCli } from "./run-cli.js";

const TINY = ["--seconds", "0.05", "--max-tokens", "8", "--sequences", "4", "--batch", "64", "--threads", "1"];
const place = ({ kind, model, sequences, batch, head, decoding }: Point) =>
  [kind, model, sequences, batch, head, decoding].join(" ");

let status: number | null;
let stderr = "";
let bench: Bench;

beforeAll(async () => {
  const args = ["bench", MODELS.organism, "--reference", MODELS.base, ...TINY, "--completions", "300", "--json"];
  const result = await runCli(args);
  ({ status, stderr } = result);
  bench = benchSchema.parse(JSON.parse(result.stdout));
});

describe("telltale bench", () => {
  test("prints one JSON value that fits its schema, and nothing else where nobody watches", () => {
    expect(status).toBe(0);
    expect(stderr).toBe("");
    expect(bench.reference).toEqual({ path: MODELS.base });
    expect(bench.model).toMatchObject({ path: MODELS.organism, architecture: "llama", canShareHead: true });
    expect(bench.engine).toMatchObject({ device: "CPU", threads: 1, kvType: "f16" });
    expect(bench.settings).toMatchObject({ secondsPerPoint: 0.05, newTokens: 8, prefillTokens: 3, inProcess: false });
    expect(bench.skipped).toEqual([]);
  });

  test("measures every point once, in order", () => {
    const { sequences } = bench.suggestion;
    expect(bench.points.map(place)).toEqual([
      "generate model 1 64 none greedy",
      "generate model 4 64 none greedy",
      `score model ${sequences} 64 none `,
      `generate model ${sequences} 64 shared greedy`,
      `generate model ${sequences} 64 repeated greedy`,
      `generate model ${sequences} 64 none drawn`,
      `score model ${sequences} 64 shared `,
      `score model ${sequences} 64 repeated `,
      `score reference ${sequences} 64 none `,
    ]);
  });

  test("gives rates that follow from its tokens and seconds, and shares of a whole", () => {
    for (const point of bench.points) {
      expect(point.tokens).toBeGreaterThan(0);
      expect(point.tokensPerSecond).toBeCloseTo(point.tokens / point.seconds, 6);
      expect(point.jobSeconds).toBeGreaterThanOrEqual(point.seconds);
      expect(Object.values(point.shares).reduce((sum, share) => sum + share)).toBeCloseTo(1, 9);
      const scoring = point.kind === "score";
      const n = scoring ? 1 : point.sequences;
      const seconds = point.prefillSeconds + (n * (scoring ? 8 : 7)) / point.tokensPerSecond;
      expect(point.completionsPerMinute).toBeCloseTo((60 * n) / seconds, 6);
      expect(point.prefillSeconds > 0).toBe(!scoring);
    }
  });

  test("reads the peak of the engine's own process, which holds the model at least", () => {
    for (const { peakMemoryBytes } of bench.points) {
      expect(peakMemoryBytes).toBeGreaterThan(bench.model.sizeBytes);
      expect(peakMemoryBytes).toBeLessThan(bench.machine.memoryBytes);
    }
  });

  test("suggests flags that were tried, and the time of the audit asked for", () => {
    const { sequences, batch, threads, flags } = bench.suggestion;
    expect([1, 4]).toContain(sequences);
    expect(flags).toBe(`--sequences ${sequences} --batch ${batch} --threads ${threads}`);
    expect(bench.audit).toMatchObject({ completions: 300, referenceMeasured: true });
    const reference = bench.points.find((point) => point.model === "reference");
    expect(bench.audit.scoreReferenceSeconds).toBeCloseTo((60 * 300) / (reference?.completionsPerMinute ?? 0), 6);
  });

  test.each([60, 80, 100, 160])("shows people every point within %d columns, and the flags to copy", (columns) => {
    const reason = "It needs about 9.1 GB of memory, more than 90 % of the 4.0 GB that are free.";
    const plan = {
      kind: "generate",
      model: "model",
      sequences: 128,
      batch: 512,
      head: "none",
      decoding: "drawn",
    } as const;
    const skipped = [{ ...plan, reason }];
    const model = { ...bench.model, path: "models/a\u001b[31m.gguf" };
    const text = renderBench({ ...bench, model, skipped }, { columns, colour: false });
    for (const line of text.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    expect(text).not.toContain("\u001b");
    expect(text).toContain(`Suggested  ${bench.suggestion.flags}\n`);
    expect(text.match(/✓ /g)).toHaveLength(2);
    expect(text.match(/head kept|head repeated|, drawn|, reference/g)).toHaveLength(7);
    expect(text.replace(/\s+/g, " ")).toContain(
      `Left out: generate with --sequences 128 --batch 512, drawn. ${reason}`,
    );
    if (columns === 60) expect(text).not.toContain("sampling");
    if (columns === 160) expect(text).toMatch(/ ━+ .*\n/);
  });

  test("runs in this process too, and prints the same for people", async () => {
    const result = await runCli(["bench", MODELS.base, ...TINY, "--in-process", "--no-mmap"]);
    expect(result.stderr).toBe("");
    expect(result.status).toBe(0);
    expect(result.stdout).toMatch(/\nSuggested {2}--sequences [14] --batch 64 --threads 1 --no-mmap --in-process\n/);
    expect(result.stdout.replace(/\s+/g, " ")).toMatch(/under the reference, taken to be as fast\.\s*$/);
  });

  test.each([
    [["none.gguf"], 3, /"none\.gguf" could not be read: it does not exist/],
    [[MODELS.base, "--reference", "none.gguf"], 3, /"none\.gguf" could not be read: it does not exist/],
    [[MODELS.base, "--seconds", "0"], 2, /--seconds must be a number from 0\.05 to 600, not "0"/],
    [[MODELS.base, "--max-tokens", "7"], 2, /--max-tokens must be a whole number from 8 to 4096/],
    [[MODELS.base, "--sequences", "200", "--batch", "100"], 2, /--batch must be at least --sequences/],
    [[MODELS.base, "--completions", "many"], 2, /--completions must be a whole number/],
    [["README.md"], 5, /README\.md/],
  ])("refuses %j with exit status %d and a sentence", async (args, exit, sentence) => {
    const result = await runCli(["bench", ...args]);
    expect(result.status).toBe(exit);
    expect(result.stderr).toMatch(sentence);
    expect(result.stdout).toBe("");
  });

  test("is in the help with examples", async () => {
    const { stdout, status: exit } = await runCli(["bench", "--help"]);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^Examples:\n {2}telltale bench model\.gguf\n/);
    expect(stdout).toContain("schemas/bench.schema.json");
  });
});
