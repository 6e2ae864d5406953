import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import type { LocalEngine } from "#telltale/engine/engine.js";
import { openHostEngines } from "#telltale/engine/host/engine.js";
import type { TelltaleError } from "#telltale/errors.js";
import { engineProcesses, isAlive } from "../../processes.js";
import { generated, MODELS, NO_HEAD, rejection, SMALL, scored } from "../models.js";
import { eventually } from "../scripts.js";

const request = {
  head: NO_HEAD,
  prefills: Array.from({ length: 400 }, (_, i) => Int32Array.of(i)),
  maxTokens: 200,
};
const opened: LocalEngine[] = [];
afterEach(async () => {
  for (const engine of opened.splice(0)) await engine.close();
});

async function open(): Promise<{ engines: [LocalEngine, LocalEngine]; pid: number }> {
  const engines = (await openHostEngines({ path: MODELS.base }, [SMALL, SMALL])) as [LocalEngine, LocalEngine];
  opened.push(...engines);
  const [pid, ...others] = engineProcesses(process.pid);
  expect(others).toEqual([]);
  return { engines, pid: pid as number };
}

describe.skipIf(process.platform === "win32")("an engine process", () => {
  it.each([
    ["SIGKILL", /lack of memory/],
    ["SIGABRT", /failed check/],
    ["SIGSEGV", /memory fault/],
  ] as const)("that dies by %s in the middle of a job becomes ENGINE_DIED", async (signal, reason) => {
    const { engines, pid } = await open();
    const error = (await rejection(async () => {
      for await (const _ of engines[0].generate(request)) process.kill(pid, signal);
    })) as TelltaleError;
    expect(error).toMatchObject({ name: "TelltaleError", code: "ENGINE_DIED", phase: "generate", model: MODELS.base });
    expect(error.message).toContain(MODELS.base);
    expect(error.message).toContain(signal);
    expect(error.message).toMatch(reason);
    expect(error.log.join("\n")).toContain("llama_");
    // From then on every call says the same, on both engines of the process, and closing them is no error.
    for (const engine of engines) {
      expect(await rejection(() => engine.tokenize(["a"]))).toMatchObject({ code: "ENGINE_DIED" });
      expect(await rejection(() => generated(engine, request))).toMatchObject({ code: "ENGINE_DIED" });
      await engine.close();
    }
  });

  it("that dies between two jobs fails the next one", async () => {
    const { engines, pid } = await open();
    process.kill(pid, "SIGKILL");
    const items = [{ context: Int32Array.of(1), targets: Int32Array.of(2) }];
    const error = await rejection(() => scored(engines[0], { head: NO_HEAD, items }));
    expect(error).toMatchObject({ code: "ENGINE_DIED", model: MODELS.base });
  });

  it("is gone once the last of its engines is closed", async () => {
    const { engines, pid } = await open();
    await engines[0].close();
    expect(isAlive(pid)).toBe(true);
    expect((await engines[1].tokenize(["still here"])).length).toBe(1);
    await engines[1].close();
    expect(await eventually(() => !isAlive(pid))).toBe(true);
    expect(engineProcesses(process.pid)).toEqual([]);
    expect(await rejection(() => engines[1].tokenize(["a"]))).toMatchObject({ code: "ENGINE_UNAVAILABLE" });
  });

  it("that fails to open its model leaves no process", async () => {
    await rejection(() => openHostEngines({ path: MODELS.lora }, [SMALL]));
    await rejection(() => openHostEngines({ path: MODELS.base }, [{ ...SMALL, sequences: 64, batch: 8 }]));
    expect(engineProcesses(process.pid)).toEqual([]);
  });

  it.runIf(process.platform === "linux")("is given nothing secret of the environment", async () => {
    const secrets = { HF_TOKEN: "hf_made_up", SECRET_OF_THIS_TEST: "made-up-secret", NODE_OPTIONS: "--no-warnings" };
    Object.assign(process.env, secrets);
    try {
      const { pid } = await open();
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
      for (const [name, value] of Object.entries(secrets)) {
        expect(environment).not.toContain(name);
        expect(environment).not.toContain(value);
      }
      expect(environment).toContain("GGML_NO_BACKTRACE=1");
      expect(environment).toContain("PATH=");
    } finally {
      for (const name of Object.keys(secrets)) delete process.env[name];
    }
  });
});
