import type { ChildProcess } from "node:child_process";
import { describe, expect, it } from "vitest";
import { engineProcesses, isAlive } from "../../processes.js";
import { MODELS } from "../models.js";
import { eventually, startScript } from "../scripts.js";

const OPEN = "const [engine] = await openHostEngines({ path: model }, [context]);";
const ENDLESS = "for (;;) for await (const batch of engine.generate(request)) console.log(batch.length);";

/** Waits for the script's first output, when its engine is at work, and finds the engine process. */
async function working(script: ChildProcess): Promise<number> {
  await new Promise((resolve) => script.stdout?.once("data", resolve));
  const [pid] = engineProcesses(script.pid as number);
  return pid as number;
}

describe.skipIf(process.platform === "win32")("the engine process", () => {
  it.each(["SIGKILL", "SIGTERM"] as const)("ends with a parent that %s ends", async (signal) => {
    const script = startScript(OPEN + ENDLESS, [MODELS.base]);
    const pid = await working(script.process);
    expect(isAlive(pid)).toBe(true);
    script.process.kill(signal);
    expect((await script.ended).signal).toBe(signal);
    expect(await eventually(() => !isAlive(pid))).toBe(true);
  });

  it.each([
    ["process.exit()", "process.exit(7)", 7],
    ["an uncaught error", "throw new Error('enough')", 1],
  ])("ends with a parent that leaves by %s without closing", async (_, ending, status) => {
    const script = startScript(`process.on("SIGUSR2", () => { ${ending} }); ${OPEN} ${ENDLESS}`, [MODELS.base]);
    const pid = await working(script.process);
    script.process.kill("SIGUSR2");
    expect(await script.ended).toMatchObject({ status, signal: null });
    expect(await eventually(() => !isAlive(pid))).toBe(true);
  });

  it("does not keep a parent that has closed its engines", async () => {
    const body = `${OPEN}
      for await (const batch of engine.generate({ ...request, maxTokens: 2 })) batch.length;
      await engine.close();
      console.log("closed");`;
    expect(await startScript(body, [MODELS.base]).ended).toEqual({ status: 0, signal: null, output: "closed\n" });
  });

  it("survives a ctrl-C, which the parent may have taken for something else", async () => {
    const script = startScript(`process.on("SIGINT", () => {}); ${OPEN}${ENDLESS}`, [MODELS.base]);
    const pid = await working(script.process);
    process.kill(pid, "SIGINT");
    await working(script.process);
    expect(isAlive(pid)).toBe(true);
    script.process.kill("SIGKILL");
    await script.ended;
  });
});
