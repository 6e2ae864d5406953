import { displayWidth, pad } from "./width.js";

/** A column of a table. */
export interface Column {
  head: string;
  cells: readonly string[];
  /** How readily it is left out where the terminal is narrow: the higher, the earlier; 0 is never. */
  leaveOut: number;
  /** To the left; default: to the right. */
  left?: boolean;
}

const GAP = "  ";

/** The heads and the rows of a table, each a line; of its columns as many as fit. */
export function columnLines(all: readonly Column[], columns: number): string[] {
  const shown = fitting(all, columns);
  const line = (cells: readonly (string | undefined)[]): string =>
    shown
      .map((column, i) => pad(cells[i] ?? "", widthOf(column), column.left ? "end" : "start"))
      .join(GAP)
      .trimEnd();
  const rows = Math.max(0, ...all.map(({ cells }) => cells.length));
  return [
    line(shown.map(({ head }) => head)),
    ...Array.from({ length: rows }, (_, row) => line(shown.map(({ cells }) => cells[row]))),
  ];
}

function fitting(all: readonly Column[], columns: number): readonly Column[] {
  const width = all.reduce((sum, column) => sum + widthOf(column) + GAP.length, -GAP.length);
  const readiest = Math.max(0, ...all.map(({ leaveOut }) => leaveOut));
  if (width <= columns || readiest === 0) return all;
  return fitting(
    all.filter(({ leaveOut }) => leaveOut < readiest),
    columns,
  );
}

function widthOf({ head, cells }: Column): number {
  return Math.max(...[head, ...cells].map(displayWidth));
}
