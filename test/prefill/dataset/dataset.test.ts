import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HubOptions } from "#telltale/hub/settings.js";
import { openCorpus } from "#telltale/prefill/corpus.js";
import { parseCorpus } from "#telltale/prefill/spec.js";
import { COMMIT, type HubServer, type ServedFile, startHub } from "../../hub/hub-server.js";
import { collect } from "../collect.js";

const DATASET = "some-owner/some.data";
const TOKEN = "hf_abcdefghijklmnop";

let cacheFolder: string;
let server: HubServer | undefined;

beforeEach(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), "telltale-hub-"));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(cacheFolder, { recursive: true });
});

function parquet(texts: string[], column = "text"): Buffer {
  return Buffer.from(parquetWriteBuffer({ columnData: [{ name: column, data: texts, type: "STRING" }] }));
}

/** A body of several hundred kilobytes that does not compress, so that it can break off in the middle. */
function longTexts(): string[] {
  return Array.from({ length: 4000 }, (_, i) => `${i} ${Math.imul(i, 0x9e3779b1) >>> 0} `.repeat(8));
}

const TRAIN: ServedFile = { path: "data/train-00000-of-00002.parquet", bytes: parquet(["one", "two"]), lfs: true };
const FILES: ServedFile[] = [
  { path: "README.md", bytes: Buffer.from("# data"), lfs: false },
  { path: "data/test-00000.parquet", bytes: parquet(["never read"]), lfs: true },
  { path: "data/train-00001-of-00002.parquet", bytes: parquet(["three"]), lfs: false },
  TRAIN,
  { path: "extra/train.parquet", bytes: parquet(["not in data"]), lfs: true },
];

async function start(files: readonly ServedFile[] = FILES): Promise<HubServer> {
  server = await startHub(DATASET, files);
  return server;
}

async function read(options: HubOptions, spec = `hf:${DATASET}`): Promise<string[]> {
  const corpus = await openCorpus(parseCorpus(spec), { cacheFolder, retryDelay: 1, ...options });
  const texts: string[] = [];
  for await (const document of corpus.documents) texts.push(document.text);
  return texts;
}

function cached(...path: string[]): string {
  return join(cacheFolder, "datasets", "some-owner--some.data", ...path);
}

describe("a dataset from the hub", () => {
  it("reads the train split in name order, pinned to the commit", async () => {
    const { endpoint } = await start();
    const corpus = await openCorpus(parseCorpus(`hf:${DATASET}`), { cacheFolder, endpoint });
    expect(corpus.name).toBe("some-owner--some.data");
    expect(corpus.origin).toMatchObject({ kind: "hf", endpoint, dataset: DATASET, revision: "main", commit: COMMIT });
    const documents = await collect(corpus.documents);
    expect(documents).toEqual([
      { text: "one", source: "data/train-00000-of-00002.parquet:1" },
      { text: "two", source: "data/train-00000-of-00002.parquet:2" },
      { text: "three", source: "data/train-00001-of-00002.parquet:1" },
    ]);
    expect(await readFile(cached(COMMIT, TRAIN.path))).toEqual(TRAIN.bytes);
  });

  it("needs no request once it is in the cache, nor a server", async () => {
    const hub = await start();
    const { endpoint } = hub;
    await read({ endpoint });
    const requests = hub.seen.length;
    expect(await read({ endpoint })).toEqual(["one", "two", "three"]);
    expect(await read({ endpoint }, `hf:${DATASET}@${COMMIT}`)).toEqual(["one", "two", "three"]);
    expect(hub.seen.length).toBe(requests);
    await hub.close();
    expect(await read({ endpoint })).toEqual(["one", "two", "three"]);
    server = undefined;
  });

  it("downloads again what no longer has its hash, and asks anew for another endpoint", async () => {
    const hub = await start();
    const { endpoint } = hub;
    await read({ endpoint });
    const bytes = Buffer.from(TRAIN.bytes);
    bytes[8] = (bytes[8] ?? 0) ^ 1;
    await writeFile(cached(COMMIT, TRAIN.path), bytes);
    expect(await read({ endpoint })).toEqual(["one", "two", "three"]);
    expect(await readFile(cached(COMMIT, TRAIN.path))).toEqual(TRAIN.bytes);
    const requests = hub.seen.length;
    await read({ endpoint: endpoint.replace("127.0.0.1", "localhost") });
    expect(hub.seen.slice(requests).every((one) => one.url.startsWith("/api/"))).toBe(true);
    expect(hub.seen.length).toBeGreaterThan(requests);
  });

  it("takes JSON Lines where there is no Parquet, from the column named", async () => {
    const bytes = Buffer.from('{"content":"alpha"}\n{"content":"beta"}\n');
    const { endpoint } = await start([{ path: "train.jsonl", bytes, lfs: false }]);
    expect(await read({ endpoint }, `hf:${DATASET}:content`)).toEqual(["alpha", "beta"]);
    await expect(read({ endpoint })).rejects.toMatchObject({ code: "BAD_CORPUS" });
  });
});

