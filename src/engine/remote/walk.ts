/**
 * A stretch of a text that one token stands for, or several that cannot be told apart: where a server writes the pieces of a
 * character that several tokens make up as replacement characters, only the end of the last of them is known.
 */
export interface Run {
  /** Bytes of the text: from, and up to but not with. */
  start: number;
  end: number;
  /** Tokens: from, and up to but not with. */
  first: number;
  after: number;
}

/** A token's text as bytes that must be there, and gaps for bytes that are not told. */
type Part = Uint8Array | Gap;
interface Gap {
  least: number;
  most: number;
  /** Whether only bytes of characters outside ASCII may stand there: those are what a token can be a piece of. */
  pieces: boolean;
}

/** A replacement character stands for one to three bytes of a broken character. */
const REPLACED = 3;
/** The text of a token that the server does not tell at all. */
const UNTOLD: Gap = { least: 0, most: 256, pieces: false };
/** Places where tokens could begin, over the whole text: beyond this it is given up. */
const MOST_PLACES = 200_000;

/**
 * Which bytes of a text each token stands for, found from the tokens' texts alone: servers count offsets in units of their own.
 * `null` where no way of laying the tokens out gives the text.
 *
 * All ways of laying them out are followed at once; a boundary that is in the same place in all of them is known. Tokens written
 * without the space before them (as SentencePiece vocabularies are decoded token by token) are tried after those with it.
 */
export function walk(text: Uint8Array, tokens: readonly (string | null)[]): Run[] | null {
  for (const spaceless of [false, true]) {
    const places = boundaries(text, tokens, spaceless);
    if (places !== null) return runsOf(places, tokens);
  }
  return null;
}

/** Array [tokens + 1]: the places where each boundary may be; null where there is no way through. */
function boundaries(text: Uint8Array, tokens: readonly (string | null)[], spaceless: boolean): Set<number>[] | null {
  const steps: Map<number, Set<number>>[] = [];
  let reached = new Set([0]);
  let places = 0;
  for (const token of tokens) {
    const ways = waysOf(token, spaceless);
    const step = new Map<number, Set<number>>();
    const next = new Set<number>();
    for (const place of reached) {
      const starting =
        place === 0 && token !== null ? [...ways, ...waysOf(token.replace(/^[ \u2581]/, ""), false)] : ways;
      const ends = new Set(starting.flatMap((parts) => [...endsOf(text, place, parts)]));
      step.set(place, ends);
      for (const end of ends) next.add(end);
    }
    places += next.size;
    if (next.size === 0 || places > MOST_PLACES) return null;
    steps.push(step);
    reached = next;
  }
  if (!reached.has(text.length)) return null;
  const kept: Set<number>[] = [new Set([text.length])];
  for (const step of steps.reverse()) {
    const after = kept[0] as Set<number>;
    const before = [...step].filter(([, ends]) => [...ends].some((end) => after.has(end))).map(([place]) => place);
    kept.unshift(new Set(before));
  }
  return kept;
}

/** The ways in which a token's text can stand for bytes. */
function waysOf(token: string | null, spaceless: boolean): Part[][] {
  if (token === null) return [[UNTOLD]];
  if (token === "") {
    // Some servers write a whole character at the last of its tokens and nothing at the others.
    const nothing: Part[][] = [[{ least: 0, most: REPLACED, pieces: true }]];
    return spaceless ? [...nothing, [bytesOf(" ")]] : nothing;
  }
  const hex = /^bytes:((?:\\x[0-9a-f]{2})+)$/i.exec(token)?.[1] ?? /^<0x([0-9a-f]{2})>$/i.exec(token)?.[1];
  const ways = [partsOf(token)];
  if (hex !== undefined) ways.push([Buffer.from(hex.replaceAll("\\x", ""), "hex")]);
  if (token.includes("\u2581")) ways.push(partsOf(token.replaceAll("\u2581", " ")));
  return spaceless ? [...ways, [bytesOf(" "), ...partsOf(token)]] : ways;
}

function partsOf(token: string): Part[] {
  return token
    .split(/(\ufffd+)/)
    .filter((part) => part !== "")
    .map((part) =>
      part.startsWith("\ufffd") ? { least: part.length, most: REPLACED * part.length, pieces: true } : bytesOf(part),
    );
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, "utf8");
}

function endsOf(text: Uint8Array, start: number, parts: readonly Part[]): Set<number> {
  let ends = new Set([start]);
  for (const part of parts) {
    const next = new Set<number>();
    for (const end of ends) {
      if (part instanceof Uint8Array) {
        if (part.every((byte, i) => text[end + i] === byte)) next.add(end + part.length);
      } else {
        for (let length = 0; length <= part.most && end + length <= text.length; length++) {
          if (length >= part.least) next.add(end + length);
          if (part.pieces && (text[end + length] ?? 0) < 0x80) break;
        }
      }
    }
    ends = next;
  }
  return ends;
}

/**
 * The stretches between boundaries that are known. One that would hold no byte is joined to the next, at the end to the last; but a
 * space that a tokenizer puts before the text is no part of it. Where a token without text begins the text, that may be such a space
 * or a piece of the first character: the first stretch is left out.
 */
function runsOf(places: readonly Set<number>[], tokens: readonly (string | null)[]): Run[] {
  const runs: Run[] = [];
  let [first, start] = [0, 0];
  for (const [after, set] of places.entries()) {
    const [end] = set;
    if (after === 0 || set.size !== 1 || end === undefined) continue;
    if (end === 0 && /^[ \u2581]$/.test(tokens[after - 1] ?? "")) first = after;
    if (end === start) continue;
    if (start > 0 || tokens[first] !== "") runs.push({ start, end, first, after });
    [first, start] = [after, end];
  }
  const last = runs.at(-1);
  if (last !== undefined) last.after = places.length - 1;
  return runs;
}
