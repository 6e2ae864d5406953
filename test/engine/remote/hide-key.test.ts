import { describe, expect, it } from "vitest";
import { hideKey } from "#telltale/engine/remote/hide-key.js";

const KEY = 'sk-a/b+c="d"\\0123456789';

describe("a key in what a server says", () => {
  it("is taken out as it is, and as JSON and addresses spell it", () => {
    const { always, inAnswer } = hideKey(KEY);
    const unicode = [...KEY].map((character) => `\\u00${character.charCodeAt(0).toString(16)}`).join("");
    const written = [
      KEY,
      JSON.stringify(KEY).slice(1, -1),
      KEY.replace("/", "\\/").replaceAll('"', '\\"').replace("\\0", "\\\\0"),
      unicode,
      unicode.replace(/\\u00../g, (unit) => unit.slice(0, 4) + unit.slice(4).toUpperCase()),
      encodeURIComponent(KEY),
    ];
    for (const spelled of written) {
      expect(always(`no ${spelled} here, ${spelled}`)).toBe("no [key] here, [key]");
      expect(inAnswer(spelled)).toBe("[key]");
    }
  });

  it("leaves an answer JSON, and everything else as it was", () => {
    const { inAnswer } = hideKey(KEY);
    const answer = JSON.stringify({ id: `\\${KEY}`, text: "sk-a/b+c", [KEY]: [KEY, 1] });
    expect(JSON.parse(inAnswer(answer))).toEqual({ id: "\\[key]", text: "sk-a/b+c", "[key]": ["[key]", 1] });
  });

  it("that may stand in any text is left in answers, not in messages", () => {
    const { always, inAnswer } = hideKey("EMPTY");
    expect(inAnswer('{"text":"EMPTY"}')).toBe('{"text":"EMPTY"}');
    expect(always("the key EMPTY")).toBe("the key [key]");
    expect(hideKey(undefined).always("x")).toBe("x");
  });
});
