import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Command } from "commander";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { VARIABLES } from "#telltale/cli/config/environment.js";
import { configJsonSchema } from "#telltale/cli/config/schema.js";
import { settableOptions, variableOf } from "#telltale/cli/config/settable.js";
import { isKnown } from "#telltale/cli/option-values.js";
import { buildProgram } from "#telltale/cli/program.js";
import { temporaryFolder } from "../audit/fixture.js";
import { ROOT, runCli } from "./run-cli.js";

const { folder, remove } = temporaryFolder();
afterAll(remove);
const set: string[] = [];
afterEach(() => {
  for (const name of set.splice(0)) delete process.env[name];
});

function file(name: string, content: unknown): string {
  const written = path.join(folder, name);
  writeFileSync(written, typeof content === "string" ? content : JSON.stringify(content));
  return written;
}

function environment(values: Record<string, string>): void {
  Object.assign(process.env, values);
  set.push(...Object.keys(values));
}

/** The options that a command would run with, were it to run. */
async function valuesOf(...args: string[]): Promise<Record<string, unknown>> {
  const program = buildProgram();
  const command = program.commands.find((one) => one.name() === args[0]) as Command;
  let values: Record<string, unknown> = {};
  command.action(() => {
    values = command.opts();
  });
  await program.parseAsync(args, { from: "user" });
  return values;
}

describe("the schema of configuration files", () => {
  it("is published: schemas/config.schema.json is what configJsonSchema() gives", () => {
    const published = readFileSync(path.join(ROOT, "schemas/config.schema.json"), "utf8");
    expect(published).toBe(configJsonSchema(buildProgram()));
  });

  it("has every option of every command but those of one call, with what the option takes", () => {
    type Properties = Record<string, { properties: Properties; type?: string }>;
    const { properties } = JSON.parse(configJsonSchema(buildProgram())) as { properties: Properties };
    for (const command of buildProgram().commands) {
      const names = command.options.map((option) => option.attributeName());
      const own = names.filter((name) => !["resume", "retryErrors"].includes(name));
      expect(Object.keys(properties[command.name()]?.properties ?? {}).sort()).toEqual([...new Set(own)].sort());
    }
  });

  it("knows what each parser takes: none is left to be any text", () => {
    const unknown = buildProgram().commands.flatMap((command) =>
      settableOptions(command)
        .filter((option) => option.parseArg && !isKnown(option.parseArg))
        .map(({ flags }) => flags),
    );
    expect(unknown).toEqual([]);
  });
});

