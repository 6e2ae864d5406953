import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { describe, expect, it } from "vitest";
import type { Completion, LocalEngine } from "#telltale/engine/engine.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import { pinnedRelease } from "#telltale/engine/native/library.js";
import { MODELS, NO_HEAD, rejection } from "../models.js";
import { generatedBy, openRemote } from "./support.js";

const SERVER = path.resolve(`.cache/peers-${pinnedRelease()}/build/bin/llama-server`);
/** Characters of several tokens, so that some prefills end inside one. */
const TEXT =
  "The old bridge \u2014 built by people who believed that \u5317\u4eac glass could be \u{1f389} stronger than stone. " +
  "\u201cQuoted\u201d caf\u00e9 na\u00efve f\u00fcr";
/** Nats by which its kernels may differ from ours. */
const KERNELS = 0.3;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function withServer(model: string, run: (url: string) => Promise<void>): Promise<void> {
  const port = await freePort();
  const args = [
    "-m",
    model,
    "--host",
    "127.0.0.1",
    "--port",
    String(port),
    "-t",
    "1",
    "-np",
    "4",
    "-c",
    "2048",
    "--no-webui",
  ];
  // OpenMP's threads wait by spinning otherwise, which takes long when the processor is shared.
  const env = { ...process.env, OMP_WAIT_POLICY: "passive" };
  const child: ChildProcess = spawn(SERVER, args, { stdio: "ignore", env });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    await run(`http://127.0.0.1:${port}`);
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

/** Prefills out of the text's tokens, of which some end inside a character, and what the engine here makes of them. */
async function local(model: string): Promise<{ prefills: Int32Array[]; expected: Completion[]; broken: number }> {
  const [engine] = (await openNativeEngines({ path: model }, [
    { threads: 1, sequences: 16, contextSequence: 256 },
  ])) as [LocalEngine];
  const [ids] = (await engine.tokenize([TEXT])) as [Int32Array];
  const prefills = Array.from({ length: ids.length }, (_, i) => ids.slice(Math.max(0, i - 2), i + 1));
  const expected = await generatedBy(engine, { head: NO_HEAD, prefills, maxTokens: 40 });
  const pieces = await engine.detokenize(expected.flatMap(({ tokens }) => [...tokens].map((id) => Int32Array.of(id))));
  await engine.close();
  return {
    prefills,
    expected,
    broken: pieces.filter((bytes) => Buffer.from(bytes).toString().includes("\ufffd")).length,
  };
}

describe.skipIf(!existsSync(SERVER))("llama-server (npm run build:peers)", () => {
  it.each([
    ["byte-pair tokens", MODELS.organism],
    ["SentencePiece tokens", MODELS.baseB],
  ])(
    "generates what the engine here generates, tokens inside characters included: %s",
    async (_, model) => {
      const { prefills, expected, broken } = await local(model);
      expect(broken).toBeGreaterThan(5);
      await withServer(model, async (url) => {
        // It takes a while to load: until then it refuses connections and answers 503.
        const engine = await openRemote(url, model, { scores: false, attempts: 100, retryDelaySeconds: 0.1 });
        expect(engine.facts.endpoints).toEqual([
          { url: `${url}/v1`, server: "llamacpp", prompts: "ids", scoring: null, generation: "content ids", added: 0 },
        ]);
        const found = await generatedBy(engine, { head: NO_HEAD, prefills, maxTokens: 40 });
        expect(found.length).toBe(prefills.length);
        const same = found.filter(({ tokens, stop }, i) => {
          const ours = expected[i] as Completion;
          return stop === ours.stop && tokens.join() === ours.tokens.join();
        });
        // Where two tokens are nearly as likely, other kernels may choose the other one.
        expect(same.length).toBeGreaterThan(0.8 * prefills.length);
        for (const { prefill, logprobs } of same) {
          const ours = (expected[prefill] as Completion).logprobs;
          expect(Math.max(...logprobs.map((value, i) => Math.abs(value - (ours[i] ?? Number.NaN))))).toBeLessThan(
            KERNELS,
          );
        }
        expect(found.some(({ stop }) => stop === "eog")).toBe(expected.some(({ stop }) => stop === "eog"));
        const draw = async (seed: number): Promise<string[]> => {
          const request = {
            head: NO_HEAD,
            prefills: prefills.slice(0, 4),
            maxTokens: 8,
            samples: 2,
            sampling: { seed },
          };
          return (await generatedBy(engine, request)).map(({ tokens }) => tokens.join(" "));
        };
        expect(new Set([...(await draw(1)), ...(await draw(2))]).size).toBeGreaterThan(12);
        await engine.close();
      });
    },
    120_000,
  );

  it("is refused for scoring, with what would do", async () => {
    await withServer(MODELS.base, async (url) => {
      const error = await rejection(() =>
        openRemote(url, MODELS.base, { generates: false, attempts: 100, retryDelaySeconds: 0.1 }),
      );
      expect(error).toMatchObject({ code: "ENDPOINT_UNSUITABLE" });
      expect((error as Error).message).toMatch(
        /tells no log-probabilities of a given text.*llama-server has no .*generating only, and `telltale serve` for scoring/,
      );
    });
  }, 120_000);
});
