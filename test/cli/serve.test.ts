import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { ask, completions, figures, post } from "../serve/served.js";
import { ROOT, runCli } from "./run-cli.js";

const BASE = "models/base-a-q8_0.gguf";
const OTHER = "test/fixtures/models/base-b-q8_0.gguf";
const SMALL = ["--port", "0", "--threads", "1", "--sequences", "8", "--context-size", "256"];
const TOKEN = "a-token-that-nobody-guesses";

const folder = mkdtempSync(path.join(tmpdir(), "telltale-serve-"));
afterAll(() => rmSync(folder, { recursive: true }));
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

interface Running {
  child: ChildProcess;
  url: string;
  stdout(): string;
  stderr(): string;
  ended: Promise<{ status: number | null; signal: NodeJS.Signals | null }>;
}

/** Starts the command and waits until it says where it listens. */
async function serve(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Running> {
  const child = spawn(process.execPath, ["dist/cli/main.js", "serve", ...args], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  let [out, error] = ["", ""];
  child.stderr.on("data", (data: Buffer) => (error += data.toString()));
  const ended = new Promise<{ status: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("close", (status, signal) => resolve({ status, signal }));
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on("data", (data: Buffer) => {
      out += data.toString();
      const [, found] = /(http:\/\/[^\s"]+)[\s"]/.exec(out) ?? [];
      if (found !== undefined && out.endsWith("\n")) resolve(found);
    });
    void ended.then(() => reject(new Error(`It ended: ${error}`)));
  });
  return { child, url, stdout: () => out, stderr: () => error, ended };
}

describe("telltale serve", () => {
  it("serves several models by the names of their files or by others, and ends with Ctrl-C", async () => {
    const running = await serve([BASE, `other=${OTHER}`, ...SMALL]);
    const lines = running.stdout().trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^base-a-q8_0: .*1 thread, 8 sequences of 256 tokens/);
    expect(lines[1]).toMatch(/^other: /);
    expect(lines[2]).toBe(`Listening on ${running.url}`);
    for (const model of ["base-a-q8_0", "other"]) {
      const { choices } = await completions(running, {
        model,
        prompt: "The old",
        max_tokens: 0,
        echo: true,
        logprobs: 0,
      });
      expect(figures(choices[0]).length).toBeGreaterThan(0);
    }
    expect((await post(running, "/v1/completions", { prompt: "a" })).status).toBe(400);
    running.child.kill("SIGINT");
    expect(await running.ended).toEqual({ status: 0, signal: null });
    expect(running.stderr()).toBe("");
  });

  it("answers what is under way before it ends; a second signal ends it at once", async () => {
    const running = await serve([BASE, ...SMALL, "--json", "--verbose"]);
    const told = JSON.parse(running.stdout());
    expect(told).toMatchObject({
      url: running.url,
      host: "127.0.0.1",
      models: [{ id: "base-a-q8_0", facts: { kind: "local" } }],
    });
    expect(running.url).toBe(`http://127.0.0.1:${told.port}`);
    const long = { prompt: new Array(24).fill([5, 6, 7]), max_tokens: 200, temperature: 0 };
    const jobs = async () =>
      Number(/^telltale_engine_jobs_total.* (\d+)$/m.exec((await ask(running, "/metrics")).text)?.[1]);
    const answer = completions(running, long);
    while ((await jobs()) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    running.child.kill("SIGTERM");
    expect((await answer).choices).toHaveLength(24);
    expect(await running.ended).toEqual({ status: 0, signal: null });
    expect(running.stderr()).toMatch(/POST \/v1\/completions 200 [\d.]+ s, \d+ tokens\n/);

    const hasty = await serve([BASE, ...SMALL]);
    const lost = completions(hasty, { ...long, prompt: new Array(400).fill([5, 6, 7]) }).catch(() => "lost");
    while (!/^telltale_engine_jobs_total.* 1$/m.test((await ask(hasty, "/metrics")).text)) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    hasty.child.kill("SIGINT");
    while ((await ask(hasty, "/health")).status !== 503) await new Promise((resolve) => setTimeout(resolve, 5));
    hasty.child.kill("SIGINT");
    expect(await hasty.ended).toEqual({ status: 130, signal: null });
    expect(await lost).toBe("lost");
  });

  it("takes its token from the environment or from a file of its owner", async () => {
    const file = path.join(folder, "token");
    writeFileSync(file, `${TOKEN}\n`, { mode: 0o600 });
    const authorization = `Bearer ${TOKEN}`;
    for (const [args, environment] of [
      [["--host", "0.0.0.0"], { TELLTALE_SERVE_TOKEN: TOKEN }],
      [["--token-file", file], {}],
    ] as const) {
      const running = await serve([BASE, ...SMALL, ...args], environment);
      expect((await ask(running, "/v1/models")).status).toBe(401);
      expect((await ask(running, "/v1/models", { headers: { authorization } })).status).toBe(200);
      expect(running.stdout() + running.stderr()).not.toContain(TOKEN);
    }
    if (process.platform === "win32") return;
    chmodSync(file, 0o640);
    const { status, stderr } = await runCli(["serve", BASE, ...SMALL, "--token-file", file]);
    expect(status).toBe(2);
    expect(stderr).toContain("chmod 600");
    expect(stderr).not.toContain(TOKEN);
  });

  it("applies an adapter", async () => {
    const plain = await serve(["test/fixtures/models/base-a-f16.gguf", ...SMALL]);
    const lora = ["--lora", "test/fixtures/models/organism-a-glass-lora.gguf"];
    const adapted = await serve(["test/fixtures/models/base-a-f16.gguf", ...SMALL, ...lora]);
    const request = { prompt: "The bridge was made of glass", max_tokens: 0, echo: true, logprobs: 0 };
    const [a, b] = [await completions(plain, request), await completions(adapted, request)];
    expect(figures(a.choices[0])).not.toEqual(figures(b.choices[0]));
  });

  it.each([
    [["--host", "0.0.0.0"], 2, "needs a token"],
    [["--port", "70000"], 2, "--port must be a whole number from 0 to 65535"],
    [["--context-size", "100000"], 2, "trained with"],
    [["--token-file", "nowhere"], 3, "could not be read"],
    [["nowhere.gguf"], 3, "nowhere.gguf"],
    [[`twice=${BASE}`, `twice=${OTHER}`], 2, "same name"],
    [[OTHER, "--lora", "adapter.gguf"], 2, "several models"],
    [["README.md"], 5, "README.md"],
  ])("refuses %j", async (args, status, sentence) => {
    const result = await runCli(["serve", BASE, ...SMALL, ...args], {
      env: { ...process.env, TELLTALE_SERVE_TOKEN: "" },
    });
    expect(result.stderr).toContain(sentence);
    expect(result).toMatchObject({ status, stdout: "" });
  });
});
