import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { peer, ROOT } from "../peer-tools.js";
import { writeModel } from "./gguf-file.js";
import { SHAPES } from "./shapes.js";

const FOLDER = path.join(ROOT, ".cache", "bench-models");

/**
 * The path of the Q8_0 model of that shape, written and quantised first where it is not there yet.
 * Another `seed` gives other weights, and a file of its own.
 */
export async function ensureModel(name: string, seed = 1): Promise<string> {
  const shape = SHAPES.find((each) => each.name === name);
  if (shape === undefined) {
    throw new Error(`There is no shape ${name}. Take ${SHAPES.map((each) => each.name).join(", ")}.`);
  }
  const stem = path.join(FOLDER, seed === 1 ? name : `${name}-seed-${seed}`);
  const finished = `${stem}-q8_0.gguf`;
  if (existsSync(finished)) return finished;
  const quantize = peer("llama-quantize");
  const [half, partial] = [`${stem}-f16.gguf`, `${stem}-partial.gguf`];
  await mkdir(FOLDER, { recursive: true });
  try {
    await writeModel(half, shape, seed);
    await promisify(execFile)(quantize, [half, partial, "q8_0"], { maxBuffer: 1 << 26 });
    await rename(partial, finished);
  } finally {
    for (const file of [half, partial]) await rm(file, { force: true });
  }
  return finished;
}