describe("an interrupted download", () => {
  const texts = longTexts();
  const big: ServedFile = { path: "data/train.parquet", bytes: parquet(texts), lfs: true };

  it("is continued by a Range request in the same run", async () => {
    const hub = await start([big]);
    hub.breakAfter = 50_000;
    expect(await read({ endpoint: hub.endpoint })).toEqual(texts);
    const bodies = hub.seen.filter((one) => one.host === "storage");
    expect(bodies.map((one) => one.range)).toEqual([undefined, "bytes=50000-"]);
  });

  it("is continued by a later run, and begun anew where the part was damaged or ranges are refused", async () => {
    const hub = await start([big]);
    const partPath = cached(COMMIT, `${big.path}.part`);
    const stopped = new AbortController();
    hub.breakAfter = 50_000;
    const options = { endpoint: hub.endpoint, signal: stopped.signal, retryDelay: 60_000 };
    const onProgress = ({ bytesDone }: { bytesDone: number }) => {
      if (bytesDone === 50_000) setTimeout(() => stopped.abort(), 50);
    };
    await expect(read({ ...options, onProgress })).rejects.toMatchObject({ code: "CANCELLED" });
    expect((await readFile(partPath)).equals(big.bytes.subarray(0, 50_000))).toBe(true);

    hub.seen.length = 0;
    expect(await read({ endpoint: hub.endpoint })).toEqual(texts);
    expect(hub.seen.filter((one) => one.host === "storage").map((one) => one.range)).toEqual(["bytes=50000-"]);
    expect(existsSync(partPath)).toBe(false);

    await rm(cached(COMMIT, big.path));
    await writeFile(partPath, Buffer.alloc(50_000));
    expect(await read({ endpoint: hub.endpoint })).toEqual(texts);

    await rm(cached(COMMIT, big.path));
    await writeFile(partPath, big.bytes);
    await truncate(partPath, 100);
    hub.ranges = false;
    expect(await read({ endpoint: hub.endpoint })).toEqual(texts);
  });
});

describe("a hub that cannot be believed", () => {
  it("has what does not fit its hash refused and deleted", async () => {
    const hub = await start([{ ...TRAIN, listedHash: "0".repeat(64) }]);
    await expect(read({ endpoint: hub.endpoint })).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
      message: expect.stringContaining("is not the file that the hub lists"),
    });
    expect(await readdir(cached(COMMIT, "data"))).toEqual([]);
  });

  it.each(["../../../escape.parquet", "/tmp/escape.parquet", "data/..\\escape.parquet", "C:/escape.parquet"])(
    "has the file name %s refused",
    async (path) => {
      const hub = await start([{ ...TRAIN, path }]);
      await expect(read({ endpoint: hub.endpoint })).rejects.toMatchObject({
        code: "DOWNLOAD_FAILED",
        message: expect.stringContaining("no safe path"),
      });
      expect(hub.seen.every((one) => one.url.startsWith("/api/"))).toBe(true);
      expect(await readdir(cacheFolder)).toEqual([]);
    },
  );

  it("does not get the token sent on to another host, nor written anywhere", async () => {
    const hub = await start();
    await read({ endpoint: hub.endpoint, token: TOKEN });
    const hosts = {
      hub: hub.seen.filter((one) => one.host === "hub"),
      storage: hub.seen.filter((one) => one.host === "storage"),
    };
    expect(hosts.hub.length).toBeGreaterThan(3);
    expect(hosts.hub.every((one) => one.authorization === `Bearer ${TOKEN}`)).toBe(true);
    expect(hosts.storage.length).toBe(1);
    expect(hosts.storage.every((one) => one.authorization === undefined)).toBe(true);
    for (const entry of await readdir(cacheFolder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) expect((await readFile(join(entry.parentPath, entry.name))).includes(TOKEN)).toBe(false);
    }
  });

  it("cannot redirect in circles or to a local file", async () => {
    const hub = await start([TRAIN]);
    hub.redirect = `${hub.endpoint}/datasets/${DATASET}/resolve/${COMMIT}/${TRAIN.path}`;
    await expect(read({ endpoint: hub.endpoint })).rejects.toThrow(/redirects too often/);
    hub.redirect = "file:///etc/hosts";
    await expect(read({ endpoint: hub.endpoint })).rejects.toThrow(/redirects from/);
  });

  it.each([
    [401, /no such dataset, or it asks for a token/],
    [403, /Accept its conditions/],
    [404, /no such dataset, revision or file/],
    [429, /too many requests/],
    [503, /Try again later/],
  ])("answers %i, and the sentence says what to do", async (status, advice) => {
    const hub = await start();
    hub.status = status;
    const failure = await read({ endpoint: hub.endpoint, token: TOKEN }).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: "DOWNLOAD_FAILED", message: expect.stringMatching(advice) });
    expect(String((failure as Error).message)).toContain(`/api/datasets/${DATASET}`);
    expect(String((failure as Error).message)).not.toMatch(/hf_|<b>|expand=/);
  });

  it("has its storage's failure told without the signed query", async () => {
    const hub = await start([TRAIN]);
    hub.redirect = `${hub.endpoint}/nowhere?signature=secret`;
    const failure = await read({ endpoint: hub.endpoint }).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: "DOWNLOAD_FAILED", message: expect.stringContaining("status 404") });
    expect(String((failure as Error).message)).not.toContain("secret");
  });

  it("cannot be reached at all", async () => {
    const hub = await start();
    await hub.close();
    await expect(read({ endpoint: hub.endpoint })).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
      message: expect.stringMatching(/could not be reached.*ECONNREFUSED/),
    });
    server = undefined;
  });
});
