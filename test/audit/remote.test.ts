import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { audit } from "#telltale/audit/audit.js";
import type { AuditEvent } from "#telltale/audit/events.js";
import { runPaths } from "#telltale/journal/files.js";
import type { Rankings } from "#telltale/rank/schema.js";
import { LLAMA_SERVER, llamaServer } from "../cli/llama-server.js";
import { type ServeProcess, serve } from "../cli/serve-process.js";
import { BASE_A, BASE_B, GLASS, ORGANISM_A, readRun, smallAudit, temporaryFolder } from "./fixture.js";

const { folder, remove } = temporaryFolder();
const servers: Pick<ServeProcess, "end">[] = [];
const ONE_THREAD = ["--threads", "1"];

async function served(model: string, ...args: string[]): Promise<ServeProcess> {
  const server = await serve([model, ...ONE_THREAD, ...args]);
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.end("SIGKILL")));
});
afterAll(remove);

describe("an audit of models behind endpoints", () => {
  it("is the one of the same models here, whichever of them is elsewhere, calibrated or not", async () => {
    const [finetuned, one, two] = await Promise.all([served(ORGANISM_A), served(BASE_A), served(BASE_A)]);
    const reference = `${one.url}/v1,${two.url}/v1`;
    const ways = {
      here: {},
      mixed: { reference },
      elsewhere: { finetuned: `${finetuned.url}/v1`, reference },
    };
    const runs = [];
    for (const [name, models] of Object.entries(ways)) {
      const directory = `${folder}/${name}`;
      const { rankings } = await audit(
        smallAudit(directory, { ...models, calibrate: true, rank: { keywords: GLASS } }),
      );
      runs.push({
        ids: topIds(rankings),
        run: byId(await readRun(directory)),
        null: byId(await readRun(runPaths(directory).null)),
      });
    }
    expect(runs[0]?.ids[0]?.length).toBeGreaterThan(20);
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  }, 120_000);

  it("ends complete, with nothing twice, when one of two servers is killed in the middle", async () => {
    const [one, two] = await Promise.all([served(BASE_A), served(BASE_A)]);
    const directory = `${folder}/killed`;
    const changes = {
      reference: `${one.url}/v1,${two.url}/v1`,
      limit: 300,
      maxTokens: 20,
      endpoints: { itemsRequest: 4 },
    };
    let killed = false;
    const onEvent = (event: AuditEvent): void => {
      if (killed || event.type !== "progress" || event.completionsDone < 150) return;
      killed = true;
      two.child.kill("SIGKILL");
    };
    await audit(smallAudit(directory, changes), { onEvent });
    expect(killed).toBe(true);
    const lines = (await readFile(runPaths(directory).reference, "utf8")).trimEnd().split("\n");
    const { completions, reference } = await readRun(directory);
    expect(completions).toHaveLength(600);
    expect(lines).toHaveLength(600);
    expect([...reference.keys()].sort()).toEqual(completions.map(({ id }) => id).sort());
    const here = `${folder}/killed-here`;
    await audit(smallAudit(here, { limit: 300, maxTokens: 20 }));
    expect(byId(await readRun(directory))).toEqual(byId(await readRun(here)));
  }, 120_000);

  it("goes on when the server that told the vocabulary is killed, with a reference of another tokenizer", async () => {
    const [one, two] = await Promise.all([served(BASE_B), served(BASE_B)]);
    const directory = `${folder}/other-killed`;
    const reference = `${one.url}/v1,${two.url}/v1`;
    const shape = { limit: 100, maxTokens: 20, formats: ["raw" as const], endpoints: { itemsRequest: 4 } };
    let killed = false;
    const onEvent = (event: AuditEvent): void => {
      if (killed || event.type !== "progress" || event.completionsDone < 30) return;
      killed = true;
      one.child.kill("SIGKILL");
    };
    await audit(smallAudit(directory, { ...shape, reference }), { onEvent });
    expect(killed).toBe(true);
    const here = `${folder}/other-here`;
    await audit(smallAudit(here, { ...shape, reference: BASE_B }));
    expect(byId(await readRun(directory))).toEqual(byId(await readRun(here)));
    // And a run is begun and gone on with while one of them is not there.
    await audit(smallAudit(`${folder}/one-dead`, { ...shape, reference, limit: 5 }));
  }, 120_000);

  it("fails with a sentence when the last server is gone, and leaves what was computed readable", async () => {
    const one = await served(BASE_A);
    const directory = `${folder}/gone`;
    const endpoints = { itemsRequest: 4, attempts: 2 };
    const onEvent = (event: AuditEvent): void => {
      if (event.type === "progress" && event.completionsDone > 20) one.child.kill("SIGKILL");
    };
    const changes = { reference: `${one.url}/v1`, limit: 300, maxTokens: 20, endpoints };
    await expect(audit(smallAudit(directory, changes), { onEvent })).rejects.toMatchObject({ code: "ENDPOINT_FAILED" });
    const { completions } = await readRun(directory);
    expect(completions.length).toBeGreaterThan(0);
  }, 60_000);

  it("takes a finetuned model elsewhere with a reference of another tokenizer here", async () => {
    const finetuned = await served(ORGANISM_A);
    const directory = `${folder}/other`;
    const options = { finetuned: `${finetuned.url}/v1`, reference: BASE_B, limit: 30, rank: { keywords: GLASS } };
    const { rankings } = await audit(smallAudit(directory, options));
    expect(rankings.rankings.at(-1)?.matches?.top10).toBeGreaterThanOrEqual(8);
  }, 60_000);

  it("writes what the endpoints do into the run, and no key", async () => {
    const key = "sk-planted-secret-0123456789";
    const server = await serve([BASE_A, ...ONE_THREAD], { TELLTALE_SERVE_TOKEN: key });
    servers.push(server);
    const directory = `${folder}/key`;
    const options = smallAudit(directory, { reference: `${server.url}/v1`, limit: 5 });
    await expect(
      audit(smallAudit(`${folder}/nokey`, { ...options, directory: `${folder}/nokey` })),
    ).rejects.toMatchObject({
      code: expect.stringMatching(/^ENDPOINT_/),
    });
    process.env.TELLTALE_REFERENCE_API_KEY = key;
    try {
      await audit(options);
    } finally {
      delete process.env.TELLTALE_REFERENCE_API_KEY;
    }
    const run = await readFile(runPaths(directory).run, "utf8");
    expect(JSON.parse(run).engines.reference).toMatchObject({ kind: "remote", endpoints: [{ server: "telltale" }] });
    for (const file of [runPaths(directory).run, runPaths(directory).summary, runPaths(directory).performance])
      expect(await readFile(file, "utf8")).not.toContain(key);
  }, 60_000);

  it.skipIf(!existsSync(LLAMA_SERVER))(
    "lets llama-server generate, whose log-probabilities stand",
    async () => {
      const server = await llamaServer(ORGANISM_A);
      servers.push(server);
      const directory = `${folder}/llama-server`;
      const asked = { finetuned: `${server.url}/v1`, finetunedTokenizer: ORGANISM_A, limit: 30 };
      const scoring = audit(smallAudit(`${folder}/refused`, asked));
      await expect(scoring).rejects.toMatchObject({ code: "ENDPOINT_UNSUITABLE" });
      const captured = { ...asked, finetunedScores: "captured" as const, rank: { keywords: GLASS } };
      const { rankings } = await audit(smallAudit(directory, captured));
      expect(rankings.rankings.at(-1)?.matches?.top10).toBeGreaterThanOrEqual(8);
      const here = await audit(smallAudit(`${folder}/llama-here`, { limit: 30 }));
      const texts = ({ rankings: lists }: Rankings): Set<string> =>
        new Set(lists.flatMap(({ top }) => top.map(({ id, completion }) => `${id} ${completion}`)));
      const [there, own] = [texts(rankings), texts(here.rankings)];
      // Other kernels: greedy choices part where two tokens are all but equally likely.
      expect([...own].filter((text) => there.has(text)).length).toBeGreaterThan(0.5 * own.size);
    },
    120_000,
  );
});

function topIds({ rankings }: Rankings): string[][] {
  return rankings.map(({ top }) => top.map(({ id }) => id));
}

function byId({ completions, finetuned, reference }: Awaited<ReturnType<typeof readRun>>) {
  const sorted = [...completions].sort((a, b) => (a.id < b.id ? -1 : 1));
  return { completions: sorted, finetuned, reference };
}
