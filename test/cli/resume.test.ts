import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { audit } from "#telltale/audit/audit.js";
import { runPaths } from "#telltale/journal/files.js";
import { lockRun } from "#telltale/journal/lock.js";
import { smallAudit, temporaryFolder } from "../audit/fixture.js";
import { ROOT, runCli } from "./run-cli.js";

const { folder, remove } = temporaryFolder();
afterAll(remove);
const whole = `${folder}/whole`;
const corpus = `${folder}/corpus.txt`;
beforeAll(async () => {
  await writeFile(corpus, Array.from({ length: 12 }, (_, i) => `The ${i} openings of a text.`).join("\n"));
  const corpora = [path.relative(".", corpus), "builtin"];
  await audit(smallAudit(path.relative(".", whole), { corpora, limit: 10, formats: ["raw"] }));
});

/** A copy of the run that has yet to be ranked, with a completion to be made once more. */
async function unfinished(name: string): Promise<string> {
  const directory = `${folder}/${name}`;
  await cp(whole, directory, { recursive: true });
  const { summary, completions } = runPaths(directory);
  await rm(summary);
  const lines = (await readFile(completions, "utf8")).split("\n");
  await writeFile(completions, `${lines.slice(0, -2).join("\n")}\n`);
  return directory;
}

const rankings = async (directory: string): Promise<unknown> => {
  const { rankings } = JSON.parse(await readFile(runPaths(directory).summary, "utf8")) as { rankings: object };
  return { ...rankings, run: "" };
};

const resume = (args: readonly string[], cwd: string) => runCli(["audit", "--resume", ...args], { cwd });

describe("telltale audit --resume", () => {
  it("goes on from another folder, with other threads and sequences", async () => {
    const directory = await unfinished("elsewhere");
    const { status, stderr } = await resume([directory, "--threads", "2", "--sequences", "3"], folder);
    expect(stderr).toContain("The run lies in");
    expect(status).toBe(0);
    expect(await rankings(directory)).toEqual(await rankings(whole));
    const performance = JSON.parse(await readFile(runPaths(directory).performance, "utf8"));
    expect(performance).toMatchObject({ resumed: true, generate: { completions: 1 } });
  });

  it("refuses settings that the run has, and takes what is no setting of it", async () => {
    const directory = await unfinished("settings");
    const refused = await resume([directory, "--max-tokens", "3"], ROOT);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("--max-tokens was given beside --resume, which takes it from the run");
    const { status, stdout } = await resume([directory, "--json"], ROOT);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty("rankings");
  });

  it("refuses tokens that mean something else", async () => {
    const directory = await unfinished("tokens");
    const { run } = runPaths(directory);
    const record = await readFile(run, "utf8");
    await writeFile(run, record.replace(/("vocabularies":[^}]*"sha256":\s*")[0-9a-f]{8}/, "$100000000"));
    const { status, stderr } = await resume([directory], ROOT);
    expect(status).toBe(3);
    expect(stderr).toContain("vocabularies.finetuned.sha256");
  });

  it("does not take the latest run where a process is writing it", async () => {
    await mkdir(`${folder}/here/runs`, { recursive: true });
    await cp(await unfinished("written"), `${folder}/here/runs/written`, { recursive: true });
    const lock = await lockRun(runPaths(`${folder}/here/runs/written`).lock);
    const { status, stderr } = await resume([], `${folder}/here`);
    await lock.release();
    expect(status).toBe(3);
    expect(stderr).toContain("no interrupted run");
  });
});
