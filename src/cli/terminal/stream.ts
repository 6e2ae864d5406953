/** What is asked of a stream that people read; process.stdout and process.stderr are such. */
export interface OutputStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Columns when the output goes to a file, a pipe or a terminal that does not tell. */
const DEFAULT_COLUMNS = 100;

/** Whether to colour what goes to a stream: a terminal that is not "dumb", and NO_COLOR is not set. */
export function usesColour(stream: OutputStream, env: NodeJS.ProcessEnv = process.env): boolean {
  return stream.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";
}

/** Columns of a stream; terminals without a size say 0. */
export function columnsOf(stream: OutputStream): number {
  return stream.columns || DEFAULT_COLUMNS;
}
