import { existsSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ResolvedModel, resolveModel } from "#telltale/hub/resolve-model.js";
import type { HubOptions } from "#telltale/hub/settings.js";
import { COMMIT, type HubServer, type ServedFile, sha256, startHub } from "./hub-server.js";

const MODEL = "some-owner/some.model";
const SPEC = `hf:${MODEL}`;
const LATER = "f".repeat(40);

let folder: string;
let server: HubServer | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "telltale-models-"));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(folder, { recursive: true });
});

/** Bytes that do not compress, told apart by their seed. */
function bytesOf(seed: number, size = 3000): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, i) => Math.imul(i + seed, 0x9e3779b1) >>> 13));
}

const SMALL: ServedFile = { path: "dir/m-Q4_K_M.gguf", bytes: bytesOf(1), lfs: true };
const INLINE: ServedFile = { path: "tiny.gguf", bytes: bytesOf(2, 50), lfs: false };
const FILES: ServedFile[] = [{ path: "README.md", bytes: Buffer.from("# m"), lfs: false }, SMALL, INLINE];

async function start(files: readonly ServedFile[] = FILES): Promise<HubServer> {
  server = await startHub(MODEL, files, "model");
  return server;
}

async function stop(): Promise<void> {
  await server?.close();
  server = undefined;
}

function resolve(spec: string, hub: HubServer, options: HubOptions = {}): Promise<ResolvedModel> {
  return resolveModel(spec, {
    endpoint: hub.endpoint,
    token: "",
    modelCache: join(folder, "hub"),
    cacheFolder: join(folder, "own"),
    retryDelay: 1,
    offline: false,
    ...options,
  });
}

function cached(...path: string[]): string {
  return join(folder, "hub", "models--some-owner--some.model", ...path);
}

function bodies({ seen }: HubServer): (string | undefined)[] {
  return seen.filter(({ host }) => host === "storage").map(({ range }) => range);
}

/** What huggingface_hub leaves of a model: ref, blob, link; no listing, as before its version with trees/. */
async function asTheToolsLeaveIt(file: ServedFile, commit = COMMIT): Promise<void> {
  const blob = cached("blobs", sha256(file.bytes));
  const pointer = cached("snapshots", commit, file.path);
  await mkdir(dirname(blob), { recursive: true });
  await mkdir(dirname(pointer), { recursive: true });
  await mkdir(cached("refs"), { recursive: true });
  await writeFile(blob, file.bytes);
  await symlinkTo(blob, pointer);
  await writeFile(cached("refs", "main"), commit);
}

async function symlinkTo(target: string, path: string): Promise<void> {
  await symlink(relative(dirname(path), target), path);
}

describe("a model by its path", () => {
  it("is that path, whatever it is", async () => {
    expect(await resolveModel("some/where.gguf")).toEqual({
      path: "some/where.gguf",
      parts: ["some/where.gguf"],
      origin: null,
    });
  });
});

