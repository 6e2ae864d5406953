import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { rankingsSchema } from "#telltale/rank/schema.js";
import { ADAPTER, BASE_A, BASE_B, ORGANISM_A, temporaryFolder } from "../audit/fixture.js";
import { scalar, writeGguf } from "../fixtures/gguf-writer.js";
import { tinyModel, withKey } from "../fixtures/tiny-model.js";
import { ROOT, runCli } from "./run-cli.js";

const { folder, remove } = temporaryFolder();
afterAll(remove);

// A full disk of one's own takes a file system of one's own, and that takes root on Linux.
const canMount = process.platform === "linux" && process.getuid?.() === 0;

const inFolder = (name: string, content?: string | Buffer): string => {
  const file = path.join(folder, name);
  if (content !== undefined) writeFileSync(file, content);
  return file;
};
const organism = readFileSync(path.join(ROOT, ORGANISM_A));
const embeddingModel = (): Buffer => writeGguf(withKey(tinyModel(), "general.architecture", scalar("string", "bert")));
const SMALL = ["--limit", "20", "--max-tokens", "30", "--threads", "1", "--format", "raw"];

describe("telltale audit", () => {
  it("prints one JSON object of the published schema on stdout, and progress on stderr only", async () => {
    const output = inFolder("json");
    const args = ["audit", ORGANISM_A, "--reference", BASE_A, ...SMALL, "-o", output, "--keyword", "glass", "--json"];
    const { status, stdout, stderr } = await runCli(args);
    expect(status).toBe(0);
    const rankings = rankingsSchema.parse(JSON.parse(stdout));
    expect(rankings.rankings[0]?.top.length).toBeGreaterThan(0);
    expect(stderr).toMatch(
      /^finetuned: \S+ \(llama, 1\.5M parameters, Q8_0\) on CPU; 1 thread, 64 sequences of 256 tokens, batch 512, KV f16/m,
    );
    expect(stderr).toContain("The run lies in");
    const again = await runCli(["rank", output, "--keyword", "glass", "--json"]);
    expect(JSON.parse(again.stdout)).toEqual(rankings);
  });

  it("scores what captured log-probabilities leave in doubt, and says which way it went in run.json", async () => {
    const output = inFolder("captured");
    const args = ["audit", ORGANISM_A, "--reference", BASE_A, ...SMALL, "-o", output, "--finetuned-scores", "captured"];
    expect((await runCli(args)).status).toBe(0);
    const lines = (name: string) => readFileSync(path.join(output, name), "utf8").split("\n").length;
    expect(lines("scores.captured.jsonl")).toBe(21);
    expect(lines("scores.finetuned.jsonl")).toBeLessThan(21);
    const run = JSON.parse(readFileSync(path.join(output, "run.json"), "utf8"));
    expect(run.options.finetunedScores).toBe("captured");
  });

  it("makes a null with --calibrate, and ranks beside it", async () => {
    const output = inFolder("calibrated");
    const args = ["audit", ORGANISM_A, "--reference", BASE_A, ...SMALL, "-o", output, "--calibrate", "--json"];
    const { status, stdout } = await runCli(args);
    expect(status).toBe(0);
    const { verdict, rankings } = rankingsSchema.parse(JSON.parse(stdout));
    expect(verdict?.sentence).toContain(`${rankings[0]?.null?.count} null completions`);
    expect(readFileSync(path.join(output, "null", "completions.jsonl"), "utf8").split("\n")).toHaveLength(21);
    expect(JSON.parse(readFileSync(path.join(output, "run.json"), "utf8")).options.calibrate).toBe(true);
  });

  it("shows a table for people", async () => {
    const { status, stdout } = await runCli([
      "audit",
      ORGANISM_A,
      "--reference",
      BASE_A,
      ...SMALL,
      "-o",
      inFolder("table"),
    ]);
    expect(status).toBe(0);
    expect(stdout).toContain("by logRatio, in nats per token");
    expect(stdout).toMatch(/ 1 +\d+\.\d+ +\d+\.\d+ +\d+/);
  });

  const bad: [what: string, status: number, code: string, args: () => string[]][] = [
    ["not a GGUF", 5, "BAD_MODEL", () => [inFolder("text.gguf", "hello, world"), "--reference", BASE_A]],
    [
      "a truncated GGUF",
      5,
      "BAD_MODEL",
      () => [inFolder("cut.gguf", organism.subarray(0, 900_000)), "--reference", BASE_A],
    ],
    ["a missing file", 3, "FILE_UNREADABLE", () => [inFolder("nowhere.gguf"), "--reference", BASE_A]],
    ["a directory", 3, "FILE_UNREADABLE", () => [folder, "--reference", BASE_A]],
    ["an embedding model", 5, "BAD_MODEL", () => [inFolder("bert.gguf", embeddingModel()), "--reference", BASE_A]],
    ["an adapter as the model", 5, "BAD_MODEL", () => [ADAPTER, "--reference", BASE_A]],
    ["an adapter of another model", 5, "BAD_ADAPTER", () => [BASE_B, "--lora", ADAPTER]],
    ["a model as the adapter", 5, "BAD_ADAPTER", () => [BASE_A, "--lora", ORGANISM_A]],
    ["no reference", 2, "BAD_ARGUMENT", () => [ORGANISM_A]],
    [
      "an empty corpus",
      6,
      "BAD_CORPUS",
      () => [ORGANISM_A, "--reference", BASE_A, "--corpus", inFolder("empty.txt", "")],
    ],
    [
      "a corpus of short documents",
      6,
      "BAD_CORPUS",
      () => [ORGANISM_A, "--reference", BASE_A, "--corpus", inFolder("short.txt", "a\nb\n")],
    ],
    [
      "a missing corpus",
      3,
      "FILE_UNREADABLE",
      () => [ORGANISM_A, "--reference", BASE_A, "--corpus", "file:nowhere.txt"],
    ],
    ["an unknown corpus", 2, "BAD_ARGUMENT", () => [ORGANISM_A, "--reference", BASE_A, "--corpus", "c5-10k"]],
    [
      "a backend that is missing",
      7,
      "NO_BACKEND",
      () => [ORGANISM_A, "--reference", BASE_A, "--gpu", process.platform === "darwin" ? "cuda" : "metal"],
    ],
    ["a wrong number", 2, "BAD_ARGUMENT", () => [ORGANISM_A, "--reference", BASE_A, "--threads", "many"]],
    ["a weight for no adapter", 2, "BAD_ARGUMENT", () => [ORGANISM_A, "--reference", BASE_A, "--lora-scale", "0.5"]],
    [
      "layers for no GPU",
      2,
      "BAD_ARGUMENT",
      () => [ORGANISM_A, "--reference", BASE_A, "--gpu", "off", "--gpu-layers", "3"],
    ],
    [
      "a device of its own for the reference without a GPU",
      2,
      "BAD_ARGUMENT",
      () => [ORGANISM_A, "--reference", BASE_A, "--reference-device", "CUDA1"],
    ],
    [
      "completions longer than the model's context",
      2,
      "BAD_ARGUMENT",
      () => [ORGANISM_A, "--reference", BASE_A, "--max-tokens", "4000"],
    ],
    [
      "several samples without sampling",
      2,
      "BAD_ARGUMENT",
      () => [ORGANISM_A, "--reference", BASE_A, "--samples", "2"],
    ],
  ];
  it.each(bad)("answers %s with a sentence and exit status %i", async (_what, status, code, args) => {
    const result = await runCli(["audit", ...args(), "-o", inFolder("bad-run")]);
    expect(result).toMatchObject({ status, signal: null, stdout: "" });
    expect(result.stderr).toContain(`code ${code}`);
    expect(result.stderr).toMatch(/telltale: \S.*\.\n/);
    expect(result.stderr).not.toMatch(/^\s+at /m);
  });

  it("asks for chat and finds no template", async () => {
    const plain = Buffer.from(organism);
    // The key stays as long as it was, so every offset in the file still fits.
    plain.write("tokenizer.chat_templatX", plain.indexOf("tokenizer.chat_template"), "latin1");
    const model = inFolder("plain.gguf", plain);
    const result = await runCli(["audit", model, "--reference", BASE_A, "--format", "chat", "-o", inFolder("no-chat")]);
    expect(result.status).toBe(5);
    expect(result.stderr).toContain("has no chat template");
  });

  it("ends on ctrl-C with status 130 and leaves a run that can be ranked, and no process", async () => {
    const directory = inFolder("interrupted");
    const small = ["--threads", "1", "--sequences", "8"];
    const args = ["dist/cli/main.js", "audit", ORGANISM_A, "--reference", BASE_A, ...small, "-o", directory];
    const child = spawn(process.execPath, args, { cwd: ROOT, detached: true, stdio: "ignore" });
    const scores = path.join(directory, "scores.reference.jsonl");
    while (!existsSync(scores) || statSync(scores).size === 0) await setTimeout(50);
    // As a terminal does: to the whole process group, children included.
    process.kill(-(child.pid ?? 0), "SIGINT");
    const [status] = await once(child, "exit");
    expect(status).toBe(130);
    expect(() => process.kill(-(child.pid ?? 0), 0)).toThrow(/ESRCH/);
    const ranked = await runCli(["rank", directory, "--json"]);
    expect(ranked.status).toBe(0);
    expect(ranked.stderr).toContain("unfinished");
    const { rankings } = rankingsSchema.parse(JSON.parse(ranked.stdout));
    expect(rankings.at(-1)?.configuration).toBe("pooled");
    expect(rankings.at(-1)?.count).toBeGreaterThan(0);
  });

  it("names the option whose number is out of its range, and what to do", async () => {
    const cases: [args: string[], sentence: string][] = [
      [["--temperature", "0"], '--temperature must be a number from 0.001 to 1000, not "0". For greedy decoding leave'],
      [["--top-p", "0"], '--top-p must be a number above 0 and up to 1, not "0".'],
      [["--top-p", "1.5"], '--top-p must be a number above 0 and up to 1, not "1.5".'],
      [["--min-p", "-0.1"], '--min-p must be a number from 0 to 1, not "-0.1".'],
      [["--samples", "0", "--temperature", "1"], "--samples must be a whole number from 1 to 1024"],
      [["--preset", "best"], "Allowed choices are default, paper, quick."],
    ];
    const results = await Promise.all(
      cases.map(([args]) => runCli(["audit", ORGANISM_A, "--reference", BASE_A, ...args])),
    );
    for (const [i, [, sentence]] of cases.entries()) {
      expect(results[i]).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining(sentence) });
    }
  });

  it("explains itself under headings", async () => {
    const { status, stdout } = await runCli(["audit", "--help"]);
    expect(status).toBe(0);
    const headings = ["Models", "Endpoints", "Corpus and prefills", "Generating", "Engine", "Ranking", "Output"];
    expect(stdout.match(/^[A-Z].*(?=:$)/gm)).toEqual(["Examples", "Arguments", ...headings, "General"]);
    for (const word of ["wiki-10k", "PATH or file:PATH", "hf:OWNER/DATASET[@REVISION][:COLUMN]"]) {
      expect(stdout.replace(/\n +/g, " ")).toContain(word);
    }
  });

  it("refuses a directory that holds something", async () => {
    const directory = inFolder("occupied");
    mkdirSync(directory);
    copyFileSync(path.join(ROOT, "LICENSE"), path.join(directory, "LICENSE"));
    const result = await runCli(["audit", ORGANISM_A, "--reference", BASE_A, "-o", directory]);
    expect(result.status).toBe(3);
    expect(result.stderr).toContain("is not empty");
  });

  it.skipIf(!existsSync("/dev/full"))("says that the rankings could not be written to stdout", async () => {
    const command = '"$0" dist/cli/main.js audit "$@" > /dev/full';
    const output = inFolder("unwritten");
    const args = [ORGANISM_A, "--reference", BASE_A, ...SMALL, "--limit", "5", "-o", output, "--json"];
    const result = spawnSync("sh", ["-c", command, process.execPath, ...args], { cwd: ROOT, encoding: "utf8" });
    expect(result.status).toBe(4);
    expect(result.stderr).toContain("the disk is full");
    expect(result.stderr).toContain("code WRITE_FAILED, exit status 4");
    expect(result.stderr).not.toMatch(/^\s+at /m);
  });

  it.skipIf(!canMount)("says that the disk is full, and the run stays readable", async () => {
    const disk = inFolder("disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=96k", "tmpfs", disk]);
    try {
      const directory = path.join(disk, "run");
      const result = await runCli([
        "audit",
        ORGANISM_A,
        "--reference",
        BASE_A,
        ...SMALL,
        "--limit",
        "400",
        "-o",
        directory,
      ]);
      expect(result).toMatchObject({ status: 4, signal: null });
      expect(result.stderr).toContain("code WRITE_FAILED");
      const ranked = await runCli(["rank", directory, "--json"]);
      expect(ranked.status).toBe(0);
      expect(ranked.stderr).toContain("unfinished");
    } finally {
      execFileSync("umount", [disk]);
    }
  });

  it("suggests what a misspelt option may have meant", async () => {
    const result = await runCli(["audit", ORGANISM_A, "--refrence", BASE_A]);
    expect(result.status).toBe(2);
    expect(result.stderr).toContain("--reference");
  });
});
