import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runPaths } from "#telltale/journal/files.js";
import { BASE_A, ORGANISM_A, temporaryFolder } from "../audit/fixture.js";
import { startHub } from "../hub/hub-server.js";
import { expectTame, type HostileCase, isJson } from "./hostile-cases.js";
import {
  poisoned,
  STEERING,
  STEERING_NAME,
  WORD,
  writeForeignRun,
  writeHostileModels,
  writeHostileTexts,
} from "./hostile-files.js";
import { BEHAVIOURS, startHostileServer } from "./hostile-servers.js";
import { HAS_PTY } from "./pty.js";
import { ROOT } from "./run-cli.js";

const { folder: outer, remove } = temporaryFolder();
afterAll(remove);
const folder = path.join(outer, `world ${STEERING_NAME}`);

const file = (name: string): string => path.join(folder, name);
const own = (name: string): string => path.join(ROOT, name);

describe.skipIf(!HAS_PTY)("hostile text in a terminal, byte by byte", () => {
  let models: ReturnType<typeof writeHostileModels>;
  let texts: ReturnType<typeof writeHostileTexts>;

  beforeAll(() => {
    mkdirSync(folder);
    models = writeHostileModels(folder);
    texts = writeHostileTexts(folder);
  });

  it("of models, corpora, keyword files and catalogues", async () => {
    const { talker } = models;
    const reference = file("reference.gguf");
    const [plain, here] = [file("plain.gguf"), file("here")];
    const nan = models.sick.find((model) => model.includes("nan")) ?? "";
    for (const copy of [reference, plain]) copyFileSync(talker, copy);
    mkdirSync(here);
    const one = ["--threads", "1", "--in-process"];
    const text = file(`text ${STEERING_NAME}`);
    writeFileSync(text, STEERING);
    const small = [...one, "--limit", "8", "--max-tokens", "30", "--temperature", "1"];
    const audit = (name: string, ...more: string[]): string[] => [
      "audit",
      talker,
      "--reference",
      reference,
      ...small,
      "-o",
      file(`run ${name}`),
      ...more,
    ];
    const [corpus, keywords] = [`file:${texts.corpora.good}`, texts.keywords.good];
    const cases: HostileCase[] = [
      {
        from: "everything",
        // In processes of their own.
        args: audit("a", "--corpus", corpus, "--keywords", keywords, "--min-tokens", "1"),
        status: 0,
      },
      { from: "JSON", args: audit("b", "--corpus", corpus, "--min-tokens", "1", "--json"), status: 0 },
      // A folder of its own making, for a model whose file is called plainly and for one whose is not.
      ...[plain, talker].map((model) => ({
        from: model,
        args: ["audit", model, "--reference", reference, ...small, "--corpus", corpus, "--min-tokens", "1"],
        cwd: here,
        status: 0,
      })),
      { from: "no number", args: ["audit", nan, "--reference", reference, ...small, "-o", file("run nan")], status: 9 },
      ...texts.corpora.bad.map((bad) => ({ from: bad, args: audit("c", "--corpus", `file:${bad}`), status: 6 })),
      { from: "no file", args: audit("d", "--corpus", `file:${file(STEERING)}`), status: 3 },
      ...texts.keywords.bad.map((bad) => ({ from: bad, args: audit("e", "--keywords", bad), status: 2 })),
      ...models.templates.map((model) => ({
        from: model,
        args: ["audit", model, "--reference", reference, "--format", "chat", "-o", file("run f"), ...small],
        status: 5,
      })),
      ...models.sick.flatMap((model) => [
        { from: model, args: ["score", model, text, "--threads", "1"], status: model.includes("nan") ? 9 : 5 },
      ]),
      ...[talker, ...models.sick].flatMap((model) =>
        [[], ["--json"]].map((form) => ({
          from: model,
          args: ["doctor", model, ...form, "--threads", "1"],
          // A check that fails is the status 1, one that ends in an error the error's.
          status: model === talker ? 1 : 5,
          shows: /owned|talker/,
        })),
      ),
      { from: "no file", args: ["doctor", file(STEERING)], status: 3 },
      { from: "tokens", args: ["tokenize", talker, STEERING], status: 0, shows: /262 {2}"\\u\{1b\}"/ },
      { from: "JSON", args: ["tokenize", talker, STEERING, "--json"], status: 0 },
      { from: "names", args: ["score", talker, text, ...one], status: 0 },
      { from: "JSON", args: ["score", talker, text, ...one, "--json"], status: 0 },
      { from: "no file", args: ["score", talker, file(STEERING)], status: 3 },
      {
        from: "a name",
        args: ["bench", talker, "--seconds", "0.05", "--sequences", "2", "--batch", "64", ...one],
        status: 0,
      },
      { from: "a name", args: ["bench", file(`${STEERING}.gguf`)], status: 3 },
      {
        from: "names and requests",
        args: ["serve", `${STEERING.replaceAll("=", "")}=${nan}`, "--port", "0", "--verbose", ...one],
        status: 0,
        paths: ["/v1/completions", `/${encodeURIComponent(STEERING)}`, "/\u009b2Jowned"],
      },
      { from: "JSON", args: ["serve", talker, "--port", "0", "--json", ...one], status: 0, paths: [] },
      { from: "a host", args: ["serve", talker, "--port", "0", "--host", "127.0.0.1\u001b[2J\u009bowned"], status: 2 },
      { from: "the list", args: ["organisms", "--catalogue", texts.catalogues.good], status: 0 },
      { from: "JSON", args: ["organisms", "--catalogue", texts.catalogues.good, "--json"], status: 0 },
      { from: "one", args: ["organisms", "x", "--catalogue", texts.catalogues.good], status: 0 },
      {
        from: "a group",
        args: ["organisms", "--catalogue", texts.catalogues.good, "--group", `${STEERING}2`],
        status: 2,
      },
      { from: "a name", args: ["organisms", STEERING], status: 2 },
      { from: "a catalogue", args: ["audit", "--organism", "y", "--catalogue", texts.catalogues.good], status: 2 },
      ...texts.catalogues.bad.map((bad) => ({ from: bad, args: ["organisms", "--catalogue", bad], status: 2 })),
      { from: "the environment", args: ["doctor"], env: hostileEnvironment(), status: 7 },
      { from: "the environment, JSON", args: ["doctor", "--json"], env: hostileEnvironment(), status: 7 },
      { from: "the environment", args: ["tokenize", "hf:owned/x", "a"], env: { HF_ENDPOINT: STEERING }, status: 2 },
      {
        from: "the environment",
        args: ["tokenize", "hf:owned/x", "a"],
        env: { HF_TOKEN: STEERING },
        status: 2,
        shows: /HF_TOKEN/,
      },
      ...[
        ["--owned\u001b[2J\u009b"],
        [STEERING],
        ["show"],
        ["rank", "--top", STEERING, "x"],
        ["audit", "a", STEERING],
      ].map((args) => ({ from: "arguments", args, status: 2, shows: /error|owned|telltale/ })),
    ];
    await expectTame(cases, 100);
  }, 120_000);

  it("of runs that somebody else has made", async () => {
    const real = JSON.parse(readFileSync(runPaths(file("run a")).run, "utf8")) as object;
    const performance = readFileSync(runPaths(file("run a")).performance, "utf8");
    const manifests = {
      texts: JSON.stringify(poisoned(real, { keys: true })),
      numbers: JSON.stringify(poisoned(real, { numbers: true })),
      huge: JSON.stringify(real).replaceAll(/:\d+(?=[,}])/g, ":1e999"),
    };
    const runs: string[] = [];
    for (const [name, text] of Object.entries(manifests)) {
      const files = { "run.json": text, "performance.json": performance.replaceAll(/\d+(?=,)/g, "1e999") };
      runs.push(await writeForeignRun(file(`${STEERING_NAME} ${name}`), files));
    }
    const [foreign = "", numbers = "", huge = ""] = runs;
    const damaged = await writeForeignRun(file(`damaged ${STEERING_NAME}`), {
      "run.json": `{"a": ${STEERING}`,
      "completions.jsonl": `{"id": "owned${STEERING_NAME}"\n${STEERING}\n`,
      "vocabulary.json": STEERING,
      "summary.json": STEERING,
    });
    const preset = ["--preset", "default"];
    const wide = ["--min-tokens", "1", "--repetition", "off", "--near-duplicates", "off"];
    const each = (run: string): HostileCase[] =>
      [
        ["show", run],
        ["show", run, "--json"],
        ["report", run, ...preset, "--markdown", "-o", "-"],
      ].map((args) => ({ from: run, args, status: Number.NaN }));
    const ids = Array.from({ length: 11 }, (_, i) => `raw/${i}`);
    const cases: HostileCase[] = [
      { from: "run.json", args: ["show", foreign], status: 0 },
      { from: "completions", args: ["show", foreign, ...ids], status: 0 },
      { from: "JSON", args: ["show", foreign, ...ids, "--json"], status: 0 },
      { from: "no id", args: ["show", foreign, STEERING], status: 2 },
      { from: "completions", args: ["top", foreign, ...preset, ...wide, "--rows", "20"], status: 0 },
      { from: "completions", args: ["rank", foreign, ...preset, ...wide, "--configuration", "all"], status: 0 },
      { from: "JSON", args: ["rank", foreign, ...preset, ...wide, "--json"], status: 0 },
      { from: "a name", args: ["rank", foreign, ...preset, "--configuration", STEERING], status: 2 },
      { from: "a keyword", args: ["keywords", foreign, ...preset, ...wide, "--keyword", STEERING], status: 0 },
      {
        from: "a keyword file",
        args: ["keywords", foreign, ...preset, ...wide, "--keywords", texts.keywords.good],
        status: 0,
      },
      { from: "JSON", args: ["keywords", foreign, ...preset, "--keyword", STEERING, "--json"], status: 0 },
      { from: "completions", args: ["phrases", foreign, ...preset, "--top", "5"], status: 0, shows: /./ },
      { from: "JSON", args: ["phrases", foreign, ...preset, "--json"], status: 0, shows: /./ },
      ...["--markdown", "--jsonl", "--csv"].map((form) => ({
        from: form,
        args: ["report", foreign, ...preset, ...wide, form, "-o", "-"],
        status: 0,
      })),
      { from: "the page", args: ["report", foreign, ...preset, ...wide, "-o", "-"], status: 0 },
      { from: "a file's name", args: ["report", foreign, ...preset, "-o", file(`report ${STEERING}`)], status: 0 },
      { from: "no folder", args: ["report", foreign, ...preset, "-o", file(`no ${STEERING}/x`)], status: 4 },
      { from: "two runs", args: ["compare", foreign, file("run a"), ...preset, "--all"], status: 0 },
      { from: "JSON", args: ["compare", foreign, huge, ...preset, "--json"], status: 0 },
      { from: "a page", args: ["compare", foreign, numbers, ...preset, "--html", "-"], status: 0 },
      { from: "a name", args: ["compare", foreign, numbers, ...preset, "--configuration", STEERING], status: 2 },
      { from: "a real run", args: ["show", file("run a")], status: 0 },
      { from: "a real run", args: ["top", file("run a")], status: 0 },
      ...[numbers, huge, damaged].flatMap(each),
      { from: "not there", args: ["show", file(STEERING)], status: 3 },
      ...[foreign, numbers, huge, damaged].map((run) => ({
        from: run,
        args: ["audit", "--resume", run],
        status: Number.NaN,
        shows: /error|owned|run/,
      })),
      { from: "no run", args: ["audit", "--resume", file(STEERING)], status: 3 },
      { from: "no run", args: ["audit", own(ORGANISM_A), "--reference", own(BASE_A), "-o", foreign], status: 3 },
    ];
    await expectTame(cases, 80);
  }, 120_000);

  it("leaves files that are strictly JSON, under names that no model has chosen", () => {
    const runs = readdirSync(path.join(file("here"), "runs"));
    expect(runs.map((name) => name.replace(/\d{4}-\d\d-\d\d-\d{6}$/, ""))).toEqual([
      "plain-",
      expect.stringMatching(/^talker-[\w.-]+-$/),
    ]);
    const roots = [...runs.map((name) => path.join(file("here"), "runs", name)), file("run b"), file("run nan")];
    const written = roots.flatMap((root) => readdirSync(root).map((name) => path.join(root, name)));
    const names = written.map((name) => path.basename(name));
    expect(names.filter((name) => !/^[a-z][a-z.]*\.jsonl?$/.test(name))).toEqual([]);
    const texts = written.flatMap((name) => {
      const text = readFileSync(name, "utf8");
      return name.endsWith(".jsonl") ? text.trimEnd().split("\n") : [text];
    });
    expect(texts.length).toBeGreaterThan(40);
    expect(texts.filter((text) => text !== "" && !isJson(text))).toEqual([]);
    expect(readFileSync(runPaths(file("run a")).run, "utf8")).toContain(WORD);
    expect(readdirSync(outer)).toEqual([path.basename(folder)]);
  });

  it("of servers: endpoints and hubs", async () => {
    const server = await startHostileServer();
    const hub = await startHub(
      "owned/x",
      [`${STEERING_NAME}.gguf`, "../../owned.gguf", `b${STEERING}.gguf`, "good-Q8_0.gguf"].map((name) => ({
        path: name,
        bytes: readFileSync(models.talker),
        lfs: false,
      })),
      "model",
    );
    try {
      const endpoints = Object.keys(BEHAVIOURS) as (keyof typeof BEHAVIOURS)[];
      const local = own(BASE_A);
      const env = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: path.join(outer, "hub"), HF_TOKEN: "" };
      const cases: HostileCase[] = [
        ...endpoints.map((behaviour) => ({
          from: behaviour,
          args: [
            ...["audit", local, "--reference", server.url(behaviour), "--limit", "4", "--timeout", "5"],
            ...["-o", file(`remote ${behaviour}`), "--threads", "1"],
          ],
          status: Number.NaN,
          shows: behaviour === "redirects" || behaviour === "wrong" ? /Redirects|cannot be used/ : /owned/,
        })),
        { from: "a name", args: ["audit", local, "--reference", `${server.url("refuses")}#${STEERING}2`], status: 10 },
        { from: "an address", args: ["audit", local, "--reference", `http://owned\u009b2J:99999/`], status: 2 },
        { from: "an address", args: ["score", `http://127.0.0.1/${STEERING}`, texts.corpora.good], status: 2 },
        { from: "files' names", args: ["tokenize", "hf:owned/x", "a"], env, status: 2 },
        { from: "a file's name", args: ["tokenize", `hf:owned/x/${STEERING_NAME}.gguf`, "a"], env, status: 2 },
        { from: "a name", args: ["tokenize", `hf:owned/${STEERING}`, "a"], env, status: 2 },
        { from: "a model", args: ["tokenize", "hf:owned/x:Q8_0", STEERING], env, status: 0 },
      ];
      await expectTame(cases, 120);
    } finally {
      await server.close();
      await hub.close();
    }
  }, 120_000);
});

function hostileEnvironment(): Record<string, string> {
  const tool = path.join(folder, `tool${STEERING_NAME}`);
  writeFileSync(tool, `#!/bin/sh\nprintf '%s\\n' '${STEERING.replaceAll("\n", "")}'\n`, { mode: 0o755 });
  return { CXX: tool, TELLTALE_LLAMA_LIBRARY: folder, LANG: STEERING, HOME: folder };
}
