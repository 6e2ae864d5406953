import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readJson, writeJsonAtomic } from "#telltale/journal/json-file.js";
import { encodeLine } from "#telltale/journal/line.js";
import { JournalWriter } from "#telltale/journal/writer.js";

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "telltale-writer-"));
  path = join(directory, "journal.jsonl");
});
afterEach(() => rm(directory, { recursive: true }));

describe("JournalWriter", () => {
  it("keeps the order of calls that do not wait for each other, and goes on where a file ends", async () => {
    const records = Array.from({ length: 100 }, (_, n) => ({ n, text: "y".repeat((n * 7919) % 5000) }));
    const first = await JournalWriter.open(path);
    const waits = records.slice(0, 60).map((record) => first.append([record]));
    await first.append([]);
    await Promise.all(waits);
    await first.flush();
    expect((await readFile(path, "utf8")).split("\n")).toHaveLength(61);
    await first.close();
    await first.close();
    const second = await JournalWriter.open(path);
    await second.append(records.slice(60));
    await second.close();
    expect(await readFile(path, "utf8")).toBe(records.map(encodeLine).join(""));
    await expect(second.append([{}])).rejects.toMatchObject({ code: "WRITE_FAILED" });
  });

  it("cuts off a torn last line of any length before it appends, wherever the file was cut", async () => {
    const lines = [{ n: 1 }, { n: 2, text: "z".repeat(200_000) }].map(encodeLine);
    const [one = "", two = ""] = lines;
    for (const size of [
      0,
      1,
      one.length - 1,
      one.length,
      one.length + 1,
      one.length + 150_000,
      one.length + two.length,
    ]) {
      await writeFile(path, lines.join(""));
      await truncate(path, size);
      const whole = size === one.length + two.length ? size : size >= one.length ? one.length : 0;
      const writer = await JournalWriter.open(path);
      await writer.append([{ n: 3 }]);
      await writer.close();
      expect(await readFile(path, "utf8")).toBe(lines.join("").slice(0, whole) + encodeLine({ n: 3 }));
    }
  });

  it.skipIf(process.platform !== "linux")("reports a full disk as a sentence, and keeps refusing", async () => {
    const writer = await JournalWriter.open("/dev/full");
    const failure = {
      code: "WRITE_FAILED",
      message: expect.stringMatching(/"\/dev\/full" .* the disk is full\. Free/),
    };
    await expect(writer.append([{ n: 1 }])).rejects.toMatchObject(failure);
    await expect(writer.append([{ n: 2 }])).rejects.toMatchObject(failure);
    await expect(writer.flush()).rejects.toMatchObject(failure);
    await writer.close();
  });

  it.skipIf(process.platform === "win32")("leaves whole lines only when a write ends half-way", async () => {
    // A limit on the size of files makes the kernel write the first part of a batch and refuse the rest.
    const script = `
      import { JournalWriter } from ${JSON.stringify(import.meta.resolve("#telltale/journal/writer.js"))};
      const writer = await JournalWriter.open(process.argv[1]);
      const batch = (from) => Array.from({ length: 20 }, (_, i) => ({ n: from + i, text: "w".repeat(100) }));
      await writer.append(batch(0));
      const error = await writer.append(batch(20)).catch((caught) => caught);
      await writer.close();
      process.stdout.write(error.code + " " + error.message);
    `;
    // bash counts in units of 1,024 bytes: 4 of them hold 1.x batches.
    const command = 'ulimit -f 4; exec "$0" --input-type=module -e "$1" "$2"';
    const { stdout } = await promisify(execFile)("bash", ["-c", command, process.execPath, script, path]);
    expect(stdout).toMatch(/^WRITE_FAILED ".*journal\.jsonl" could not be written: a limit on the size of files/);
    const text = await readFile(path, "utf8");
    const lines = Array.from({ length: 40 }, (_, n) => encodeLine({ n, text: "w".repeat(100) }));
    const kept = text.split("\n").length - 1;
    expect(text).toBe(lines.slice(0, kept).join(""));
    expect(kept).toBeGreaterThan(20);
    expect(kept).toBeLessThan(40);
    expect(text.length + (lines[kept]?.length ?? 0)).toBeGreaterThan(4096);
  });

  it("says why a path cannot be opened", async () => {
    await writeFile(path, "");
    await expect(JournalWriter.open(join(path, "x.jsonl"))).rejects.toMatchObject({
      code: "WRITE_FAILED",
      message: expect.stringMatching(/a part of its path is a file, not a directory\. Check the path\.$/),
    });
    await expect(JournalWriter.open(join(directory, "gone", "x.jsonl"))).rejects.toThrow(/it does not exist/);
    await expect(JournalWriter.open(directory)).rejects.toThrow(/it is a directory, not a file/);
  });
});

describe("JSON files of a run", () => {
  it("are replaced whole, and nothing else stays behind", async () => {
    const file = join(directory, "run.json");
    await writeJsonAtomic(file, { version: 1 });
    await writeJsonAtomic(file, { version: 2, text: "ü" });
    expect(await readJson(file)).toEqual({ version: 2, text: "ü" });
    expect(await readdir(directory)).toEqual(["run.json"]);
  });

  it("stay as they were when writing fails, and no temporary file stays behind", async () => {
    const file = join(directory, "run.json");
    await writeJsonAtomic(file, { version: 1 });
    const circular: { self?: unknown } = {};
    circular.self = circular;
    await expect(writeJsonAtomic(file, circular)).rejects.toMatchObject({ code: "WRITE_FAILED" });
    expect(await readJson(file)).toEqual({ version: 1 });
    expect(await readdir(directory)).toEqual(["run.json"]);
    await expect(writeJsonAtomic(join(file, "x.json"), {})).rejects.toThrow(/a part of its path is a file/);
    expect((await stat(file)).isFile()).toBe(true);
  });

  it("say what is wrong when they cannot be read", async () => {
    const file = join(directory, "run.json");
    await expect(readJson(file)).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
    await writeFile(file, '{"half":');
    await expect(readJson(file)).rejects.toMatchObject({ code: "BAD_RUN" });
  });
});
