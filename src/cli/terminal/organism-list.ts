import pc from "picocolors";
import { isComplete } from "../../organisms/models.js";
import type { Organism } from "../../organisms/schema.js";
import { type Column, columnLines } from "./columns.js";
import { escapeForTerminal } from "./escape.js";
import { formatCount } from "./numbers.js";

const UNKNOWN = "unknown";

/** Organisms for people: a line for each, group after group; ids are left out where the terminal is narrow. */
export function renderOrganisms(organisms: readonly Organism[], style: { columns: number; colour: boolean }): string {
  const { bold, dim } = pc.createColors(style.colour);
  const groups = [...new Set(organisms.map(({ group }) => group))];
  const sorted = groups.map((group) => organisms.filter((organism) => organism.group === group));
  const column = (head: string, leaveOut: number, of: (organism: Organism) => string | null): Column => ({
    head,
    cells: sorted.flat().map((organism) => escapeForTerminal(of(organism) ?? UNKNOWN)),
    leaveOut,
    left: true,
  });
  const [heads = "", ...rows] = columnLines(
    [
      column("name", 0, ({ name }) => name),
      column("base", 1, ({ base }) => base),
      column("kind", 2, ({ kind }) => kind),
      column("GGUF", 0, (organism) => (isComplete(organism) ? "known" : UNKNOWN)),
      column("Hugging Face id", 3, ({ id }) => id),
    ],
    style.columns,
  );
  const lines = groups.flatMap((group, i) => [
    "",
    bold(`${escapeForTerminal(group)} (${formatCount(sorted[i]?.length ?? 0)})`),
    ...rows.splice(0, sorted[i]?.length ?? 0),
  ]);
  const count = `${formatCount(organisms.length)} ${organisms.length === 1 ? "organism" : "organisms"}`;
  return `${[dim(heads), ...lines, "", `${count}. More of one, and how to audit it: telltale organisms NAME`].join("\n")}\n`;
}
