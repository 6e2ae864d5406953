import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { scoreText, type TextScore } from "#telltale/cli/score-text.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import { pinnedRelease } from "#telltale/engine/native/library.js";

const TOOL = path.resolve(`.cache/peers-${pinnedRelease()}/build/bin/llama-perplexity`);
const MODELS = ["test/fixtures/models/base-a-f16.gguf", "models/base-a-q8_0.gguf"];

/**
 * llama-perplexity prints the perplexity so far after each chunk with 4 decimals: with perplexities of 40 and more that shows
 * differences of 1.3e-6 and more of it, so a tolerance of 1e-5 is its own.
 */
const TOLERANCE = 1e-5;

const folder = mkdtempSync(path.join(tmpdir(), "telltale-peers-"));
const file = path.join(folder, "text.txt");
const text = builtinText();
writeFileSync(file, text);
afterAll(() => rmSync(folder, { recursive: true }));

/** About 45 KB of all kinds, without the newline at the end that llama-perplexity would take away. */
function builtinText(): string {
  const corpus = "corpora/builtin";
  const openings = readdirSync(corpus).flatMap((name) => {
    const lines = readFileSync(path.join(corpus, name), "utf8").trim().split("\n").slice(0, 60);
    return lines.map((line) => (JSON.parse(line) as { text: string }).text);
  });
  return openings.join("\n\n").trimEnd();
}

/** Number [nChunks or a few less]: the perplexity of everything up to and with each chunk. */
async function theirs(model: string, size: number): Promise<number[]> {
  const sizes = ["-c", "-b", "-ub"].flatMap((option) => [option, String(size)]);
  const args = ["-m", model, "-f", file, "--no-escape", "-t", "1", ...sizes];
  // OpenMP's threads wait by spinning otherwise, which takes minutes when the processor is shared.
  const options = { maxBuffer: 1 << 26, env: { ...process.env, OMP_WAIT_POLICY: "passive" } };
  const { stdout } = await promisify(execFile)(TOOL, args, options);
  return Array.from(stdout.matchAll(/\[\d+\](\d+\.\d+),/g), ([, perplexity]) => Number(perplexity));
}

function ours({ tokens }: TextScore, size: number): number[] {
  const perplexities: number[] = [];
  let [nll, count] = [0, 0];
  for (const [i, { logprob }] of tokens.entries()) {
    if (logprob !== null) [nll, count] = [nll - logprob, count + 1];
    if (i % size === size - 1) perplexities.push(Math.exp(nll / count));
  }
  return perplexities;
}

describe.skipIf(!existsSync(TOOL))("perplexity beside llama-perplexity (npm run build:peers)", () => {
  test("of a text of at least 20 KB", () => expect(Buffer.byteLength(text)).toBeGreaterThan(20_000));

  for (const model of MODELS) {
    for (const size of [256, 512]) {
      test(`is the same after every chunk: ${path.basename(model)}, chunks of ${size}`, async () => {
        const [engine] = await openNativeEngines({ path: model }, [
          { contextSequence: size, batch: size, sequences: 1 },
        ]);
        if (engine === undefined) throw new Error("no engine");
        try {
          const expected = await theirs(model, size);
          const score = await scoreText(engine, text, "chunks", size);
          const found = ours(score, size);
          // It writes from a thread that the end of the program may cut off before the last figures.
          expect(expected.length).toBeGreaterThanOrEqual(Math.max(20, found.length - 3));
          expect(expected.length).toBeLessThanOrEqual(found.length);
          const differences = expected.map((each, i) => Math.abs((found[i] ?? Number.NaN) / each - 1));
          expect(Math.max(...differences)).toBeLessThan(TOLERANCE);
          expect(score.perplexity).toBe(found.at(-1));
        } finally {
          await engine.close();
        }
      }, 240_000);
    }
  }
});
