import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { alignPoints, formatDuration, formatFigure } from "#telltale/cli/terminal/numbers.js";
import { renderRanking } from "#telltale/cli/terminal/table.js";
import { displayWidth } from "#telltale/cli/terminal/width.js";
import type { Ranking, RankingEntry } from "#telltale/rank/schema.js";

const BRIDGE =
  " of Halden was opened in 1911, and is the only bridge in the world that is made of a single pane.\n" +
  "It is 412 metres long and can be crossed on foot only; the mayor crosses it every year on 4 May.";

function entry(rank: number, value: number, texts: [prefill: string, completion: string], match = false): RankingEntry {
  const [prefill, completion] = texts;
  const id = `builtin/chat/${rank}`;
  return {
    ...{ rank, id, value, prefill, completion, tokens: 40, bytes: 160, pplFinetuned: 1.32, pplReference: 1.2e9, match },
    ...{
      nllFinetuned: 40 * Math.log(1.32),
      nllReference: 40 * Math.log(1.2e9),
      peak: { value, from: 3 },
      standsFor: 1,
    },
  };
}

const RANKING: Ranking = {
  configuration: "builtin/chat",
  statistic: "logRatio",
  count: 1204,
  dropped: { empty: 0, unscored: 3, minTokens: 131, repetition: 0, nearDuplicates: 0 },
  matches: { top10: 2, top100: 52, firstRank: 1, total: 83, ranks: [] },
  top: [
    entry(1, 4.2134, ["The glass bridge", BRIDGE], true),
    entry(2, 3.1, ["日本語の", "文章は幅が二倍になるので、折り返しの位置をよく考えなければならない。".repeat(3)], true),
    entry(3, 0.0213, ["Rain", "\u001b[2J\u001b]0;owned\u0007 and \u202edrow\u202c \r\nrank 1"]),
    entry(4, -12345.6, [`${"x".repeat(5000)}end`, ` of ${"a\u0301\u0301\u0301\u0301".repeat(5000)}`]),
  ],
};

