import type { Flags } from "./flags.js";
import type { Machine } from "./machine.js";
import type { MemoryResult } from "./memory.js";
import {
  type Contest,
  compare,
  type RatioResult,
  type Sample,
  type Series,
  type Summary,
  summarize,
  WIDE_SPREAD,
} from "./rounds.js";

export interface ContestResult {
  id: string;
  title: string;
  contenders: ContenderResult[];
  ratios: RatioResult[];
  warnings: string[];
}

export interface ContenderResult extends Summary {
  name: string;
  version?: string;
  settings?: Record<string, string | number | boolean>;
  samples: Sample[];
}

export interface Report {
  schema: "telltale.contests/1";
  machine: Machine;
  flags: Flags;
  contests: ContestResult[];
  memory: MemoryResult[];
}

export function contestResult(contest: Contest, series: Series): ContestResult {
  const described = new Map(contest.contenders.map(({ name, version, settings }) => [name, { version, settings }]));
  const contenders = [...series].map(([name, samples]) => ({
    name,
    ...described.get(name),
    ...summarize(samples),
    samples,
  }));
  const ratios = contest.ratios.map((wanted) => compare(series, wanted));
  return { id: contest.id, title: contest.title, contenders, ratios, warnings: ratios.flatMap(warningsOf) };
}

/** What makes a ratio not worth believing. */
function warningsOf({ of, to, spread, median, atLeast, rounds }: RatioResult): string[] {
  const about = `${of} against ${to}`;
  const warnings: string[] = [];
  if (rounds < 5) warnings.push(`${about}: ${rounds} rounds only; take 5 or more.`);
  const near = atLeast !== null && Math.abs(median / atLeast - 1) < spread;
  if (spread > WIDE_SPREAD && (near || atLeast === null || atLeast < 1.2)) {
    warnings.push(`${about}: the ratio spreads by ${percent(spread)}; was the machine busy? Do not believe it.`);
  }
  return warnings;
}

/** A Markdown section: rates, ratios, warnings. */
export function contestTable({ id, title, contenders, ratios, warnings }: ContestResult): string {
  const rates = contenders.map(({ name, median, spread }) => [name, shortened(median), percent(spread)]);
  const wanted = ratios.map((ratio) => [
    `${ratio.of} / ${ratio.to}`,
    ratio.median.toFixed(3),
    percent(ratio.spread),
    ratio.atLeast === null ? "" : `at least ${ratio.atLeast.toFixed(3)}`,
    verdict(ratio.reached),
  ]);
  return [
    `## ${title} (${id})`,
    table(["", "tokens/s", "spread"], rates),
    table(["ratio", "median", "spread", "wanted", ""], wanted),
    ...warnings.map((warning) => `Warning: ${warning}`),
  ].join("\n\n");
}

export function memoryTable(results: readonly MemoryResult[]): string {
  const rows = results.map(({ name, peakBytes, allowedBytes, allowed, reached }) => [
    name,
    `${megabytes(peakBytes)} MB`,
    `${megabytes(allowedBytes)} MB: ${allowed}`,
    verdict(reached),
  ]);
  return `## Memory (memory)\n\n${table(["", "peak", "allowed", ""], rows)}`;
}

export function machineLine({ processor, cores, instructionSets, node, telltale, llama, commit }: Machine): string {
  const sets = instructionSets.length > 0 ? ` (${instructionSets.join(" ")})` : "";
  const version = commit === undefined ? telltale : `${telltale} at ${commit}`;
  return `${processor}, ${cores} cores${sets}; Node ${node}; Telltale ${version}; llama.cpp ${llama}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? "").padEnd(width) : (cells[i] ?? "").padStart(width))).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(Math.max(0, width - 1))}:`)).join(" | ")} |`;
  return [line(head), rule, ...rows.map(line)].join("\n");
}

function verdict(reached: boolean | null): string {
  return reached === null ? "" : reached ? "reached" : "MISSED";
}

function shortened(rate: number): string {
  return rate >= 1000 ? Math.round(rate).toLocaleString("en") : rate.toFixed(1);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function megabytes(bytes: number): string {
  return Math.round(bytes / 1e6).toLocaleString("en");
}
