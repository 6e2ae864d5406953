import pc from "picocolors";
import type { Bench, Point } from "../../bench/schema.js";
import { peculiarities, pointText } from "./bench-label.js";
import { type Column, columnLines } from "./columns.js";
import { escapeForTerminal } from "./escape.js";
import { alignPoints, formatCompact, formatCount, formatDuration, formatFigure } from "./numbers.js";
import { hangingParagraph } from "./wrap.js";

interface Style {
  columns: number;
  colour: boolean;
}

const GAP = "  ";
const LONGEST_BAR = 12;
const CHOSEN = "✓";

/** A bench for people: what ran on what, a table of each kind of work, the settings to take and how long an audit takes. */
export function renderBench(bench: Bench, style: Style): string {
  const { bold, dim, green } = pc.createColors(style.colour);
  const { settings, suggestion, audit } = bench;
  const { prefillTokens, newTokens, headTokens } = settings;
  const paragraph = (text: string): string => hangingParagraph(text, style.columns, 0);
  const generated = bench.points.filter((point) => point.kind === "generate");
  const scored = bench.points.filter((point) => point.kind === "score");
  const { sequences, batch } = suggestion;
  const generating = table(
    "sequences",
    generated,
    (point) => [point.sequences, ...peculiarities(point)].join(", "),
    sequences,
    style,
  );
  const scoring = table("batch", scored, (point) => [point.batch, ...peculiarities(point)].join(", "), batch, style);
  const tried = generated[0]?.batch ?? 0;
  const half = `${formatDuration(audit.generateSeconds)} generating, ${formatDuration(audit.scoreFinetunedSeconds)} scoring`;
  const second = `${formatDuration(audit.scoreReferenceSeconds)} scoring under the reference`;
  const assumed = audit.referenceMeasured ? "" : ", taken to be as fast";
  const heading = (title: string, text: string): string => {
    const indent = title.length + GAP.length;
    return bold(title) + GAP + dim(hangingParagraph(text, style.columns, indent));
  };
  const lines = [
    ...titleLines(bench).map(paragraph),
    "",
    heading("Generating", `${prefillTokens} tokens and ${newTokens} new ones, --batch ${tried}`),
    ...generating,
    "",
    heading("Scoring", `${prefillTokens} tokens and ${newTokens} that are scored, up to --sequences ${sequences}`),
    ...scoring,
    "",
    ...[
      `${CHOSEN}: the smallest within 3% of the best. Head: ${headTokens} tokens of chat before every completion, decoded once and kept, or repeated with each. For generating, --batch matters to prefilling only. ${bytesText(scored)} Memory: the most the engine's process held, the model file included, that of a GPU not.`,
      ...bench.skipped.map((point) => `Left out: ${pointText(point)}. ${point.reason}`),
    ].map((text) => dim(paragraph(escapeForTerminal(text)))),
    "",
    `${bold("Suggested")}${GAP}${green(suggestion.flags)}`,
    paragraph(
      `An audit of ${formatCount(audit.completions)} completions of ${newTokens} tokens would compute for ${formatDuration(audit.seconds)}: ${half}, ${second}${assumed}.`,
    ),
  ];
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function titleLines({ model, engine, machine }: Bench): string[] {
  const threads = `${engine.threads} ${engine.threads === 1 ? "thread" : "threads"}`;
  const flash = engine.flashAttention ? "flash attention" : "no flash attention";
  return [
    `${model.path}: ${model.architecture}, ${formatCompact(model.parameters)} parameters, ${model.fileType}`,
    `${engine.device}, ${threads} of ${machine.processor} (${machine.cores} cores), KV ${engine.kvType}, ${flash}, log-softmax ${engine.kernel}, llama.cpp ${engine.release} ${engine.variant}`,
  ].map(escapeForTerminal);
}

function table(
  what: string,
  points: readonly Point[],
  label: (point: Point) => string,
  chosen: number,
  { columns, colour }: Style,
): string[] {
  const { dim, green } = pc.createColors(colour);
  const best = Math.max(...points.map((point) => point.tokensPerSecond));
  const plain = (point: Point): boolean =>
    point.head === "none" && point.decoding !== "drawn" && point.model === "model";
  const isChosen = (point: Point): boolean =>
    plain(point) && (point.kind === "generate" ? point.sequences : point.batch) === chosen;
  const share = (name: keyof Point["shares"], head: string, leaveOut: number): Column => ({
    head,
    cells: points.map((point) => (100 * point.shares[name]).toFixed(1)),
    leaveOut,
  });
  const all: Column[] = [
    { head: what, cells: points.map(label), leaveOut: 0, left: true },
    { head: "", cells: points.map((point) => (isChosen(point) ? CHOSEN : "")), leaveOut: 0 },
    { head: "tokens/s", cells: alignPoints(points.map((p) => formatFigure(p.tokensPerSecond))), leaveOut: 0 },
    {
      head: "",
      cells: points.map((p) => "━".repeat(best > 0 ? Math.round((LONGEST_BAR * p.tokensPerSecond) / best) : 0)),
      leaveOut: 5,
      left: true,
    },
    {
      head: "compl./min",
      cells: alignPoints(points.map((p) => formatFigure(p.completionsPerMinute))),
      leaveOut: 0,
    },
    { head: "memory", cells: points.map((p) => megabytes(p.peakMemoryBytes)), leaveOut: 1 },
    share("decode", "% decode", 0),
    share("logSoftmax", "softmax", 2),
    share("sampling", "sampling", 3),
    share("copies", "copies", 4),
    share("javascript", "JavaScript", 2),
  ];
  const [heads = "", ...rows] = columnLines(all, columns);
  return [dim(heads), ...rows.map((row, i) => (points[i] !== undefined && isChosen(points[i]) ? green(row) : row))];
}

/** Of a scored token: a row of logits, or what was made of it on the device. */
function bytesText(scored: readonly Point[]): string {
  const [point] = scored;
  if (point === undefined || point.tokens === 0) return "";
  return `Of llama.cpp's results ${formatCount(Math.round(point.bytesRead / point.tokens))} bytes are read for a scored token.`;
}

function megabytes(bytes: number): string {
  return bytes < 1e10 ? `${formatCount(Math.round(bytes / 1e6))} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
