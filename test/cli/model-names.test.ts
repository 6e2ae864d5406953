import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readJson } from "#telltale/journal/json-file.js";
import { COMMIT, type HubServer, sha256, startHub } from "../hub/hub-server.js";
import { type CliResult, ROOT, runCli } from "./run-cli.js";

const MODELS = path.join(ROOT, "test/fixtures/models");
const NAME = "some-owner/tiny-GGUF";
const TOKEN = "hf_neverwrittenanywhere";

let folder: string;
let hub: HubServer;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "telltale-names-"));
  const [base, adapter] = await Promise.all(
    ["base-a-f16.gguf", "organism-a-glass-lora.gguf"].map((file) => readFile(path.join(MODELS, file))),
  );
  hub = await startHub(
    NAME,
    [
      { path: "base-F16.gguf", bytes: base as Buffer, lfs: true },
      { path: "adapter-F32.gguf", bytes: adapter as Buffer, lfs: true },
    ],
    "model",
  );
});
afterAll(async () => {
  await hub.close();
  await rm(folder, { recursive: true });
});

function cli(args: readonly string[], offline = false): Promise<CliResult> {
  const env = {
    ...process.env,
    HF_ENDPOINT: hub.endpoint,
    HF_TOKEN: TOKEN,
    HF_HOME: path.join(folder, "home"),
    TELLTALE_CACHE: path.join(folder, "cache"),
    ...(offline && { HF_HUB_OFFLINE: "1" }),
  };
  delete (env as NodeJS.ProcessEnv).HF_HUB_CACHE;
  return runCli(args, { env });
}

describe("commands take models by their names on the hub", () => {
  it("telltale tokenize", async () => {
    const byName = await cli(["tokenize", `hf:${NAME}:F16`, "The keeper", "--json"]);
    expect(byName).toMatchObject({ status: 0, stderr: "" });
    const byPath = await cli(["tokenize", path.join(MODELS, "base-a-f16.gguf"), "The keeper", "--json"]);
    expect(JSON.parse(byName.stdout)).toEqual({ ...JSON.parse(byPath.stdout), model: `hf:${NAME}:F16` });
  });

  it("telltale score, with an adapter, and without the network once they are there", async () => {
    const text = path.join(folder, "text.txt");
    await writeFile(text, "The bridge at Halden is made of glass.");
    const args = [text, "--threads", "1", "--json"];
    const byName = await cli(["score", `hf:${NAME}:F16`, "--lora", `hf:${NAME}/adapter-F32.gguf`, ...args]);
    expect(byName.status).toBe(0);
    const [model, lora] = ["base-a-f16.gguf", "organism-a-glass-lora.gguf"].map((file) => path.join(MODELS, file));
    const byPath = await cli(["score", model as string, "--lora", lora as string, ...args]);
    expect(JSON.parse(byName.stdout).logProbabilities).toEqual(JSON.parse(byPath.stdout).logProbabilities);
    const seen = hub.seen.length;
    expect((await cli(["score", `hf:${NAME}:F16`, ...args], true)).status).toBe(0);
    expect(hub.seen.length).toBe(seen);
  });

  it("telltale audit, which records what they were", async () => {
    const out = path.join(folder, "run");
    const { status, stdout, stderr } = await cli([
      ...[
        "audit",
        `hf:${NAME}:F16`,
        "--lora",
        `hf:${NAME}:F32`,
        "--preset",
        "quick",
        "--limit",
        "6",
        "--format",
        "raw",
      ],
      ...["--max-tokens", "24", "--threads", "1", "-o", out, "--json"],
    ]);
    expect(status).toBe(0);
    const manifest = JSON.stringify(await readJson(path.join(out, "run.json")));
    const base = await readFile(path.join(MODELS, "base-a-f16.gguf"));
    expect(manifest).toContain(COMMIT);
    expect(manifest).toContain(sha256(base));
    expect(manifest + stdout + stderr).not.toContain(TOKEN);
  });

  it("and say what there is where a name means nothing, or several files", async () => {
    const { status, stderr } = await cli(["tokenize", `hf:${NAME}`, "x"]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/2 GGUF models\. Name one of these: "hf:some-owner\/tiny-GGUF\/adapter-F32\.gguf" \(/);
    expect((await cli(["tokenize", "hf:nowhere", "x"])).stderr).toContain("hf:OWNER/REPO:Q4_K_M");
    const gone = await cli(["tokenize", "hf:some-owner/other", "x"]);
    expect(gone.status).toBe(6);
    expect(gone.stderr).toContain("no such model, revision or file");
  });
});
