import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { TelltaleError } from "#telltale/errors.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));

export const BASE_A = join(root, "models/base-a-q8_0.gguf");
export const BASE_A_F16 = join(root, "test/fixtures/models/base-a-f16.gguf");
export const BASE_B = join(root, "test/fixtures/models/base-b-q8_0.gguf");
export const GLASS_LORA = join(root, "test/fixtures/models/organism-a-glass-lora.gguf");

/** A directory for the files of one test file, removed at its end. */
export function scratch(): (name: string, bytes: Buffer | string) => string {
  const directory = mkdtempSync(join(tmpdir(), "telltale-gguf-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return (name, bytes) => {
    const path = join(directory, name);
    writeFileSync(path, bytes);
    return path;
  };
}

/** The error a promise ends in; anything but a TelltaleError fails the test. */
export async function failureOf(promise: Promise<unknown>): Promise<TelltaleError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof TelltaleError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
