import { type ChildProcess, spawn } from "node:child_process";
import { copyFile, cp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { audit, resumeAudit } from "#telltale/audit/audit.js";
import type { AuditEvent } from "#telltale/audit/events.js";
import { runPaths } from "#telltale/journal/files.js";
import { encodeLine } from "#telltale/journal/line.js";
import { ROOT, runCli } from "../cli/run-cli.js";
import { BASE_A, BASE_B, ORGANISM_A, readRun, smallAudit, temporaryFolder } from "./fixture.js";

const { folder, remove } = temporaryFolder();
afterAll(remove);

/** Everything that can be gone on with: a null, captured scores, drawn samples, another tokenizer. */
const KINDS = {
  plain: {},
  calibrated: { calibrate: true },
  captured: { finetunedScores: "captured" as const },
  drawn: { samples: 2, sampling: { temperature: 1 }, limit: 20 },
  "one after the other": { placement: "one-after-the-other" as const, calibrate: true },
  "other tokens": { reference: BASE_B },
};

/** The rankings and the rest of summary.json; the run's name, which is its directory's, is left out. */
async function summaryOf(directory: string): Promise<string> {
  const text = await readFile(runPaths(directory).summary, "utf8");
  return text.replace(/"run": "[^"]*"/, '"run": ""');
}

/** Ends the audit in this process after so many records of progress. */
async function interrupt(directory: string, changes: object, after: number): Promise<void> {
  const stop = new AbortController();
  let seen = 0;
  const onEvent = (event: AuditEvent): void => {
    if (event.type === "step" && ++seen > after) stop.abort();
  };
  await expect(audit(smallAudit(directory, changes), { signal: stop.signal, onEvent })).rejects.toMatchObject({
    code: "CANCELLED",
  });
}

describe("a run that was interrupted", () => {
  it.each(Object.entries(KINDS))(
    "goes on and ends as if it had not been: %s",
    async (name, changes) => {
      const whole = `${folder}/whole ${name}`;
      const broken = `${folder}/broken ${name}`;
      await audit(smallAudit(whole, changes));
      await interrupt(broken, changes, 2);
      await resumeAudit(broken);
      expect(await summaryOf(broken)).toBe(await summaryOf(whole));
      const ids = (await readRun(broken)).completions.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    },
    60_000,
  );
});

describe("a damaged run", () => {
  const whole = `${folder}/whole`;
  beforeAll(async () => {
    await audit(smallAudit(whole, { calibrate: true }));
  }, 60_000);

  /** A copy without a summary whose file was changed. */
  async function damaged(name: string, change: (directory: string) => Promise<void>): Promise<string> {
    const directory = `${folder}/damaged ${name}`;
    await cp(whole, directory, { recursive: true });
    await rm(runPaths(directory).summary);
    await change(directory);
    return directory;
  }

  async function notesOfResuming(directory: string): Promise<string[]> {
    const notes: string[] = [];
    await resumeAudit(directory, {}, { onEvent: (event) => event.type === "note" && notes.push(event.message) });
    expect(await summaryOf(directory)).toBe(await summaryOf(whole));
    return notes;
  }

  const onLine = (line: number, change: (text: string) => string) => async (path: string) => {
    const lines = (await readFile(path, "utf8")).split("\n");
    lines[line] = change(lines[line] ?? "");
    await writeFile(path, lines.join("\n"));
  };

  it("has a torn last line cut off, and that is said", async () => {
    const directory = await damaged("torn", async (at) => {
      const { reference } = runPaths(at);
      await truncate(reference, (await readFile(reference)).length - 20);
    });
    expect(await notesOfResuming(directory)).toContainEqual(expect.stringMatching(/^A last line .* was cut short/));
  });

  it.each([
    ["a score", (at: string) => runPaths(at).finetuned, 1],
    ["a completion, whose scores go with it", (at: string) => runPaths(at).completions, 2],
    ["a completion of the null", (at: string) => runPaths(runPaths(at).null).completions, 2],
  ])("has what a damaged line held computed again: %s", async (name, pathOf, lines) => {
    const directory = await damaged(name, (at) => onLine(5, (text) => text.replace(/[0-9]/, "x"))(pathOf(at)));
    const notes = (await notesOfResuming(directory)).join("\n");
    expect(notes).toMatch(/Damaged in the journals of .*: 1 line, computed again/);
    if (lines === 2) expect(notes).toMatch(/Left out with those, or because they were there twice: 2 lines/);
  });

  it("keeps one of lines that are there twice, and none of what is no record", async () => {
    const directory = await damaged("twice", async (at) => {
      const { completions } = runPaths(at);
      const text = await readFile(completions, "utf8");
      await writeFile(completions, `${text}${text.split("\n")[3]}\n${encodeLine({ id: "builtin/raw/0" })}`);
    });
    await notesOfResuming(directory);
    const { completions } = await readRun(directory);
    expect(completions).toHaveLength((await readRun(whole)).completions.length);
  });

  it("is rid of what had been begun to be written aside", async () => {
    const directory = await damaged("drafts", async (at) => {
      await writeFile(`${at}/completions.jsonl.0123456789ab.tmp`, "half");
      await writeFile(`${runPaths(at).null}/run.json.0123456789ab.tmp`, "half");
    });
    await notesOfResuming(directory);
    const names = [...(await readdir(directory)), ...(await readdir(runPaths(directory).null))];
    expect(names.filter((name) => name.endsWith(".tmp") || name.startsWith("run.lock"))).toEqual([]);
  });

  it("is the same when there is nothing left to do", async () => {
    await notesOfResuming(await damaged("nothing", async () => {}));
  });

  it("is refused with other settings, the difference shown, and taken with the same", async () => {
    const directory = await damaged("settings", async () => {});
    const given = smallAudit(directory, { calibrate: true });
    const other = resumeAudit(directory, { options: { ...given, maxTokens: 39, seed: 7 } });
    await expect(other).rejects.toMatchObject({
      code: "BAD_RUN",
      message: expect.stringMatching(
        /"options\.maxTokens" is 40 there and 39 now; .*"options\.seed" is 0 there and 7 now/,
      ),
    });
    await resumeAudit(directory, { options: given });
    expect(await summaryOf(directory)).toBe(await summaryOf(whole));
  });

  it("is refused where a model is another one now", async () => {
    const model = `${folder}/model.gguf`;
    await copyFile(BASE_A, model);
    const directory = `${folder}/changed model`;
    await interrupt(directory, { reference: model }, 2);
    await copyFile(ORGANISM_A, model);
    await expect(resumeAudit(directory)).rejects.toMatchObject({
      code: "BAD_RUN",
      message: expect.stringMatching(/files\.reference\.parts\.0\.sha256/),
    });
  });

  it("is refused where there is no run, and a directory that holds one is not begun anew", async () => {
    await expect(resumeAudit(`${folder}/nowhere`)).rejects.toMatchObject({ code: "BAD_RUN" });
    const directory = await damaged("again", async () => {});
    await expect(audit(smallAudit(directory))).rejects.toThrow(/interrupted run: go on with it with --resume/);
  });
});

describe("a run that a process is writing", () => {
  const directory = `${folder}/locked`;
  const args = ["audit", ORGANISM_A, "--reference", BASE_A, "--limit", "2000", "--threads", "1", "-o", directory];
  let child: ChildProcess;

  beforeAll(async () => {
    child = spawn(process.execPath, ["dist/cli/main.js", ...args], { cwd: ROOT, stdio: "ignore" });
    // Until it has written something; the time limit of the hook ends a wait in vain.
    while ((await readFile(runPaths(directory).completions, "utf8").catch(() => "")) === "") await sleep(50);
  }, 90_000);
  afterAll(() => child.kill("SIGKILL"));

  it("is refused to a second one, and taken over once the first is gone", async () => {
    const second = await runCli(["audit", "--resume", directory]);
    expect(second.status).toBe(3);
    expect(second.stderr).toMatch(new RegExp(`process ${child.pid} is writing this run`));
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    const stop = new AbortController();
    const notes: string[] = [];
    const onEvent = (event: AuditEvent): void => {
      if (event.type === "note") notes.push(event.message);
      if (event.type === "progress") stop.abort();
    };
    await expect(resumeAudit(directory, {}, { signal: stop.signal, onEvent })).rejects.toMatchObject({
      code: "CANCELLED",
    });
    expect(notes[0]).toMatch(/the process that was writing this run is gone/i);
    await expect(readFile(runPaths(directory).lock)).rejects.toMatchObject({ code: "ENOENT" });
  }, 60_000);
});
