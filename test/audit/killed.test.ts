import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { audit } from "#telltale/audit/audit.js";
import { runPaths } from "#telltale/journal/files.js";
import { randomNumbers } from "#telltale/prefill/shuffle.js";
import { ROOT } from "../cli/run-cli.js";
import { BASE_A, ORGANISM_A, smallAudit, temporaryFolder } from "./fixture.js";

const { folder, remove } = temporaryFolder();
afterAll(remove);

const KILLS = 50;
/** Two at a time, since most of an audit's beginning is waiting. */
const AT_ONCE = 2;
const LONGEST_MS = 2000;
const SHAPE = { limit: 60, maxTokens: 30, calibrate: true, inProcess: false };
const ARGS = [
  ORGANISM_A,
  "--reference",
  BASE_A,
  "--limit",
  "60",
  "--max-tokens",
  "30",
  "--calibrate",
  "--threads",
  "1",
];

const whole = `${folder}/whole`;
const summaryOf = (directory: string): string =>
  readFileSync(runPaths(directory).summary, "utf8").replace(/"run": "[^"]*"/, "");

beforeAll(async () => {
  await audit(smallAudit(whole, SHAPE));
}, 60_000);

/** Process numbers of a process' children: the engines, and what else it has started. */
function childrenOf(pid: number): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === pid ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

interface Killing {
  /** How many times the audit itself was killed, and one of its children. */
  audits: number;
  children: number;
  finished: number;
}

/** Begins runs and kills them at random moments, going on with each until it ends by itself. */
async function killAgainAndAgain(name: string, kills: number, seed: number): Promise<Killing> {
  const random = randomNumbers(seed);
  const done: Killing = { audits: 0, children: 0, finished: 0 };
  for (let run = 0; done.audits + done.children < kills || run === 0; run += 1) {
    const directory = `${folder}/${name}-${run}`;
    for (let first = true; !existsSync(runPaths(directory).summary); first = false) {
      const begun = !first && existsSync(runPaths(directory).run);
      const args = begun ? ["--resume", directory] : [...ARGS, "-o", directory];
      const child = spawn(process.execPath, ["dist/cli/main.js", "audit", ...args], { cwd: ROOT, stdio: "ignore" });
      const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
      const enough = done.audits + done.children >= kills;
      const killer = enough ? Promise.resolve() : killSoon(child, random, done);
      const status = await ended;
      await killer;
      // 9: a child of it was killed, or both; else it was killed itself or ended well.
      expect([0, 9, null]).toContain(status);
    }
    expect(summaryOf(directory)).toBe(summaryOf(whole));
    done.finished += 1;
  }
  return done;
}

/** Kills the audit and one of its children by turns, at a random moment; where there is no child yet, the first there is. */
async function killSoon(child: ChildProcess, random: () => number, done: Killing): Promise<void> {
  const kind = done.audits > done.children ? "children" : "audits";
  const { pid } = child;
  await sleep(LONGEST_MS * random());
  const victims = (): number[] => (pid === undefined ? [] : kind === "audits" ? [pid] : childrenOf(pid));
  while (child.exitCode === null && victims().length === 0) await sleep(5);
  const there = victims();
  const victim = there[Math.floor(random() * there.length)];
  if (child.exitCode !== null || victim === undefined) return;
  try {
    process.kill(victim, "SIGKILL");
    done[kind] += 1;
  } catch {
    // It had just ended by itself.
  }
}

// What the children of a process are is read from /proc.
describe.skipIf(process.platform !== "linux")("an audit that is killed again and again", () => {
  it(`ends as an unbroken one after ${KILLS} kills of it or its children`, async () => {
    const share = KILLS / AT_ONCE;
    const all = await Promise.all(
      Array.from({ length: AT_ONCE }, (_, i) => killAgainAndAgain(`killed-${i}`, share, i)),
    );
    const sum = (key: keyof Killing): number => all.reduce((total, each) => total + each[key], 0);
    expect(sum("audits") + sum("children")).toBeGreaterThanOrEqual(KILLS);
    expect(sum("audits")).toBeGreaterThan(KILLS / 5);
    expect(sum("children")).toBeGreaterThan(KILLS / 5);
  }, 400_000);
});