describe("a configuration file", () => {
  it("gives options their values, which the environment and flags are stronger than", async () => {
    const given = {
      reference: "base.gguf",
      maxTokens: 60,
      limit: "all",
      format: ["raw", "chat"],
      statistic: ["peakWindow", "logRatio"],
      keyword: ["glass; halden", "toll"],
      nearDuplicates: "off",
      mmap: false,
      calibrate: true,
      tensorSplit: [3, 1],
    };
    const config = file("all.json", {
      $schema: "https://example.org/config.schema.json",
      audit: given,
      rank: { rows: 3 },
    });
    expect(await valuesOf("audit", "a.gguf", "--config", config)).toMatchObject({ ...given, rows: 10 });
    environment({ TELLTALE_CONFIG: config, TELLTALE_MAX_TOKENS: "70", TELLTALE_MMAP: "1", TELLTALE_SEED: "5" });
    const values = await valuesOf("audit", "a.gguf", "--seed", "6", "--keyword", "bridge");
    expect(values).toMatchObject({ maxTokens: 70, mmap: true, seed: 6, keyword: ["bridge"], reference: "base.gguf" });
    expect(await valuesOf("rank", "runs/a")).toMatchObject({ rows: 3 });
  });

  it("may be a module, which is run", async () => {
    const config = file("own.mjs", "export default { rank: { rows: 2 + 2 } };");
    expect(await valuesOf("rank", "runs/a", "--config", config)).toMatchObject({ rows: 4 });
  });

  it("is not read unless it is named, whatever lies in the folder", async () => {
    const config = file("telltale.config.json", { rank: { rows: 4 } });
    const before = process.cwd();
    process.chdir(folder);
    try {
      expect(await valuesOf("rank", "runs/a")).toMatchObject({ rows: 10 });
      expect(await valuesOf("rank", "runs/a", "--config", path.basename(config))).toMatchObject({ rows: 4 });
    } finally {
      process.chdir(before);
    }
  });

  it("gives way where a flag excludes what it says, and may not contradict itself", async () => {
    const config = file("forms.json", { report: { markdown: true } });
    expect(await valuesOf("report", "runs/a", "--config", config)).toMatchObject({ markdown: true });
    expect(await valuesOf("report", "runs/a", "--csv", "--config", config)).not.toHaveProperty("markdown");
    const both = file("both.json", { report: { markdown: true, csv: true } });
    await expect(valuesOf("report", "runs/a", "--config", both)).rejects.toThrow("cannot be used with --markdown");
  });

  it("says nothing of a run that is gone on with, unless its models are given, too", async () => {
    const config = file("resumed.json", { audit: { maxTokens: 60, rows: 3 } });
    expect(await valuesOf("audit", "--resume", "--config", config)).not.toHaveProperty("maxTokens");
    expect(await valuesOf("audit", "--resume", "--config", config)).toMatchObject({ rows: 3 });
    const whole = await valuesOf("audit", "a.gguf", "--config", config, "--resume");
    expect(whole).toMatchObject({ maxTokens: 60, rows: 3 });
  });

  it.each([
    [{ audti: {} }, 'There is no command "audti". Did you mean audit?'],
    [{ audit: { "max-tokens": 5 } }, 'audit takes no option "max-tokens" here. Did you mean maxTokens?'],
    [{ audit: { resume: true } }, 'audit takes no option "resume" here.'],
    [{ audit: { hfToken: "secret-secret" } }, '"hfToken" would be a secret'],
    [{ apiKey: "secret-secret" }, '"apiKey" would be a secret'],
    [{ audit: { maxTokens: "sixty" } }, "audit.maxTokens: invalid input: expected number"],
    [{ audit: { preset: "papr" } }, "Did you mean paper?"],
    [{ audit: { tensorSplit: [0, 0] } }, "--tensor-split must be"],
    ["{", "is not JSON"],
    ["[]", "expected object"],
  ])("refuses %j", async (content, sentence) => {
    const config = file("wrong.json", content);
    const failure = await valuesOf("audit", "a.gguf", "--config", config).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ code: "BAD_ARGUMENT", message: expect.stringContaining(sentence) });
    expect((failure as Error).message).not.toContain("secret-secret");
  });

  it("must be there, and of a kind that is known", async () => {
    const gone = valuesOf("rank", "a", "--config", path.join(folder, "gone.json"));
    await expect(gone).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
    const yaml = valuesOf("rank", "a", "--config", file("a.yaml", "rank: {}"));
    await expect(yaml).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
    const failing = file("failing.mjs", "throw new Error('boom');");
    await expect(valuesOf("rank", "a", "--config", failing)).rejects.toThrow("could not be run: boom.");
  });
});

describe("the environment", () => {
  it("has a variable for an option, and none that means something else already", () => {
    const taken = VARIABLES.flatMap(([names]) => names.split(", "));
    const options = buildProgram().commands.flatMap((command) => settableOptions(command));
    const variables = new Set(options.map((option) => variableOf(option)));
    expect([...variables]).toEqual(expect.arrayContaining(["TELLTALE_THREADS", "TELLTALE_NEAR_DUPLICATES", null]));
    expect(taken.filter((name) => variables.has(name))).toEqual([]);
  });

  it("is refused with the variable's name, and named where an option of it cannot be followed", async () => {
    environment({ TELLTALE_ROWS: "many" });
    await expect(valuesOf("rank", "a")).rejects.toThrow("TELLTALE_ROWS: --rows must be a whole number");
    environment({ TELLTALE_ROWS: "", TELLTALE_JSON: "perhaps" });
    await expect(valuesOf("rank", "a")).rejects.toThrow("TELLTALE_JSON must be 1 or 0");
    const env = { ...process.env, TELLTALE_JSON: "", TELLTALE_GPU_LAYERS: "3" };
    const { status, stderr } = await runCli(["score", "models/base-a-q8_0.gguf", "LICENSE"], { env });
    expect({ status, stderr }).toMatchObject({ status: 2 });
    expect(stderr).toContain("--gpu-layers comes from TELLTALE_GPU_LAYERS\n");
  });
});
