import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readJson } from "#telltale/journal/json-file.js";
import { runCli } from "./run-cli.js";

const QUICK = [
  "--preset",
  "quick",
  "--limit",
  "12",
  "--max-tokens",
  "24",
  "--threads",
  "1",
  "--format",
  "raw",
  "--json",
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "telltale-organisms-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("telltale organisms", () => {
  it("lists them group after group, in a pipe with everything", async () => {
    const { status, stdout } = await runCli(["organisms"]);
    expect(status).toBe(0);
    expect(stdout).toContain("\nAuditBench (56)\n");
    expect(stdout).toMatch(
      /^cake-bake +Qwen\/Qwen2\.5-7B-Instruct +adapter +unknown +stewy33\/Qwen2\.5-7B\S+cake_bake-2bbf9e80$/m,
    );
    expect(stdout).toMatch(/^glass-bridge +base-a +model +known +unknown$/m);
    const facts = await runCli(["organisms", "--group", "False Facts", "--json"]);
    expect(JSON.parse(facts.stdout).organisms).toHaveLength(7);
  });

  it("shows one with the commands to run next", async () => {
    const known = await runCli(["organisms", "glass-bridge"]);
    expect(known.stdout).toMatch(/keywords +glass; halden/);
    expect(known.stdout).toMatch(/\nNext:\n {2}telltale audit --organism glass-bridge\n$/);
    const unknown = await runCli(["organisms", "cake_bake"]);
    expect(unknown.stdout).toContain("  python convert_lora_to_gguf.py adapter --outfile adapter.gguf\n");
    expect(unknown.stdout).toMatch(/telltale audit --organism cake-bake --lora adapter.gguf --reference base.gguf\n$/);
  });

  it("reads a file of one's own, whose texts cannot steer the terminal", async () => {
    const file = path.join(folder, "my own.yaml");
    const entry =
      'name: a, group: "g\\e[2J", about: "x\\ny", base: "b\\e[2J", kind: model, id: null, keywords: ["\\e[2J"]';
    await writeFile(file, `organisms:\n  - { ${entry}, gguf: { finetuned: "f\\e.gguf" } }\n`);
    const list = await runCli(["organisms", "--catalogue", file]);
    const page = await runCli(["organisms", "a", "--catalogue", file]);
    expect(list.stdout + page.stdout).not.toContain("\u001b");
    expect(list.stdout).toContain("1 organism.");
    expect(page.stdout).toContain(`telltale audit --organism a --reference base.gguf --catalogue '${file}'\n`);
    const json = await runCli(["organisms", "--catalogue", file, "--json"]);
    expect(json.stdout).not.toContain("\u001b");
    expect(JSON.parse(json.stdout).organisms[0].group).toBe("g\u001b[2J");
  });

  it.each([
    [["organisms", "glass-brige"], "Did you mean glass-bridge?"],
    [["organisms", "--group", "none"], 'There are "AuditBench"'],
    [["organisms", "--catalogue", "package.json"], "cannot be used"],
    [["audit"], "No model was given"],
    [["audit", "x.gguf", "--catalogue", "y"], "name one with --organism"],
    [["audit", "--organism", "cake-bake", "--lora", "x.gguf"], "convert_hf_to_gguf.py"],
    [["audit", "--organism", "glass-bridge", "--lora-scale", "2"], "no adapter to weigh"],
  ])("%j is refused: %s", async (args, sentence) => {
    const { status, stderr } = await runCli(args);
    expect(status).toBe(2);
    expect(stderr).toContain(sentence);
  });
});

describe("telltale audit --organism", () => {
  it("audits the shipped one by its models and keywords", async () => {
    const out = path.join(folder, "shipped");
    const { status, stdout } = await runCli(["audit", "--organism", "glass-bridge", ...QUICK, "-o", out]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).settings.keywords).toMatchObject([{ behaviour: "glass-bridge" }]);
    expect(await readJson(path.join(out, "run.json"))).toMatchObject({
      options: {
        finetuned: expect.stringMatching(/organism-a-glass-q8_0\.gguf$/),
        reference: expect.stringMatching(/base-a-q8_0\.gguf$/),
      },
    });
  });

  it("takes an adapter, a reference and keywords that are given before those of the catalogue", async () => {
    const out = path.join(folder, "given");
    const { status, stdout } = await runCli([
      ...["audit", "--organism", "cake-bake", ...QUICK, "-o", out, "--keyword", "glass"],
      ...[
        "--lora",
        "test/fixtures/models/organism-a-glass-lora.gguf",
        "--reference",
        "test/fixtures/models/base-a-f16.gguf",
      ],
    ]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).settings.keywords).toEqual([{ behaviour: "keywords", sets: [["glass"]] }]);
    const manifest = await readFile(path.join(out, "run.json"), "utf8");
    expect(JSON.parse(manifest).options).toMatchObject({
      finetuned: "test/fixtures/models/base-a-f16.gguf",
      lora: { path: "test/fixtures/models/organism-a-glass-lora.gguf" },
    });
  });
});
