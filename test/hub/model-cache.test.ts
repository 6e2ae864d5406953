import { mkdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import type { HubOptions } from "#telltale/hub/settings.js";
import { COMMIT, type ServedFile, sha256 } from "./hub-server.js";
import { bodies, LATER, modelHub, SMALL, SPEC } from "./model-hub.js";

const { folder, start, stop, resolve, cached } = modelHub();

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
    await rm(join(folder(), "hub"), { recursive: true });
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
    const secret = join(folder(), "secret");
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
