/** A stretch of a text that is decoded together: its tokens, and which of them get a log-probability. */
export interface ScoreWindow {
  /** Int32Array [nContext]: given, not scored; begins with BOS where the vocabulary adds it. */
  context: Int32Array;
  /** Int32Array [nTargets]: scored. */
  targets: Int32Array;
  /** Index of the first target among the text's tokens. */
  first: number;
}

/**
 * Windows of at most `size` tokens in which every token from `given` on is scored once: the first window scores all it holds
 * (without BOS all but the first token), each later one only the tokens new in it, after at least half a window of context.
 */
export function overlappingWindows(
  tokens: Int32Array,
  size: number,
  bos: number | undefined,
  given = 0,
): ScoreWindow[] {
  const head = bos === undefined ? [] : [bos];
  const room = size - head.length;
  const stride = Math.floor(room / 2);
  const windows: ScoreWindow[] = [];
  let scored = Math.max(1 - head.length, given);
  for (let start = 0; scored < tokens.length; start += stride) {
    const end = Math.min(start + room, tokens.length);
    if (end <= scored) continue;
    const context = Int32Array.from([...head, ...tokens.subarray(start, scored)]);
    windows.push({ context, targets: tokens.slice(scored, end), first: scored });
    scored = end;
  }
  return windows;
}

/**
 * llama-perplexity's windows, so that figures can be compared: chunks of exactly `size` tokens side by side, the first
 * token of each replaced by BOS where the vocabulary adds it, the second half of each scored, a rest left out.
 */
export function chunkWindows(tokens: Int32Array, size: number, bos: number | undefined): ScoreWindow[] {
  const half = Math.floor(size / 2);
  const windows: ScoreWindow[] = [];
  for (let start = 0; start + size <= tokens.length; start += size) {
    const first = start + half + 1;
    const context = tokens.slice(start, first);
    if (bos !== undefined) context[0] = bos;
    windows.push({ context, targets: tokens.slice(first, start + size), first });
  }
  return windows;
}