describe("a model by its name on the hub", () => {
  it("lies in the Hugging Face tools' cache as those would have put it", async () => {
    const hub = await start();
    const seen: string[] = [];
    const model = await resolve(`${SPEC}:q4_k_m`, hub, {
      onProgress: ({ step, file }) => seen.push(`${step} ${file}`),
    });
    const hash = sha256(SMALL.bytes);
    expect(model).toEqual({
      path: cached("snapshots", COMMIT, SMALL.path),
      parts: [cached("snapshots", COMMIT, SMALL.path)],
      origin: {
        repository: MODEL,
        revision: "main",
        commit: COMMIT,
        files: [{ path: SMALL.path, size: 3000, hash: { algorithm: "sha256", value: hash } }],
      },
    });
    expect(await readFile(model.path)).toEqual(SMALL.bytes);
    expect(await readlink(model.path)).toBe(join("..", "..", "..", "blobs", hash));
    expect(await readFile(cached("refs", "main"), "utf8")).toBe(COMMIT);
    expect(await readdir(cached("blobs"))).toEqual([hash]);
    const tree = JSON.parse(await readFile(cached("trees", `${COMMIT}.json`), "utf8"));
    expect(tree.format_version).toBe(1);
    expect(Object.keys(tree.files)).toEqual(["README.md", SMALL.path, "tiny.gguf"]);
    expect(tree.files[SMALL.path]).toMatchObject({ size: 3000, lfs_sha256: hash, lfs_size: 3000 });
    expect(new Set(seen)).toEqual(new Set([`download ${SMALL.path}`, `check ${SMALL.path}`]));
  });

  it("may lie in git itself, and is asked for again only where the branch stands", async () => {
    const hub = await start();
    const model = await resolve(`${SPEC}/tiny.gguf`, hub);
    expect(await readFile(model.path)).toEqual(INLINE.bytes);
    expect(model.origin?.files[0]?.hash).toMatchObject({ algorithm: "gitSha1" });
    hub.seen.length = 0;
    expect(await resolve(`${SPEC}/tiny.gguf`, hub)).toEqual(model);
    expect(hub.seen.map(({ url }) => url.replace(/\?.*/, ""))).toEqual([`/api/models/${MODEL}/revision/main`]);
    hub.seen.length = 0;
    expect((await resolve(`${SPEC}@${COMMIT}/tiny.gguf`, hub)).path).toBe(model.path);
    expect(hub.seen).toEqual([]);
  });

  it("moves on with its branch, and keeps what did not change", async () => {
    const hub = await start();
    await resolve(`${SPEC}:Q4_K_M`, hub);
    hub.commit = LATER;
    hub.seen.length = 0;
    const model = await resolve(`${SPEC}:Q4_K_M`, hub);
    expect(model.origin?.commit).toBe(LATER);
    expect(bodies(hub)).toEqual([]);
    expect(await readFile(cached("refs", "main"), "utf8")).toBe(LATER);
    expect(await readFile(model.path)).toEqual(SMALL.bytes);
  });

  it("comes in all its parts", async () => {
    const paths = [1, 2, 3].map((i) => `big/m-0000${i}-of-00003.gguf`);
    const hub = await start(paths.map((path, i) => ({ path, bytes: bytesOf(i), lfs: true })));
    const model = await resolve(SPEC, hub);
    expect(model.parts).toEqual(paths.map((path) => cached("snapshots", COMMIT, path)));
    expect(model.path).toBe(model.parts[0]);
    expect(await Promise.all(model.parts.map((part) => readFile(part)))).toEqual([0, 1, 2].map((i) => bytesOf(i)));
  });

  it("is downloaded once where it is wanted twice at once", async () => {
    const hub = await start();
    const [first, second] = await Promise.all([resolve(`${SPEC}:Q4_K_M`, hub), resolve(`${SPEC}:Q4_K_M`, hub)]);
    expect(first).toEqual(second);
    expect(bodies(hub)).toHaveLength(1);
  });

  it("lies there as a file where there can be no links", async () => {
    const hub = await start();
    const before = process.env.HF_HUB_DISABLE_SYMLINKS;
    process.env.HF_HUB_DISABLE_SYMLINKS = "1";
    try {
      const model = await resolve(`${SPEC}:Q4_K_M`, hub);
      expect((await lstat(model.path)).isSymbolicLink()).toBe(false);
      expect(await readFile(model.path)).toEqual(SMALL.bytes);
      expect(await readdir(cached("blobs"))).toEqual([]);
      await stop();
      expect((await resolve(`${SPEC}:Q4_K_M`, hub, { offline: true })).origin).toEqual(model.origin);
    } finally {
      if (before === undefined) delete process.env.HF_HUB_DISABLE_SYMLINKS;
      else process.env.HF_HUB_DISABLE_SYMLINKS = before;
    }
  });
});

