import { escapeForTerminal } from "./escape.js";
import { hangingParagraph } from "./wrap.js";

/** A line of a page: what it is about, and what is to be said. Texts not escaped yet. */
export type Fact = [label: string, text: string];

const GAP = "  ";

/** Facts under each other, the texts in one column and broken where the terminal ends. */
export function factLines(facts: readonly Fact[], columns: number, dim: (text: string) => string): string[] {
  const width = Math.max(...facts.map(([label]) => label.length)) + GAP.length;
  return facts.flatMap(([label, text], i) => {
    // One label for several of a kind.
    const shown = facts[i - 1]?.[0] === label ? "" : label;
    const [first = "", ...more] = hangingParagraph(escapeForTerminal(text), columns, width).split("\n");
    return [dim(shown.padEnd(width)) + first, ...more];
  });
}
