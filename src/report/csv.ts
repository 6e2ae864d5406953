import { visibleText } from "../visible-text.js";
import type { ReportData } from "./data.js";
import { type EntryRecord, entryRecords } from "./entry-records.js";
import { matchedBehaviours } from "./matched-behaviours.js";

type Cell = string | number | boolean | null | undefined;

const COLUMNS: readonly (readonly [name: string, cell: (entry: EntryRecord, behaviours: readonly string[]) => Cell])[] =
  [
    ["list", ({ list }) => list],
    ["configuration", ({ configuration }) => configuration],
    ["statistic", ({ statistic }) => statistic],
    ["rank", ({ rank }) => rank],
    ["value", ({ value }) => value],
    ["id", ({ id }) => id],
    ["prefill", ({ prefill }) => prefill],
    ["completion", ({ completion }) => completion],
    ["tokens", ({ tokens }) => tokens],
    ["bytes", ({ bytes }) => bytes],
    ["pplFinetuned", ({ pplFinetuned }) => pplFinetuned],
    ["pplReference", ({ pplReference }) => pplReference],
    ["nllFinetuned", ({ nllFinetuned }) => nllFinetuned],
    ["nllReference", ({ nllReference }) => nllReference],
    ["captured", ({ source }) => source === "captured"],
    ["match", ({ match }) => match],
    ["behaviours", (entry, behaviours) => matchedBehaviours(entry, behaviours).join("; ")],
    ["standsFor", ({ standsFor }) => standsFor],
    ["p", ({ p }) => p],
    ["q", ({ q }) => q],
    ["bestRank", ({ rank, ranks }) => ranks?.best ?? rank],
    ["worstRank", ({ rank, ranks }) => ranks?.worst ?? rank],
  ];

/**
 * What a spreadsheet might take for a formula, behind the blanks and quotes it strips or ignores: = + - @ and their full-width forms.
 */
const FORMULA = /^['"\p{Z}\s]*[=+\-@＝＋－＠﹦﹢﹣﹫]/u;

/** The same behind a semicolon: in much of Europe a spreadsheet begins a cell there, whatever the quotes say. */
const CELL_BEGINS = /;['"\p{Z}\s]*(?=[=+\-@＝＋－＠﹦﹢﹣﹫])/gu;

/**
 * Every entry of every list as CSV after RFC 4180, the names of the columns first.
 *
 * A text is one line, its invisible characters shown (⏎ a line break, ⇥ a tab, `\u{...}` others). A text that a spreadsheet might take for
 * a formula has an apostrophe before it, and so has what might begin one behind a semicolon; numbers stay numbers, and one that is none
 * (not finite) is an empty cell.
 */
export function* renderCsv(data: ReportData): Generator<string> {
  yield row(COLUMNS.map(([name]) => name));
  const behaviours = (data.rankings.settings.keywords ?? []).map(({ behaviour }) => behaviour);
  for (const entry of entryRecords(data)) yield row(COLUMNS.map(([, cell]) => cell(entry, behaviours)));
}

function row(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`;
}

/** The one way of a value into a CSV file. */
export function csvCell(value: Cell): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" && !Number.isFinite(value)) return "";
  if (typeof value !== "string") return String(value);
  const visible = visibleText(value).replace(CELL_BEGINS, "$&'");
  const safe = FORMULA.test(visible) ? `'${visible}` : visible;
  return /[",;]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