describe("an interrupted download of a model", () => {
  const big: ServedFile = { path: "big.gguf", bytes: bytesOf(7, 200_000), lfs: true };

  it("goes on where it broke off", async () => {
    const hub = await start([big]);
    hub.breakAfter = 50_000;
    expect(big.bytes.equals(await readFile((await resolve(SPEC, hub)).path))).toBe(true);
    expect(bodies(hub)).toEqual([undefined, "bytes=50000-"]);
  });

  it.each([
    ["a process of this machine that has ended", 999_999_999, 0],
    ["a machine that has not written for an hour", undefined, 3600],
    ["an older Hugging Face tool", null, 3600],
  ])("is taken over from %s", async (_, pid, secondsAgo) => {
    const hub = await start([big]);
    const hash = sha256(big.bytes);
    const writer =
      pid === null ? "" : pid === undefined ? ".00000000-1" : `.${sha256(Buffer.from(hostname())).slice(0, 8)}-${pid}`;
    const part = cached("blobs", `${hash}${writer}.incomplete`);
    await mkdir(cached("blobs"), { recursive: true });
    await writeFile(part, big.bytes.subarray(0, 80_000));
    const time = new Date(Date.now() - 1000 * secondsAgo);
    await utimes(part, time, time);
    expect(big.bytes.equals(await readFile((await resolve(SPEC, hub)).path))).toBe(true);
    expect(bodies(hub)).toEqual(["bytes=80000-"]);
    expect(await readdir(cached("blobs"))).toEqual([hash]);
  });

  it.each([
    ["a process that runs", `.${sha256(Buffer.from(hostname())).slice(0, 8)}-1`],
    ["another tool's process", ".0a1b2c3d"],
    ["an older Hugging Face tool just now", ""],
  ])("is left alone where it belongs to %s", async (_, writer) => {
    const hub = await start([big]);
    const part = cached("blobs", `${sha256(big.bytes)}${writer}.incomplete`);
    await mkdir(cached("blobs"), { recursive: true });
    await writeFile(part, "theirs");
    expect(big.bytes.equals(await readFile((await resolve(SPEC, hub)).path))).toBe(true);
    expect(bodies(hub)).toEqual([undefined]);
    expect(await readFile(part, "utf8")).toBe("theirs");
  });

  it("begins anew where what was left is wrong", async () => {
    const hub = await start([big]);
    await mkdir(cached("blobs"), { recursive: true });
    const part = cached("blobs", `${sha256(big.bytes)}.incomplete`);
    await writeFile(part, Buffer.alloc(80_000));
    await utimes(part, new Date(0), new Date(0));
    expect(big.bytes.equals(await readFile((await resolve(SPEC, hub)).path))).toBe(true);
    expect(bodies(hub)).toEqual(["bytes=80000-", undefined]);
  });

  it("can be cancelled, and nothing looks whole", async () => {
    const hub = await start([big]);
    const stopped = new AbortController();
    hub.breakAfter = 50_000;
    const options = {
      signal: stopped.signal,
      retryDelay: 60_000,
      onProgress: () => setTimeout(() => stopped.abort(), 50),
    };
    await expect(resolve(SPEC, hub, options)).rejects.toMatchObject({ code: "CANCELLED" });
    expect(existsSync(cached("snapshots"))).toBe(false);
    expect(await readdir(cached("blobs"))).toEqual([expect.stringMatching(/\.incomplete$/)]);
    expect(big.bytes.equals(await readFile((await resolve(SPEC, hub)).path))).toBe(true);
    expect(bodies(hub)).toEqual([undefined, "bytes=50000-"]);
  });
});

describe("a cache that others made", () => {
  it("is used without the network where HF_HUB_OFFLINE is set or the network fails", async () => {
    await asTheToolsLeaveIt(SMALL);
    const hub = await start();
    await stop();
    const offline = await resolve(SPEC, hub, { offline: true });
    expect(offline).toMatchObject({
      path: cached("snapshots", COMMIT, SMALL.path),
      origin: { commit: COMMIT, files: [{ path: SMALL.path, size: 3000, hash: { value: sha256(SMALL.bytes) } }] },
    });
    const notes: string[] = [];
    expect(await resolve(SPEC, hub, { onNote: (note) => notes.push(note) })).toEqual(offline);
    expect(notes).toEqual([expect.stringMatching(/could not be reached.*copy in the cache is used, of commit 0123/)]);
    expect((await resolve(`${SPEC}@${COMMIT}:Q4_K_M`, hub, { offline: true })).path).toBe(offline.path);
  });

  it("is used where the token is no longer good, but not for a repository that is gone", async () => {
    await asTheToolsLeaveIt(SMALL);
    const hub = await start();
    hub.status = 401;
    expect((await resolve(SPEC, hub)).path).toBe(cached("snapshots", COMMIT, SMALL.path));
    hub.status = 404;
    await expect(resolve(SPEC, hub)).rejects.toThrow(/status 404: no such model, revision or file/);
  });

  it("is asked nothing of the hub but where the branch stands and what there is", async () => {
    await asTheToolsLeaveIt(SMALL);
    const hub = await start();
    const model = await resolve(`${SPEC}:Q4_K_M`, hub);
    expect(model.path).toBe(cached("snapshots", COMMIT, SMALL.path));
    expect(hub.seen.every(({ url }) => url.startsWith("/api/"))).toBe(true);
  });

  it("has each file hashed once, and again only when it has changed", async () => {
    await asTheToolsLeaveIt(SMALL);
    const hub = await start();
    const steps: string[] = [];
    const onProgress: HubOptions["onProgress"] = ({ step, bytesDone, bytesTotal }) => {
      if (bytesDone === bytesTotal) steps.push(step);
    };
    for (let i = 0; i < 3; i += 1) await resolve(`${SPEC}:Q4_K_M`, hub, { onProgress });
    expect(steps).toEqual(["check"]);
    const blob = cached("blobs", sha256(SMALL.bytes));
    await writeFile(blob, Buffer.alloc(SMALL.bytes.length));
    const notes: string[] = [];
    const model = await resolve(`${SPEC}:Q4_K_M`, hub, { onProgress, onNote: (note) => notes.push(note) });
    expect(notes).toEqual([expect.stringContaining("downloaded again")]);
    expect(steps).toEqual(["check", "check", "download", "check"]);
    expect(await readFile(model.path)).toEqual(SMALL.bytes);
  });

  it("cannot be repaired without the network, and that is said", async () => {
    await asTheToolsLeaveIt(SMALL);
    await writeFile(cached("blobs", sha256(SMALL.bytes)), "damaged");
    const hub = await start();
    const offline = { offline: true };
    await expect(resolve(`${SPEC}@${COMMIT}`, hub, offline)).rejects.toThrow(
      /is not the file it should be.*HF_HUB_OFFLINE/,
    );
    await rm(join(folder, "hub"), { recursive: true });
    await expect(resolve(SPEC, hub, offline)).rejects.toMatchObject({
      code: "DOWNLOAD_FAILED",
      message: `"${SPEC}" is not in the cache, and HF_HUB_OFFLINE forbids to ask for it. Unset HF_HUB_OFFLINE to download it.`,
    });
    expect(hub.seen).toEqual([]);
  });

  it("has a blob linked that another snapshot brought", async () => {
    await asTheToolsLeaveIt(SMALL, LATER);
    const hub = await start();
    await resolve(`${SPEC}:Q4_K_M`, hub);
    expect(bodies(hub)).toEqual([]);
    expect(await readlink(cached("snapshots", COMMIT, SMALL.path))).toContain("blobs");
  });

  it.each(["file", "blob"])("has a %s that leads out of it refused", async (which) => {
    await asTheToolsLeaveIt(SMALL);
    const secret = join(folder, "secret");
    await writeFile(secret, SMALL.bytes);
    const path = which === "file" ? cached("snapshots", COMMIT, SMALL.path) : cached("blobs", sha256(SMALL.bytes));
    await rm(path);
    await symlinkTo(secret, path);
    const hub = await start();
    const refusal = { code: "FILE_UNREADABLE", message: expect.stringContaining("is not followed") };
    await expect(resolve(SPEC, hub, { offline: true })).rejects.toMatchObject(refusal);
    await expect(resolve(`${SPEC}:Q4_K_M`, hub)).rejects.toMatchObject(refusal);
  });
});

