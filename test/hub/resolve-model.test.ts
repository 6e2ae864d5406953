import { existsSync } from "node:fs";
import { lstat, mkdir, readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { resolveModel } from "#telltale/hub/resolve-model.js";
import { COMMIT, sha256 } from "./hub-server.js";
import { bodies, bytesOf, INLINE, LATER, MODEL, modelHub, SMALL, SPEC } from "./model-hub.js";

const { folder, start, stop, resolve, cached } = modelHub();

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
    const home = join(folder(), "home");
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
