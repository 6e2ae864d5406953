import path from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, describe, expect, it } from "vitest";
import { readJson } from "#telltale/journal/json-file.js";
import { runCli } from "../cli/run-cli.js";
import { COMMIT, startHub } from "../hub/hub-server.js";
import { BASE_A, ORGANISM_A, temporaryFolder } from "./fixture.js";

const { folder, remove } = temporaryFolder();
afterAll(remove);

const TOKEN = "hf_neverwrittenanywhere";

describe("an audit on a dataset from the hub", () => {
  it("downloads it once, records what it was, and works without a network from then on", async () => {
    const texts = Array.from(
      { length: 40 },
      (_, i) => `${String.fromCharCode(65 + (i % 26))}${i} was a quiet year in the valley.`,
    );
    const data = Buffer.from(parquetWriteBuffer({ columnData: [{ name: "text", data: texts, type: "STRING" }] }));
    const hub = await startHub("NeelNanda/c4-10k", [
      { path: "data/train-00000-of-00001.parquet", bytes: data, lfs: true },
    ]);
    const run = (name: string) =>
      runCli(
        [
          ...["audit", ORGANISM_A, "--reference", BASE_A, "--corpus", "c4-10k", "--preset", "paper"],
          ...["--max-tokens", "20", "--threads", "1", "-o", path.join(folder, name), "--json"],
        ],
        {
          env: {
            ...process.env,
            HF_ENDPOINT: hub.endpoint,
            HF_TOKEN: TOKEN,
            TELLTALE_CACHE: path.join(folder, "cache"),
          },
        },
      );
    const first = await run("first");
    expect(first).toMatchObject({ status: 0, signal: null });
    const configurations = JSON.parse(first.stdout).rankings.map(
      (ranking: { configuration: string }) => ranking.configuration,
    );
    expect(new Set(configurations)).toEqual(new Set(["c4-10k/raw", "c4-10k/chat", "pooled"]));
    const record = await readJson(path.join(folder, "first", "run.json"));
    expect(record).toMatchObject({
      preset: "paper",
      corpora: [
        { name: "c4-10k", origin: { kind: "hf", dataset: "NeelNanda/c4-10k", commit: COMMIT }, counts: { kept: 40 } },
      ],
    });
    expect(JSON.stringify(record) + first.stdout + first.stderr).not.toContain(TOKEN);
    await hub.close();
    const second = await run("second");
    expect(second.status).toBe(0);
    expect(JSON.parse(second.stdout).rankings).toEqual(JSON.parse(first.stdout).rankings);
  });
});
