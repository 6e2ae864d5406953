import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { lockRun } from "#telltale/journal/lock.js";
import { ROOT } from "../cli/run-cli.js";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "telltale-lock-"));
  path = join(folder, "run.lock");
});
afterEach(() => rm(folder, { recursive: true }));

/** A process that is certainly gone. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""]);
  await new Promise((resolve) => child.once("exit", resolve));
  return child.pid as number;
}

const stale = async (): Promise<string> =>
  `${JSON.stringify({ pid: await deadProcess(), host: hostname(), began: "1" })}\n`;

/** Takes the lock at a given moment, says whether it had it, and keeps it until its input ends. */
const CONTENDER = `
  import { lockRun } from ${JSON.stringify(new URL("../../dist/journal/lock.js", import.meta.url).href)};
  const [path, at] = process.argv.slice(1);
  while (Date.now() < Number(at)) {}
  const lock = await lockRun(path).catch((error) => error);
  console.log(lock.code ?? "held");
  for await (const _ of process.stdin);
  await lock.release?.();
`;

/** What each of several processes says that come at the same moment; none gives the lock back before all have spoken. */
async function contend(count: number): Promise<string[]> {
  const at = String(Date.now() + 700);
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, ["--input-type=module", "-e", CONTENDER, path, at], { cwd: ROOT }),
  );
  const ended = children.map((child) => new Promise((resolve) => child.once("exit", resolve)));
  const said = await Promise.all(
    children.map(
      (child) => new Promise<string>((resolve) => child.stdout.once("data", (text) => resolve(`${text}`.trim()))),
    ),
  );
  for (const child of children) child.stdin.end();
  await Promise.all(ended);
  return said;
}

describe("the lock of a run", () => {
  it("is there while it is held, refused meanwhile, and gone afterwards", async () => {
    const lock = await lockRun(path);
    expect(lock.recovered).toBe(false);
    await expect(lockRun(path)).rejects.toMatchObject({
      code: "BAD_RUN",
      message: expect.stringContaining(`process ${process.pid} is writing this run`),
    });
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ["of a process that is gone", stale],
    [
      "of another process that was given the same number",
      async () => `${JSON.stringify({ pid: process.pid, host: hostname(), began: "1" })}\n`,
    ],
    ["that is torn", async () => '{"pid": 1'],
  ])("is taken over from one %s", async (_, content) => {
    await writeFile(path, await content());
    const lock = await lockRun(path);
    expect(lock.recovered).toBe(true);
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("is not taken over from another machine, of whose processes nothing is known", async () => {
    await writeFile(path, `${JSON.stringify({ pid: 1, host: "elsewhere", began: null })}\n`);
    await expect(lockRun(path)).rejects.toThrow(/on "elsewhere" is writing this run.*remove/);
  });

  it("that somebody else has taken since is not given back", async () => {
    const lock = await lockRun(path);
    await writeFile(path, "another's");
    await lock.release();
    expect(await readFile(path, "utf8")).toBe("another's");
  });

  it("has one holder, however many come at the same moment", async () => {
    for (const before of [null, await stale(), null, await stale(), null, await stale()]) {
      if (before !== null) await writeFile(path, before);
      const said = await contend(4);
      expect(said.filter((each) => each === "held")).toHaveLength(1);
      expect(said.filter((each) => each === "BAD_RUN")).toHaveLength(3);
      await rm(path, { force: true });
    }
  }, 60_000);
});
