import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { createProgress } from "#telltale/cli/terminal/progress.js";
import { displayWidth } from "#telltale/cli/terminal/width.js";
import { HAS_PTY, runInTerminal } from "../pty.js";

/** A stream that keeps what is written, and a clock that is set by hand. */
function recorder(terminal: { isTTY?: boolean; columns?: number }) {
  const writes: string[] = [];
  const clock = { at: 0 };
  const write = (text: string) => writes.push(text);
  return {
    writes,
    clock,
    progress: createProgress({ ...terminal, write }, { now: () => clock.at, env: { TERM: "xterm" } }),
  };
}

/** Rows a terminal shows after these writes, which use \r, \n and "erase to the end of the line" only. */
function screen(writes: readonly string[]): string[] {
  return writes
    .join("")
    .split("\n")
    .map((line) => line.split("\r\u001b[K").at(-1) ?? "");
}

describe("progress on a terminal", () => {
  it("is one line: bar, completions, speed of the last seconds, time left, time elapsed", () => {
    const { writes, clock, progress } = recorder({ isTTY: true, columns: 100 });
    progress.phase("generate builtin/chat", 1200);
    for (let second = 1; second <= 60; second += 1) {
      clock.at = second * 1000;
      progress.update({ done: second * 10, tokens: second <= 50 ? second * 100 : 5000 + (second - 50) * 1000 });
    }
    expect(stripVTControlCharacters(screen(writes)[0] ?? "")).toBe(
      `generate builtin/chat  ${"━".repeat(11)}${"─".repeat(11)}    600/1,200  1,000 tokens/s  1:00 left  1:00 elapsed`,
    );
    progress.end();
    expect(screen(writes)).toEqual([
      "generate builtin/chat: 600 of 1,200 completions, 15,000 tokens, 250 tokens/s, in 1:00",
      "",
    ]);
  });

  it("is redrawn at most ten times a second and fits into any width", () => {
    for (const columns of [10, 40, 60, 80, 200]) {
      const { writes, clock, progress } = recorder({ isTTY: true, columns });
      progress.phase("score reference \u001b[31m日本", 10_000);
      for (let update = 1; update <= 10_000; update += 1) {
        clock.at = update;
        progress.update({ done: update, tokens: update * 50 });
      }
      expect(writes.length).toBeGreaterThan(90);
      expect(writes.length).toBeLessThanOrEqual(101);
      for (const text of writes) {
        expect(displayWidth(stripVTControlCharacters(text).trim())).toBeLessThan(columns);
      }
      progress.end();
    }
  });

  it("writes notes above, escaped, and leaves no half line however it is called", () => {
    const { writes, clock, progress } = recorder({ isTTY: true, columns: 80 });
    progress.update({ done: 1, tokens: 1 });
    progress.note("before");
    progress.phase("load finetuned", 0);
    clock.at = 2000;
    progress.note("oddity \u001b[2J of\na file");
    progress.phase("score", 10);
    progress.update({ done: 10, tokens: 60 });
    progress.end();
    progress.end();
    progress.update({ done: 11, tokens: 61 });
    progress.note("after");
    expect(screen(writes)).toEqual([
      "before",
      "oddity \\u{1b}[2J of⏎a file",
      "load finetuned: 0:02",
      "score: 10 of 10 completions, 60 tokens, 0 tokens/s, in 0:00",
      "after",
      "",
    ]);
  });

  it("says what is done now, with the bar in one place, and names the phase when it ends", () => {
    const { writes, clock, progress } = recorder({ isTTY: true, columns: 120 });
    progress.step("nothing is under way");
    progress.phase("audit", 1000);
    const shown = (name: string, done: number): string => {
      clock.at += 10_000;
      progress.step(name);
      progress.update({ done, tokens: done * 30 });
      clock.at += 100;
      progress.update({ done, tokens: done * 30 });
      return stripVTControlCharacters(screen(writes)[0] ?? "");
    };
    const lines = [shown("score reference \u001b[31m", 250), shown("generate", 500)];
    expect(lines[0]).toMatch(/^score reference \\u\{1b\}\[31m {2}━+─+ {4}250\/1,000 .* 0:30 left {2}0:10 elapsed$/);
    expect(lines[1]).toMatch(/^generate +━+─+ {4}500\/1,000 .* 0:20 left {2}0:20 elapsed$/);
    expect(lines[1]?.indexOf("━")).toBe(lines[0]?.indexOf("━"));
    progress.phase("rank", 0);
    expect(screen(writes)).toEqual([
      "audit: 500 of 1,000 completions, 15,000 tokens, 743 tokens/s, in 0:20",
      "rank  0:00 elapsed",
    ]);
  });

  it("leaves out the least needed figures before the bar where there is little room", () => {
    const drawn = (columns: number): string => {
      const { writes, clock, progress } = recorder({ isTTY: true, columns });
      progress.phase("score reference builtin/chat", 12_000);
      clock.at = 60_000;
      progress.update({ done: 6000, tokens: 60_000 });
      return stripVTControlCharacters(screen(writes)[0] ?? "");
    };
    expect(drawn(100)).toMatch(/ {2}━+─+ .*tokens\/s .* left .* elapsed$/);
    expect(drawn(80)).toMatch(/ {2}━+─+ .*tokens\/s .* left$/);
    expect(drawn(65)).toMatch(/ {2}━+─+ {3}6,000\/12,000 {2}1:00 left$/);
    expect(drawn(40)).toMatch(/^score reference builtin\/chat {3}6,000\/1…$/);
  });

  it("breaks long notes at spaces", () => {
    const { writes, progress } = recorder({ isTTY: true, columns: 40 });
    progress.note(`finetuned: ${"a model of some kind, ".repeat(4)}`);
    const lines = screen(writes);
    expect(lines.length).toBeGreaterThan(3);
    for (const line of lines) expect(displayWidth(line)).toBeLessThan(40);
    expect(lines.slice(1, -1).every((line) => /^ {2}\S/.test(line))).toBe(true);
  });
});

describe("progress elsewhere", () => {
  it("is quiet but for notes", () => {
    const { writes, clock, progress } = recorder({});
    progress.phase("generate", 100);
    for (let update = 1; update <= 100; update += 1) {
      clock.at = update * 100;
      progress.update({ done: update, tokens: update * 40 });
    }
    expect(writes).toEqual([]);
    progress.phase("rank", 0);
    progress.note("a note");
    progress.end();
    expect(writes).toEqual(["a note\n"]);
  });
});

describe.skipIf(!HAS_PTY)("progress in a real terminal", () => {
  const program = (end: string) => [
    process.execPath,
    "--input-type=module",
    "-e",
    `import { createProgress } from ${JSON.stringify(import.meta.resolve("#telltale/cli/terminal/progress.js"))};
     const progress = createProgress(process.stderr);
     progress.phase("score", 100);
     progress.update({ done: 50, tokens: 400 });
     ${end}`,
  ];

  it("draws a bar, ends its line also when the process exits early, and lets it exit", async () => {
    for (const end of ["progress.end()", "process.exit(0)", ""]) {
      const output = await runInTerminal(80, program(end));
      expect(output).toContain("\u001b[2m─");
      expect(output).not.toContain("\u001b[?");
      expect(output.split("\r\u001b[K").at(-1)).toMatch(/^score: 50 of 100 completions, 400 tokens, .*, in 0:00\r\n$/);
    }
    const plain = await runInTerminal(80, program("progress.end()"), { NO_COLOR: "1" });
    expect(plain.replaceAll("\u001b[K", "")).not.toContain("\u001b");
  });
});
