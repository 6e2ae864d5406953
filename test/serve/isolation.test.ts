import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openServer, type Server, type ServerEvent } from "#telltale/index.js";
import { type WriterTensor, writeGguf } from "../fixtures/gguf-writer.js";
import { tinyModel } from "../fixtures/tiny-model.js";
import { completions, figures, refusal } from "./served.js";

const [WIDE, TOKENS, BROKEN] = [32, 260, 259];

/** One of its tokens makes all that comes after it NaN; the others are harmless. */
function modelWithBrokenToken(): Buffer {
  const values = (count: number, value: (i: number) => number): Buffer => {
    const data = Buffer.alloc(4 * count);
    for (let i = 0; i < count; i += 1) data.writeFloatLE(value(i), 4 * i);
    return data;
  };
  const rows = (broken: number): Buffer =>
    values(WIDE * TOKENS, (i) => (Math.floor(i / WIDE) === broken ? Number.NaN : Math.sin(i)));
  const model = tinyModel();
  const tensors = model.tensors.map((tensor): WriterTensor => {
    if (tensor.name === "token_embd.weight") return { ...tensor, data: rows(BROKEN) };
    return String(tensor.name).includes("norm") ? { ...tensor, data: values(WIDE, () => 1) } : tensor;
  });
  return writeGguf({
    ...model,
    tensors: [...tensors, { name: "output.weight", shape: [WIDE, TOKENS], data: rows(-1) }],
  });
}

const folder = mkdtempSync(path.join(tmpdir(), "telltale-isolation-"));
const events: ServerEvent[] = [];
let server: Server;
beforeAll(async () => {
  const file = path.join(folder, "broken.gguf");
  writeFileSync(file, modelWithBrokenToken());
  server = await openServer(
    { models: [{ id: "broken", path: file }], context: { threads: 1, sequences: 8, contextSequence: 64 } },
    { onEvent: (event) => events.push(event) },
  );
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

it("fails the request whose text the model cannot score, and none that ran together with it", async () => {
  const score = (prompt: number[]) => ({ prompt, max_tokens: 0, echo: true, logprobs: 0 });
  const good = Array.from({ length: 12 }, (_, i) => [10 + i, 20, 30 + i, 40]);
  const alone = await Promise.all(good.map((prompt) => completions(server, score(prompt))));
  const busy = completions(server, { prompt: new Array(30).fill([5, 6]), max_tokens: 30, temperature: 0 });
  const bad = refusal(server, score([10, BROKEN, 30, 40]));
  const among = await Promise.all(good.map((prompt) => completions(server, score(prompt))));
  expect(await bad).toMatchObject({ status: 500, code: "non_finite" });
  await busy;
  expect(among.map(({ choices }) => figures(choices[0]))).toEqual(alone.map(({ choices }) => figures(choices[0])));
  expect(events.some((event) => event.type === "failed")).toBe(true);
  expect(events.filter((event) => event.type === "opened")).toHaveLength(1);
});
