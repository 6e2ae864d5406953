import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { TextScore } from "#telltale/cli/score-text.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";

const MODEL = "test/fixtures/models/base-a-f16.gguf";
const LORA = "test/fixtures/models/organism-a-glass-lora.gguf";
const folder = mkdtempSync(path.join(tmpdir(), "telltale-score-"));
const file = path.join(folder, "text.txt");
const text = "The harbour was quiet that morning. Two boats lay at the pier, and nobody was on board.\n".repeat(12);
writeFileSync(file, text);
const letter = path.join(folder, "letter.txt");
writeFileSync(letter, "a");
afterAll(() => rmSync(folder, { recursive: true }));

function score(args: string[], input = ""): { status: number | null; stdout: string; stderr: string } {
  const command = ["dist/cli/main.js", "score", MODEL, ...args];
  return spawnSync(process.execPath, command, { encoding: "utf8", input });
}

const json = (args: string[], input?: string): TextScore =>
  JSON.parse(score([...args, "--json"], input).stdout) as TextScore;

describe("telltale score", () => {
  test("gives every token's log-probability, as one pass over a text that fits gives it", async () => {
    const short = text.slice(0, 180);
    const result = json(["-"], short);
    const [engine] = await openNativeEngines({ path: MODEL }, [{ sequences: 1 }]);
    if (engine === undefined) throw new Error("no engine");
    try {
      const [tokens = new Int32Array()] = await engine.tokenize([short]);
      const item = { context: tokens.slice(0, 1), targets: tokens.slice(1) };
      const logprobs: number[] = [];
      for await (const batch of engine.score({ head: new Int32Array(), items: [item] })) {
        for (const each of batch) logprobs.push(...each.logprobs);
      }
      expect(engine.facts.model.addBos).toBe(false);
      expect(result.tokens.map(({ id }) => id)).toEqual(Array.from(tokens));
      expect(result.tokens.map(({ logprob }) => logprob)).toEqual([null, ...logprobs]);
    } finally {
      await engine.close();
    }
  });

  test("sums up what it lists", () => {
    for (const args of [[], ["--chunks"]]) {
      const result = json([file, "--context-size", "64", ...args]);
      const scored = result.tokens.filter(({ logprob }) => logprob !== null);
      expect(result.tokens.map((token) => token.text).join("")).toBe(text);
      expect(result.scoredTokens).toBe(scored.length);
      expect(result.scoredTokens).toBeGreaterThan(args.length === 0 ? result.tokens.length - 2 : 100);
      const nll = scored.reduce((sum, { logprob }) => sum - (logprob ?? 0), 0);
      expect(result.nll).toBeCloseTo(nll, 6);
      expect(result.perplexity).toBeCloseTo(Math.exp(nll / scored.length), 6);
      const bytes = scored.reduce((sum, token) => sum + Buffer.byteLength(token.text), 0);
      expect(result.bitsPerByte).toBeCloseTo(nll / Math.LN2 / bytes, 9);
    }
  });

  test("applies an adapter", () => {
    const [plain, adapted] = [json([file]), json([file, "--lora", LORA])];
    expect(json([file, "--adapter", LORA]).nll).toBe(adapted.nll);
    expect(Math.abs(adapted.nll - plain.nll)).toBeGreaterThan(1);
  });

  test("shows people two lines", () => {
    const { stdout, status } = score([file]);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^perplexity \d+\.\d{4}, \d\.\d{4} bits per byte\n\d+ of the \d+ tokens of .+ scored, in .+\n$/,
    );
  });

  test("refuses wrong numbers and texts that are too short, each in a sentence", () => {
    const wrong: [string[], string][] = [
      [[file, "--threads", "1.5"], "--threads must be a whole number from 1 to 512"],
      [[file, "--context-size", "2"], "--context-size must be a whole number from 4"],
      [[file, "--context-size", "100000"], "the model was trained with"],
      [[file, "--chunks"], "at least 512 are needed"],
      [["-"], "The text has 0 tokens, and at least 2 are needed"],
      [[letter], "The text has 1 token, and at least 2 are needed"],
    ];
    for (const [args, sentence] of wrong) {
      const { status, stderr, stdout } = score(args);
      expect(stderr).toContain(sentence);
      expect(status).toBe(2);
      expect(stdout).toBe("");
    }
  });
});
