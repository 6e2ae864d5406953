import { expect, it } from "vitest";
import { MODELS } from "../models.js";
import { startScript } from "../scripts.js";

const END = `
  const [engine] = await openNativeEngines({ path: model }, [context]);
  const endless = async () => { for (;;) for await (const batch of engine.generate(request)) batch.length; };
  setTimeout(() => { ENDING }, Number(args[0]));
  await endless();`;

// A thread that still computes while the process takes its libraries down would crash it now and then.
it.each([
  ["process.exit()", "process.exit(7)", 7],
  ["an uncaught error", "throw new Error('enough')", 1],
])("ends with its own status after %s in the middle of a job", async (_, ending, status) => {
  const moments = [1, 25, 80];
  const ends = await Promise.all(
    moments.map((ms) => startScript(END.replace("ENDING", ending), [MODELS.base, String(ms)]).ended),
  );
  for (const end of ends) expect(end).toMatchObject({ status, signal: null });
});

it("ends at once after process.exit() in the middle of loading", async () => {
  const end = await startScript(
    "openNativeEngines({ path: model }, [context]); setTimeout(() => process.exit(7), 60);",
    [MODELS.base],
  ).ended;
  expect(end).toMatchObject({ status: 7, signal: null });
});

it("ends by itself with engines left open and nothing running", async () => {
  const body = `
    const [engine, other] = await openNativeEngines({ path: model }, [context, context]);
    for await (const batch of engine.generate({ ...request, maxTokens: 2 })) batch.length;
    console.log("done");`;
  const end = await startScript(body, [MODELS.base]).ended;
  expect(end).toEqual({ status: 0, signal: null, output: "done\n" });
});

it("ends by itself after many engines were opened, used and dropped without being closed", async () => {
  const body = `
    for (let i = 0; i < 12; i++) {
      const [engine] = await openNativeEngines({ path: model }, [context]);
      for await (const batch of engine.generate({ ...request, maxTokens: 2 })) break;
    }
    console.log("done");`;
  const end = await startScript(body, [MODELS.base]).ended;
  expect(end).toEqual({ status: 0, signal: null, output: "done\n" });
});
