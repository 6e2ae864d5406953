import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvCell } from "#telltale/report/csv.js";
import { escapeHtml, html, markupOf, modelText } from "#telltale/report/escape-html.js";
import { markdownCode, markdownText } from "#telltale/report/escape-markdown.js";
import { jsonForScript } from "#telltale/report/script-json.js";
import { visibleText } from "#telltale/visible-text.js";
import { PAYLOADS } from "./payloads.js";

const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...PAYLOADS));

describe("escapeHtml", () => {
  it("leaves nothing that begins or ends markup, nor anything invisible", () => {
    expect(escapeHtml(`<a b="c" d='e'>&\u202e\0\n`)).toBe(
      "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\\u{202e}\\u{0}⏎",
    );
    fc.assert(
      fc.property(anyText, (text) => {
        expect(escapeHtml(text).replace(/&(amp|lt|gt|quot|#39);/g, "")).toMatch(/^[^&<>"'\p{Cc}\p{Cs}\p{Cf}]*$/u);
      }),
    );
  });
});

describe("html", () => {
  it("escapes every text that a template takes, in lists too, and leaves markup", () => {
    const inner = html`<b>${"<&>"}</b>`;
    expect(markupOf(html`<p title="${'"'}">${[inner, "<", 3, null, [inner]]}</p>`)).toBe(
      '<p title="&quot;"><b>&lt;&amp;&gt;</b>&lt;3<b>&lt;&amp;&gt;</b></p>',
    );
  });

  it("takes nothing for markup that was not made by it", () => {
    const forged = { markup: "<b>", "Symbol(markup)": "<b>" } as unknown as string;
    expect(markupOf(html`${forged}`)).not.toContain("<b>");
  });

  it("tells signs apart from the same characters in a text", () => {
    expect(markupOf(modelText("a\n⏎\u200b"))).toBe(
      'a<span class="sign line">⏎</span><span class="sign">\\u{23ce}</span><span class="sign">\\u{200b}</span>',
    );
  });
});

describe("jsonForScript", () => {
  it("is the same value to JSON.parse and holds nothing that HTML or a script could take for its own", () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.array(anyText), fc.dictionary(anyText, anyText)), (value) => {
        const text = jsonForScript(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text).not.toMatch(/[<>&\u2028\u2029]/);
      }),
    );
  });
});

describe("markdownCode", () => {
  it.each([
    ["plain", "`plain`"],
    ["a ` b `` c", "```a ` b `` c```"],
    ["`", "`` ` ``"],
    [" a", "`  a `"],
    ["  ", "`  `"],
    ["a|b", "`a`&#124;`b`"],
    ["\\|", "`\\`&#124;"],
    ["", ""],
    ["@a #1\n- b", "`@a #1⏎- b`"],
  ])("%j", (text, markdown) => {
    expect(markdownCode(text)).toBe(markdown);
  });

  it("is read back as the text by the rules of CommonMark, whatever the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(readCode(markdownCode(text))).toBe(visibleText(text));
      }),
    );
  });
});

/** Code spans and entities between them, read as CommonMark reads them; anything else is no answer. */
function readCode(markdown: string): string | null {
  let text = "";
  let rest = markdown;
  while (rest !== "") {
    if (rest.startsWith("&#124;")) {
      text += "|";
      rest = rest.slice("&#124;".length);
      continue;
    }
    const fence = /^`+/.exec(rest)?.[0] ?? "";
    const end = [...rest.slice(fence.length).matchAll(/`+/g)].find(([run]) => run.length === fence.length)?.index;
    if (fence === "" || end === undefined) return null;
    const inside = rest.slice(fence.length, fence.length + end);
    const strips = inside.startsWith(" ") && inside.endsWith(" ") && inside.trim() !== "";
    text += strips ? inside.slice(1, -1) : inside;
    rest = rest.slice(2 * fence.length + end);
    if (inside.includes("|")) return null;
  }
  return text;
}

describe("markdownText", () => {
  it("escapes what begins markup and breaks mentions", () => {
    expect(markdownText("a *b* [c](d) <e> @f #1 | g")).toBe("a \\*b\\* \\[c\\](d) \\<e\\> &#64;<!-- -->f \\#1 \\| g");
  });
});

describe("csvCell", () => {
  it.each([
    [-1.5, "-1.5"],
    [null, ""],
    [true, "true"],
    ["plain", "plain"],
    ["-1.5", "'-1.5"],
    ["=1+1", "'=1+1"],
    ["+1", "'+1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1+1", "⇥=1+1"],
    ["\r\n=1", "\\u{d}⏎=1"],
    ['" =1"', '"\'"" =1"""'],
    ["'=1", "''=1"],
    ["＝1", "'＝1"],
    [" ＋1", "' ＋1"],
    ["a,b", '"a,b"'],
    [' "quoted"', '" ""quoted"""'],
    ["it's -1", "it's -1"],
    ["a;=1", `"a;'=1"`],
    ["a; -b;c", `"a; '-b;c"`],
    ['x;"@1', `"x;""'@1"`],
    ["a;b", '"a;b"'],
    [Number.NaN, ""],
    [Number.NEGATIVE_INFINITY, ""],
  ])("%j", (value, cell) => {
    expect(csvCell(value)).toBe(cell);
  });

  it("never lets a text be a formula, a second cell or a second line", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const cell = csvCell(text);
        const read = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
        expect(cell).toMatch(/^([^",\r\n]*|"([^"\r\n]|"")*")$/);
        expect(read.trimStart()).not.toMatch(/^["']*[=+\-@＝＋－＠]/.test(read.trimStart()) ? /^[^']/ : /^[=+\-@]/);
        // In much of Europe a semicolon begins a cell, inside of quotes as well where the first cell of a line has none.
        for (const part of read.split(";").slice(1)) expect(part).not.toMatch(/^['"\s\p{Z}]*[=+\-@＝＋－＠]/u);
        const apart = (shown: string): string => shown.replaceAll("'", "");
        expect(apart(read)).toBe(apart(visibleText(text)));
      }),
    );
  });
});
