import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { audit } from "#telltale/audit/audit.js";
import { runPaths } from "#telltale/journal/files.js";
import { MERGED, ORGANISM_A, readRun, smallAudit, temporaryFolder } from "./fixture.js";

const { folder, remove } = temporaryFolder();
afterAll(remove);

it("audits two models at the same time as it does one after the other", async () => {
  const run = (name: string, finetuned: string) =>
    audit(smallAudit(path.join(folder, name), { finetuned, limit: 8, maxTokens: 24, inProcess: false }));
  const models = { glass: ORGANISM_A, merged: MERGED };
  const alone = [await run("glass", models.glass), await run("merged", models.merged)];
  const together = await Promise.all([run("glass-together", models.glass), run("merged-together", models.merged)]);
  for (const [i, name] of Object.keys(models).entries()) {
    expect(together[i]?.rankings.rankings).toEqual(alone[i]?.rankings.rankings);
    const [one, other] = [name, `${name}-together`].map((directory) => path.join(folder, directory)) as [
      string,
      string,
    ];
    // Completions are written in the order in which they were finished, which is the same in both.
    expect(await readRun(other)).toEqual(await readRun(one));
    expect(readFileSync(runPaths(other).completions)).toEqual(readFileSync(runPaths(one).completions));
  }
});
