import pc from "picocolors";
import type { RunNoise } from "../../journal/noise.js";
import type { Ranking, Rankings } from "../../rank/schema.js";
import { escapeForTerminal } from "./escape.js";
import { factLines } from "./fact-lines.js";
import { renderOverview } from "./overview.js";
import { runFacts } from "./run-facts.js";
import { type ListStyle, type ShadedList, shadedLines, usedColumns } from "./top-list.js";
import { renderVerdict } from "./verdict.js";
import { truncate } from "./width.js";

/** A run on a page. */
export interface RunPage {
  rankings: Rankings;
  /** run.json and performance.json; null where there is none. */
  manifest: unknown;
  performance: unknown;
  /** Null where none was measured. */
  noise: RunNoise | null;
  finished: boolean;
  /** The rankings that differ: of a single configuration, all of them together are the same once more. */
  distinct: readonly Ranking[];
  /** The first completions of the main ranking. */
  list: ShadedList;
  /** How that ranking is called. */
  listed: string;
}

const GAP = "  ";
/** Columns of "unfinished" and the gap before it. */
const LONGEST_STATE = 12;

/** A run for people: what was audited and how, the verdict, a line for every ranking, the first completions. */
export function renderRun(page: RunPage, style: ListStyle): string {
  const { rankings, list, listed } = page;
  const columns = usedColumns(style);
  const colour = style.depth !== "none";
  const { bold, dim, yellow } = pc.createColors(colour);
  const state = page.finished ? dim("finished") : yellow("unfinished");
  const facts = runFacts(page.manifest, page.performance, page.noise);
  const noFacts = "It has no run.json, so what was audited is not known.";
  const lines = [
    `${bold(truncate(escapeForTerminal(rankings.run), columns - LONGEST_STATE))}${GAP}${state}`,
    "",
    ...(facts.length === 0 ? [noFacts] : factLines(facts, columns, dim)),
    "",
  ];
  const verdict = rankings.verdict === null ? "" : renderVerdict(rankings.verdict, { columns, colour });
  const overview = renderOverview(page.distinct, colour);
  const first = list.entries.length === 0 ? [] : ["", bold(escapeForTerminal(listed)), ...shadedLines(list, style)];
  return `${lines.join("\n")}\n${verdict}${overview}${first.map((line) => `${line}\n`).join("")}`;
}