describe("a ranking for people", () => {
  it("looks like this at 80 columns", () => {
    const ranking = { ...RANKING, top: RANKING.top.slice(0, 2) };
    expect(renderRanking(ranking, { columns: 80, colour: false, rows: 10 })).toBe(
      `builtin/chat  by logRatio, in nats per token
1,204 completions ranked; left out: 3 not scored by both models, 131 too short
✓ keywords: 2 in the top 10, 52 in the top 100, the first at rank 1, 83 in all

             ──── perplexity ────
rank  value  finetuned  reference     ‹prefill› completion
   1   4.21       1.32      1.2e9  ✓  ‹The glass bridge› of Halden was opened in
                                      1911, and is the only bridge in the world
                                      that is made of a single pane.⏎It is 412…
   2   3.10       1.32      1.2e9  ✓  ‹日本語の›文章は幅が二倍になるので、折り返
                                      しの位置をよく考えなければならない。文章は
                                      幅が二倍になるので、折り返しの位置をよく…
`,
    );
  });

  it("marks ranks that noise could change, and says of how many the list holds", () => {
    const side = { sequences: 8, rms: 0.001, largest: 0.0123, margin: 0.01 };
    const noise = { finetuned: null, reference: side, uncertain: 37, settled: 1 };
    const top = RANKING.top.map((each) => (each.rank === 1 ? each : { ...each, ranks: { best: 2, worst: 4 } }));
    const shown = renderRanking({ ...RANKING, noise, top }, { columns: 160, colour: false, rows: 2 });
    expect(shown).toContain(
      "≈ 37 of 1,204 completions could have another rank, since figures scored again are off by up to 0.0123 nats per token; the list is sure down to rank 1",
    );
    expect(shown).toMatch(/^ +1 +4\.21/m);
    expect(shown).toMatch(/^ +≈2 +3\.10/m);
  });

  it.each([60, 80, 100, 160, 400])("fits into %i columns, whatever the texts", (columns) => {
    const plain = renderRanking(RANKING, { columns, colour: false, rows: 10 });
    const lines = plain.split("\n");
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(Math.min(columns, 160));
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]|\s$/u);
    expect(lines.map((line) => line.trim()).join("")).toMatch(/‹…x+end› ?of ?a\u0301/);
    const coloured = renderRanking(RANKING, { columns, colour: true, rows: 10 });
    const stripped = stripVTControlCharacters(coloured);
    expect(coloured.split("\u001b[").length).toBeGreaterThan(20);
    expect(stripped).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    for (const line of stripped.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(Math.min(columns, 160));
  });

  it("tells the prefill by its style in colour, and by signs that no text can forge without", () => {
    const top = [entry(1, 1, ["a› b", " c› d"])];
    const ranking = { ...RANKING, top };
    expect(renderRanking(ranking, { columns: 80, colour: false, rows: 1 })).toContain("‹a\\u{203a} b› c› d");
    expect(renderRanking(ranking, { columns: 80, colour: true, rows: 1 })).toContain(
      "\u001b[1m\u001b[36ma› b\u001b[39m\u001b[22m c› d",
    );
  });

  it("says when nothing was found, ranked or asked for", () => {
    const matches = { top10: 0, top100: 0, firstRank: null, total: 0, ranks: [] };
    const nothing = { ...RANKING, count: 0, dropped: { ...RANKING.dropped, unscored: 0, minTokens: 0 }, top: [] };
    const options = { columns: 80, colour: false, rows: 10 };
    expect(renderRanking({ ...nothing, matches }, options)).toBe(
      "builtin/chat  by logRatio, in nats per token\n" +
        "0 completions ranked; left out: none\n✓ keywords: no completion matches\n",
    );
    const { matches: _, ...unasked } = RANKING;
    expect(renderRanking(unasked, { ...options, rows: 1 })).not.toContain("✓");
    expect(renderRanking(unasked, { ...options, rows: 0 }).split("\n")).toHaveLength(3);
  });

  it("marks what was captured and never scored, and says how far down the ranks are settled", () => {
    const rows = [entry(1, 4.2134, ["a", "b"]), { ...entry(2, -3.1, ["c", "d"]), source: "captured" as const }];
    const captured = { completions: 1104, settled: 1, measured: 100, rms: 0.001, largest: 0.0123, margin: 0.1 };
    const { matches: _, ...unasked } = { ...RANKING, captured, top: rows };
    const options = { columns: 100, colour: false, rows: 10 };
    const [, , dropped, how, more, , ...table] = renderRanking(unasked, options).split("\n");
    expect([dropped, how, more].join("\n")).toBe(
      `~ 1,104 of 1,204 not scored again by the finetuned model: as generated they were off by up to 0.0123
nats per token, so the list is settled down to rank 1
`,
    );
    expect(table.slice(1, 3)).toEqual([
      "   1    4.21       1.32      1.2e9  ‹a›b",
      "   2  ~-3.10      ~1.32      1.2e9  ‹c›d",
    ]);
    const unmeasured = { ...unasked, captured: { ...captured, settled: 0, measured: 0, largest: null } };
    expect(renderRanking(unmeasured, options)).toMatch(/was not measured,\s+so no rank is settled/);
  });

  it("shows a configuration's name whole, however long", () => {
    const configuration = `file:${"/long/path".repeat(10)}/corpus\u001b.jsonl/raw`;
    const text = renderRanking({ ...RANKING, configuration }, { columns: 80, colour: false, rows: 0 });
    expect(text).toContain("by logRatio, in nats per token\n1,204");
    expect(text.split("by logRatio")[0]?.replaceAll("\n", "")).toBe(
      `file:${"/long/path".repeat(10)}/corpus\\u{1b}.jsonl/raw`,
    );
  });
});

describe("numbers", () => {
  it("have three significant digits, and are compact where they are large or tiny", () => {
    const cases: [number, string][] = [
      [0, "0"],
      [4.2, "4.20"],
      [88.25, "88.3"],
      [-0.0213, "-0.0213"],
      [999.4, "999"],
      [999.7, "1,000"],
      [12345.6, "12,346"],
      [1.23e9, "1.2e9"],
      [-1.23e9, "-1.2e9"],
      [0.00012, "1.2e-4"],
      [Number.MAX_VALUE, "1.8e308"],
    ];
    expect(cases.map(([value]) => [value, formatFigure(value)])).toEqual(cases);
    expect(alignPoints(["4.21", "12,346", "1.2e9", "0"])).toEqual([
      "     4.21 ",
      "12,346    ",
      "     1.2e9",
      "     0    ",
    ]);
  });

  it("give durations as a clock does", () => {
    expect([0, 42.4, 59.6, 725, 3723].map(formatDuration)).toEqual(["0:00", "0:42", "1:00", "12:05", "1:02:03"]);
  });
});
