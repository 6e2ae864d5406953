import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { type ResolvedModel, resolveModel } from "#telltale/hub/resolve-model.js";
import type { HubOptions } from "#telltale/hub/settings.js";
import { type HubServer, type ServedFile, startHub } from "./hub-server.js";

export const MODEL = "some-owner/some.model";
export const SPEC = `hf:${MODEL}`;
/** Where a branch has moved on to. */
export const LATER = "f".repeat(40);

/** Bytes that do not compress, told apart by their seed. */
export function bytesOf(seed: number, size = 3000): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, i) => Math.imul(i + seed, 0x9e3779b1) >>> 13));
}

export const SMALL: ServedFile = { path: "dir/m-Q4_K_M.gguf", bytes: bytesOf(1), lfs: true };
export const INLINE: ServedFile = { path: "tiny.gguf", bytes: bytesOf(2, 50), lfs: false };
const FILES: ServedFile[] = [{ path: "README.md", bytes: Buffer.from("# m"), lfs: false }, SMALL, INLINE];

/** A folder and a server of each test's own, and what is asked of them. */
export interface ModelHub {
  folder: () => string;
  start(files?: readonly ServedFile[]): Promise<HubServer>;
  stop(): Promise<void>;
  resolve(spec: string, hub: HubServer, options?: HubOptions): Promise<ResolvedModel>;
  /** A path in the cache's folder of the model. */
  cached(...path: string[]): string;
}

export function modelHub(): ModelHub {
  let folder: string;
  let server: HubServer | undefined;
  const stop = async (): Promise<void> => {
    await server?.close();
    server = undefined;
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "telltale-models-"));
  });
  afterEach(async () => {
    await stop();
    await rm(folder, { recursive: true });
  });
  return {
    folder: () => folder,
    async start(files = FILES) {
      server = await startHub(MODEL, files, "model");
      return server;
    },
    stop,
    resolve: (spec, hub, options = {}) =>
      resolveModel(spec, {
        endpoint: hub.endpoint,
        token: "",
        modelCache: join(folder, "hub"),
        cacheFolder: join(folder, "own"),
        retryDelay: 1,
        offline: false,
        ...options,
      }),
    cached: (...path) => join(folder, "hub", "models--some-owner--some.model", ...path),
  };
}

/** The ranges of the requests for files' bytes. */
export function bodies({ seen }: HubServer): (string | undefined)[] {
  return seen.filter(({ host }) => host === "storage").map(({ range }) => range);
}