describe("a hub of models that cannot be believed", () => {
  it("has what does not fit its hash refused and deleted", async () => {
    const hub = await start([{ ...SMALL, listedHash: "0".repeat(64) }]);
    await expect(resolve(SPEC, hub)).rejects.toThrow(/is not the file that the hub lists/);
    expect(await readdir(cached("blobs"))).toEqual([]);
    expect(existsSync(cached("snapshots"))).toBe(false);
  });

  it.each(["../../../escape.gguf", "/tmp/escape.gguf", "a/..\\escape.gguf", "C:/escape.gguf"])(
    "has the file name %s refused",
    async (path) => {
      const hub = await start([{ ...SMALL, path }]);
      await expect(resolve(SPEC, hub)).rejects.toThrow(/no safe path/);
      expect(bodies(hub)).toEqual([]);
    },
  );

  it.each([
    [401, /gated. Accept its conditions on "http.*some-owner\/some.model", then log in with `hf auth login`/],
    [403, /gated. Accept its conditions on .*, then wait until access is granted/],
  ] as const)("answers %i for a gated model, and the sentence says what to do", async (status, sentence) => {
    const hub = await start();
    hub.gated = status;
    const token = "hf_abcdefghijklmnop";
    const failure = await resolve(`${SPEC}:Q4_K_M`, hub, { token }).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: "DOWNLOAD_FAILED", message: expect.stringMatching(sentence) });
    expect(String((failure as Error).message)).not.toContain("hf_");
    expect(hub.seen.every(({ host, authorization }) => (authorization !== undefined) === (host === "hub"))).toBe(true);
    hub.gated = undefined;
    expect(await readFile((await resolve(`${SPEC}:Q4_K_M`, hub, { token })).path)).toEqual(SMALL.bytes);
    expect(hub.seen.filter(({ host }) => host === "storage").map(({ authorization }) => authorization)).toEqual([
      undefined,
    ]);
  });

  it("is asked with the token of who has logged in", async () => {
    const hub = await start();
    const home = join(folder, "home");
    await mkdir(home);
    await writeFile(join(home, "token"), "hf_frominthefile\n");
    const before = process.env.HF_HOME;
    process.env.HF_HOME = home;
    try {
      await resolve(`${SPEC}:Q4_K_M`, hub, { token: undefined, modelCache: undefined });
      expect(hub.seen[0]?.authorization).toBe("Bearer hf_frominthefile");
      expect(existsSync(join(home, "hub", "models--some-owner--some.model", "refs", "main"))).toBe(true);
    } finally {
      if (before === undefined) delete process.env.HF_HOME;
      else process.env.HF_HOME = before;
    }
  });
});
