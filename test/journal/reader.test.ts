import { mkdtemp, open, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeLine } from "#telltale/journal/line.js";
import { MAX_LINE_BYTES } from "#telltale/journal/lines.js";
import { type JournalProblem, readLineAt, readRecords } from "#telltale/journal/reader.js";

const any = (value: unknown) => value;
let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "telltale-reader-"));
  path = join(directory, "journal.jsonl");
});
afterEach(() => rm(directory, { recursive: true }));

async function read(start?: number, end?: number) {
  const problems: JournalProblem[] = [];
  const range = { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
  const entries = [];
  for await (const entry of readRecords(path, any, { ...range, onProblem: (p) => problems.push(p) })) {
    entries.push(entry);
  }
  return { entries, records: entries.map((entry) => entry.record), problems };
}

describe("reading a journal", () => {
  it("gives the whole lines, and one problem for the rest, wherever the file is cut", async () => {
    const records = [{ id: "ä" }, { id: "b", text: "日本\n" }, {}, { id: "d" }];
    const lines = records.map((record) => Buffer.from(encodeLine(record)));
    const bytes = Buffer.concat(lines);
    await writeFile(path, bytes);
    for (let size = bytes.length; size >= 0; size -= 1) {
      await truncate(path, size);
      let end = 0;
      const whole = lines.filter((line) => {
        end += line.length;
        return end <= size;
      });
      const wholeBytes = Buffer.concat(whole).length;
      const { records: found, problems } = await read();
      expect(found).toEqual(records.slice(0, whole.length));
      expect(problems.map((problem) => problem.kind)).toEqual(wholeBytes < size ? ["torn"] : []);
      if (wholeBytes < size) expect(problems[0]).toMatchObject({ line: whole.length + 1, offset: wholeBytes });
    }
  });

  it("reports damaged lines by number and goes on behind them", async () => {
    const good = encodeLine({ n: 1 });
    await writeFile(path, `${good}garbage\n${good.replace("1", "2")}\n${encodeLine([])}${good}`);
    const refuseLists = (value: unknown) => {
      if (Array.isArray(value)) throw new Error("it is a list");
      return value;
    };
    const problems: JournalProblem[] = [];
    const lines = [];
    const options = { onProblem: (problem: JournalProblem) => problems.push(problem) };
    for await (const { line } of readRecords(path, refuseLists, options)) lines.push(line);
    expect(lines).toEqual([1, 6]);
    expect(problems.map(({ line, kind, reason }) => [line, kind, reason])).toEqual([
      [2, "damaged", "it does not end in a checksum"],
      [3, "damaged", "its checksum does not fit"],
      [4, "damaged", "it does not end in a checksum"],
      [5, "damaged", "its checksum does not fit"],
    ]);
  });

  it("reads any line again by its offset and length, and notices when it has changed", async () => {
    await writeFile(path, [0, 1, 2].map((n) => encodeLine({ n, text: "é".repeat(n) })).join(""));
    const { entries } = await read();
    const handle = await open(path, "r");
    for (const { record, offset, length } of entries.reverse()) {
      expect(await readLineAt(handle, offset, length, any)).toEqual(record);
    }
    await truncate(path, 20);
    const last = entries[0];
    if (last === undefined) throw new Error("no entry");
    const again = () => readLineAt(handle, last.offset, last.length, any);
    await expect(again()).rejects.toMatchObject({ code: "BAD_RUN" });
    await handle.close();
    await expect(again()).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
  });

  it("splits into byte ranges without losing or doubling a line, wherever the cuts are", async () => {
    const records = [{ n: 1 }, { n: 22 }, {}, { n: 4, text: "xyz" }];
    const text = records.map(encodeLine).join("");
    await writeFile(path, `${text}{"torn`);
    const size = text.length + 6;
    for (let cut = 0; cut <= size; cut += 1) {
      const [left, right] = [await read(0, cut), await read(cut, size)];
      expect([...left.records, ...right.records], `cut at ${cut}`).toEqual(records);
      expect([...left.problems, ...right.problems].map((problem) => problem.kind)).toEqual(["torn"]);
      expect([...left.entries, ...right.entries].map((entry) => entry.offset)).toEqual(
        (await read()).entries.map((entry) => entry.offset),
      );
    }
  });

  it("reads lines longer than its buffer, and passes over one that no run can have written", async () => {
    const long = { text: "x".repeat(3_000_000) };
    await writeFile(path, encodeLine(long) + encodeLine({ n: 1 }));
    expect((await read()).records).toEqual([long, { n: 1 }]);

    await writeFile(path, encodeLine({ n: 1 }));
    await truncate(path, MAX_LINE_BYTES + 2_000_000);
    await writeFile(path, `\n${encodeLine({ n: 2 })}`, { flag: "a" });
    const { records, problems } = await read();
    expect(records).toEqual([{ n: 1 }, { n: 2 }]);
    expect(problems).toMatchObject([{ line: 2, kind: "damaged", reason: "it is too long" }]);
  });

  it("says what is wrong with a path it cannot read", async () => {
    await expect(read()).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
    await expect(read()).rejects.toThrow(/journal\.jsonl" could not be read: it does not exist/);
    path = directory;
    await expect(read()).rejects.toThrow(/is a directory, not a file/);
  });
});
