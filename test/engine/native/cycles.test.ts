import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { writeGguf } from "../../fixtures/gguf-writer.js";
import { tinyModel } from "../../fixtures/tiny-model.js";
import { startScript } from "../scripts.js";

const folder = mkdtempSync(path.join(tmpdir(), "telltale-cycles-"));
const tiny = path.join(folder, "tiny.gguf");
writeFileSync(tiny, writeGguf(tinyModel()));
afterAll(() => rmSync(folder, { recursive: true }));

/** A context that is not freed weighs over a megabyte, a model a quarter of one: 8 and more times the bound, all together. */
const BOUND_MIB = 32;

it("opens, uses and closes a model a thousand times without growing", async () => {
  const body = `
    const small = { threads: 1, sequences: 4, contextSequence: 256, batch: 256 };
    const items = [{ context: Int32Array.of(1), targets: Int32Array.of(2, 3) }];
    const cycle = async (i) => {
      const [engine] = await openNativeEngines({ path: model }, [small]);
      await engine.tokenize(["some text"]);
      for await (const batch of engine.score({ head: Int32Array.of(1), items })) batch.length;
      const controller = new AbortController();
      if (i % 3 === 0) setImmediate(() => controller.abort()); // every third is broken off
      try {
        const job = engine.generate({ ...request, prefills: prefills.slice(3, 40), maxTokens: 9 }, controller);
        for await (const batch of job) batch.length;
      } catch {}
      await engine.close();
    };
    const residentMiB = () => { for (let i = 0; i < 4; i++) gc(); return process.memoryUsage().rss / 2 ** 20; };
    for (let i = 0; i < 300; i++) await cycle(i);
    const before = residentMiB();
    for (let i = 0; i < 1000; i++) await cycle(i);
    const after = residentMiB();
    console.log(JSON.stringify({ before, after }));`;
  const end = await startScript(body, [tiny], { nodeOptions: ["--expose-gc"] }).ended;
  expect(end).toMatchObject({ status: 0, signal: null });
  const { before, after } = JSON.parse(end.output) as { before: number; after: number };
  expect(after - before).toBeLessThan(BOUND_MIB);
}, 300_000);
