import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { type ServedFile, sha256 } from "./hub-server.js";
import { bodies, bytesOf, modelHub, SPEC } from "./model-hub.js";

const { start, resolve, cached } = modelHub();

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
