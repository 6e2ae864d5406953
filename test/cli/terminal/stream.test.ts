import { describe, expect, it } from "vitest";
import { createProgress } from "#telltale/cli/terminal/progress.js";
import { colourDepth, usesColour } from "#telltale/cli/terminal/stream.js";

describe("colours", () => {
  const xterm = { TERM: "xterm-256color" };

  it.each([
    ["a terminal", true, xterm, true],
    ["a file or a pipe", false, xterm, false],
    ["a dumb terminal", true, { TERM: "dumb" }, false],
    ["NO_COLOR", true, { ...xterm, NO_COLOR: "1" }, false],
    ["an empty NO_COLOR", true, { ...xterm, NO_COLOR: "" }, true],
    ["FORCE_COLOR in a pipe", false, { ...xterm, FORCE_COLOR: "1" }, true],
    ["FORCE_COLOR=0 on a terminal", true, { ...xterm, FORCE_COLOR: "0" }, false],
    ["both", true, { ...xterm, NO_COLOR: "1", FORCE_COLOR: "3" }, false],
  ])("%s: %s with %j gives %s", (_what, isTTY, env, expected) => {
    expect(usesColour({ write: () => {}, isTTY }, env)).toBe(expected);
    expect(colourDepth({ write: () => {}, isTTY }, env)).toBe(expected ? "256" : "none");
  });
});

describe("progress", () => {
  function written(isTTY: boolean, env: NodeJS.ProcessEnv): string {
    const writes: string[] = [];
    let at = 0;
    const progress = createProgress({ isTTY, columns: 60, write: (text) => writes.push(text) }, { now: () => at, env });
    progress.phase("generate", 100);
    for (const time of [1000, 2000, 3000, 4000, 5000]) {
      at = time;
      progress.update({ done: at / 100, tokens: at });
    }
    progress.note("a note");
    progress.end();
    return writes.join("");
  }

  it("needs no escape sequence where colours are not wanted: spaces wipe the line", () => {
    const text = written(true, { TERM: "xterm", NO_COLOR: "1" });
    expect(text).not.toContain("\u001b");
    const shown = text
      .split("\n")
      .map((line) => line.split("\r").reduce((row, next) => next + row.slice(next.length), ""));
    expect(shown.map((line) => line.trimEnd())).toEqual([
      "a note",
      "generate: 50 of 100 completions, 5,000 tokens, 1,000 tokens/s, in 0:05",
      "",
    ]);
  });

  it("is its notes alone on a dumb terminal and in a file", () => {
    expect(written(true, { TERM: "dumb" })).toBe("a note\n");
    expect(written(false, { TERM: "xterm" })).toBe("a note\n");
  });
});
