import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { groupProcesses } from "../../processes.js";
import { MODELS } from "../models.js";
import { eventually, startScript } from "../scripts.js";

const OPEN = "const [engine] = await openHostEngines({ path: model }, [context]);";
const WORK: Record<string, string> = {
  "starts engines": "for (;;) await Promise.all([1, 2].map(() => openHostEngines({ path: model }, [context])));",
  "opens and closes them":
    "for (;;) for (const engine of await openHostEngines({ path: model }, [context])) await engine.close();",
  generates: `${OPEN} for (;;) for await (const batch of engine.generate(request)) batch.length;`,
  scores: `${OPEN} const items = prefills.slice(1).map((context) => ({ context, targets: new Int32Array(200) }));
    for (;;) for await (const batch of engine.score({ head: request.head, items })) batch.length;`,
  tokenizes: `${OPEN} for (;;) await engine.tokenize(new Array(50).fill("some text ".repeat(1000)));`,
  cancels: `${OPEN} for (;;) for await (const batch of engine.generate(request)) break;`,
};

const ENDINGS: Record<string, [code: string, end: object]> = {
  SIGTERM: ["process.kill(process.pid, 'SIGTERM')", { status: null, signal: "SIGTERM" }],
  SIGKILL: ["process.kill(process.pid, 'SIGKILL')", { status: null, signal: "SIGKILL" }],
  "process.exit()": ["process.exit(7)", { status: 7, signal: null }],
  "an uncaught error": ["throw new Error('enough')", { status: 1, signal: null }],
};

describe.skipIf(process.platform === "win32")("a parent", () => {
  it.each(Object.entries(WORK))("that %s leaves no process behind, however it ends", async (_, work) => {
    const moments = Object.values(ENDINGS).map(([code], i) => {
      const script = startScript(
        `process.on("SIGUSR2", () => { ${code} }); console.log("ready"); ${work}`,
        [MODELS.base],
        {
          ownGroup: true,
        },
      );
      return { script, ms: 30 + 130 * i, group: script.process.pid as number };
    });
    const ends = await Promise.all(
      moments.map(async ({ script, ms }) => {
        await new Promise((resolve) => script.process.stdout?.once("data", resolve));
        await sleep(ms);
        script.process.kill("SIGUSR2");
        return script.ended;
      }),
    );
    for (const [i, [, end]] of Object.values(ENDINGS).entries()) expect(ends[i]).toMatchObject(end);
    for (const { group } of moments)
      expect(await eventually(() => groupProcesses(group).length === 0, 20_000)).toBe(true);
  });
});
