import { afterEach, describe, expect, it } from "vitest";
import type { Server } from "#telltale/index.js";
import { eventually } from "../engine/scripts.js";
import { engineProcesses, isAlive } from "../processes.js";
import { ask, completions, figures, openSmall, post, refusal } from "./served.js";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function open(...args: Parameters<typeof openSmall>): Promise<Awaited<ReturnType<typeof openSmall>>> {
  const opened = await openSmall(...args);
  servers.push(opened.server);
  return opened;
}

/** Long enough to be met in the middle. */
const LONG = { prompt: new Array(40).fill([5, 6, 7]), max_tokens: 250, temperature: 0 };
const SCORE = { prompt: [5, 6, 7, 8, 9], max_tokens: 0, echo: true, logprobs: 0 };

/** Jobs that its engine was given so far. */
async function jobs(server: Server): Promise<number> {
  const { text } = await ask(server, "/metrics");
  return Number(/^telltale_engine_jobs_total\{model="base"\} (\d+)/m.exec(text)?.[1]);
}

async function waits(server: Server): Promise<number> {
  const { text } = await ask(server, "/metrics");
  return Number(/^telltale_queue_items\{model="base"\} (\d+)/m.exec(text)?.[1]);
}

/** Kills the one engine process there is, and waits until its parent, which is this process, has taken note of its end. */
async function killEngine(): Promise<void> {
  const [pid, ...others] = engineProcesses(process.pid);
  expect(others).toEqual([]);
  process.kill(pid as number, "SIGKILL");
  expect(await eventually(() => !isThere(pid as number))).toBe(true);
}

/** Also a process that has ended is there until its parent has taken note of that. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe.skipIf(process.platform === "win32")("an engine process that is killed", () => {
  it("costs those whose prompts it ran; what waited and what comes later is answered by another one", async () => {
    const { server, events } = await open();
    const before = await completions(server, SCORE);
    const lost = post(server, "/v1/completions", LONG);
    while ((await jobs(server)) < 2) await new Promise((resolve) => setTimeout(resolve, 2));
    const waiting = completions(server, SCORE);
    while ((await waits(server)) === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    await killEngine();
    const { status, text } = await lost;
    expect(status).toBe(500);
    expect(JSON.parse(text).error).toMatchObject({ code: "engine_died", type: "server_error" });
    expect(text).not.toContain(".gguf");
    const answered = [await waiting, await completions(server, SCORE)];
    for (const { choices } of answered) expect(figures(choices[0])).toEqual(figures(before.choices[0]));
    const { text: metrics } = await ask(server, "/metrics");
    expect(metrics).toContain('telltale_engine_ends_total{model="base"} 1\n');
    expect(events.filter(({ type }) => type === "failed")).toHaveLength(1);
    expect(events.filter((event) => event.type === "opened" && event.again)).toHaveLength(1);
  });

  it("while it had nothing to do is not noticed by who comes later", async () => {
    const { server } = await open();
    const before = await completions(server, SCORE);
    await killEngine();
    expect((await completions(server, SCORE)).choices).toEqual(before.choices);
    await killEngine();
    expect((await post(server, "/tokenize", { prompt: "glass" })).status).toBe(200);
  });

  it("too often is left closed: 503 with Retry-After, and the server goes on", async () => {
    const { server } = await open({ limits: { engineDeaths: 1 } });
    await killEngine();
    await completions(server, SCORE);
    await killEngine();
    for (let i = 0; i < 2; i += 1) {
      expect(await refusal(server, SCORE)).toMatchObject({ status: 503, code: "engine_unavailable" });
    }
    const { headers } = await post(server, "/v1/completions", SCORE);
    expect(Number(headers["retry-after"])).toBeGreaterThan(500);
    expect((await ask(server, "/health")).status).toBe(200);
    expect((await post(server, "/detokenize", { tokens: [607] })).status).toBe(200);
  });
});

describe("closing", () => {
  it("answers what is under way, refuses what comes, and ends the engine's process", async () => {
    const { server } = await open();
    const [pid] = engineProcesses(process.pid);
    const under = completions(server, { ...LONG, max_tokens: 60 });
    while ((await jobs(server)) === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    const closed = server.close();
    expect((await under).choices).toHaveLength(40);
    await closed;
    await server.close();
    expect(isAlive(pid as number)).toBe(false);
    await expect(ask(server, "/health")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("tells who comes meanwhile that it closes", async () => {
    const { server } = await open();
    const under = completions(server, { ...LONG, max_tokens: 100 });
    while ((await jobs(server)) === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    const closed = server.close();
    const { status, headers, text } = await ask(server, "/health");
    expect(status).toBe(503);
    expect(headers.connection).toBe("close");
    expect(headers["retry-after"]).toBe("5");
    expect(JSON.parse(text).error.code).toBe("closing");
    expect((await under).choices).toHaveLength(40);
    await closed;
  });
});
