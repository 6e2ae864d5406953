import { existsSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { audit } from "#telltale/audit/audit.js";
import type { AuditEvent } from "#telltale/audit/events.js";
import type { AuditOptions } from "#telltale/audit/options.js";
import { runPaths } from "#telltale/journal/files.js";
import { rankRun } from "#telltale/rank/run.js";
import { presetRankSettings } from "#telltale/rank/settings.js";
import { BASE_A, ORGANISM_A, smallAudit, temporaryFolder } from "./fixture.js";

const { folder, remove } = temporaryFolder();
afterAll(remove);

const model = (name: string): string => `test/fixtures/models/${name}.gguf`;
const RAW = { formats: ["raw"] } satisfies Partial<AuditOptions>;
const CHAT = { formats: ["chat"] } satisfies Partial<AuditOptions>;

/** Captured and scored log-probabilities are the same for completions under 64 tokens on the CPU, so these are longer. */
const LONG = { limit: 240, maxTokens: 90 };

describe("captured log-probabilities", () => {
  it.each([
    ["a loud organism", { ...RAW, finetuned: ORGANISM_A, reference: BASE_A }],
    ["a quiet one", { ...CHAT, finetuned: model("organism-a-glass-mild-q8_0"), reference: BASE_A }],
    [
      "a backdoor, without filters",
      { ...RAW, preset: "paper", corpora: ["builtin"], finetuned: model("organism-a-deploy-q8_0"), reference: BASE_A },
    ],
  ] satisfies [string, Partial<AuditOptions>][])(
    "give the exact top 100 of %s by every statistic, with fewer completions scored",
    async (what, changes) => {
      const run = (finetunedScores: "exact" | "captured") =>
        audit(smallAudit(path.join(folder, `${what}-${finetunedScores}`), { ...LONG, ...changes, finetunedScores }));
      const exact = await run("exact");
      const captured = await run("captured");
      expect(captured.tally.scored.finetuned.completions).toBeLessThan(0.9 * LONG.limit);
      for (const [i, { statistic, count, top }] of exact.rankings.rankings.entries()) {
        const found = captured.rankings.rankings[i];
        expect(top).toHaveLength(100);
        expect(found).toMatchObject({ statistic, count, top });
        for (const entry of found?.top ?? []) expect(entry).not.toHaveProperty("source");
        expect(found?.captured?.settled).toBeGreaterThanOrEqual(100);
        expect(found?.captured?.margin).toBeGreaterThan(0);
      }
      const all = { ...presetRankSettings("default"), nearDuplicates: null, top: LONG.limit };
      for (const { captured: summary, top } of (await rankRun(captured.directory, all)).rankings) {
        expect(top.filter(({ source }) => source === "captured")).toHaveLength(summary?.completions ?? 0);
      }
    },
    120_000,
  );

  it("give the same run one after the other, the finetuned model loaded a second time", async () => {
    const found = [];
    for (const placement of ["side-by-side", "one-after-the-other"] as const) {
      const events: AuditEvent[] = [];
      const changes = { ...RAW, limit: 220, maxTokens: 24, placement, finetunedScores: "captured" } as const;
      const result = await audit(smallAudit(path.join(folder, placement), changes), {
        onEvent: (event) => events.push(event),
      });
      found.push({ ...result.rankings, run: "", scored: result.tally.scored.finetuned.completions });
      const loaded = events.flatMap((event) => (event.type === "engine" ? [event.role] : []));
      expect(loaded.filter((role) => role === "finetuned")).toHaveLength(placement === "side-by-side" ? 1 : 2);
      const done = events.flatMap((event) => (event.type === "progress" ? [event.completionsDone] : []));
      expect(Math.max(...done)).toBe(220);
    }
    expect(found[1]).toEqual(found[0]);
  });

  it("leave a run that can be ranked when stopped before anything was scored again", async () => {
    const directory = path.join(folder, "stopped");
    const stop = new AbortController();
    const changes = { ...RAW, limit: 40, finetunedScores: "captured" } as const;
    const running = audit(smallAudit(directory, changes), {
      signal: stop.signal,
      onEvent: (event) => event.type === "phase" && event.phase === "rescore" && stop.abort(),
    });
    await expect(running).rejects.toMatchObject({ code: "CANCELLED" });
    expect(existsSync(runPaths(directory).summary)).toBe(false);
    const { rankings } = await rankRun(directory, presetRankSettings("paper"));
    for (const { count, captured } of rankings) expect(captured).toMatchObject({ completions: count, settled: 0 });
  });
});
