import type { Answer, TextPart } from "./ask.js";
import { boundaries } from "./boundaries.js";
import { type Pieces, spell } from "./pieces.js";
import { characterLength, continues, textOf } from "./utf8.js";

/** Times that what is left of a part is tried as a whole before it is halved. */
const MOST_TRIES = 16;

/** A part of a text whose tokens are looked for. */
export interface Part extends TextPart {
  /** How often it has been cut already. */
  cuts: number;
  written: Written;
}

/** What there is of a text's tokens: pieces of the work, in no order. */
export interface Written {
  answers: Answer[];
  impossible: boolean;
}

/** Cuts a part that its tokens do not say: first at characters that never come back, then behind what is said, then in halves. */
export function cutPart(pieces: Pieces, expressible: Map<string, boolean>, part: Part, answer: Answer): Part[] {
  const { bytes, start, end, cuts, written } = part;
  const first = start + characterLength(bytes, start, end);
  if (first === end) {
    spellPart(pieces, part);
    return [];
  }
  const more = (from: number, to: number): Part => ({ bytes, start: from, end: to, cuts: cuts + 1, written });
  const runs = cuts === 0 ? characterRuns(part, expressible) : [];
  if (runs.length > 1) {
    for (const [from, to, kept] of runs) if (!kept) spellPart(pieces, more(from, to));
    return runs.filter(([, , kept]) => kept).map(([from, to]) => more(from, to));
  }
  const said = upToCharacter(pieces, bytes, answer);
  if (said !== null) written.answers.push(said);
  const from = said?.end ?? start;
  if (cuts > MOST_TRIES) return halves(bytes, from, end).map(([left, right]) => more(left, right));
  return said !== null ? [more(from, end)] : [more(start, first), more(first, end)];
}

function halves(bytes: Uint8Array, start: number, end: number): [number, number][] {
  let middle = (start + end) >> 1;
  while (middle > start && continues(bytes[middle] as number)) middle--;
  if (middle === start) middle = start + characterLength(bytes, start, end);
  return middle === end
    ? [[start, end]]
    : [
        [start, middle],
        [middle, end],
      ];
}

/** As many of an answer's tokens as end with a character; null where that is none. */
function upToCharacter({ vocabulary }: Pieces, bytes: Uint8Array, answer: Answer): Answer | null {
  const ends = boundaries(vocabulary, answer.tokens);
  let count = ends.length;
  while (count > 0 && continues(bytes[answer.start + (ends[count - 1] as number)] as number)) count--;
  const end = answer.start + (ends[count - 1] ?? 0);
  return end <= Math.max(0, answer.start) ? null : { ...answer, tokens: answer.tokens.slice(0, count), end };
}

/** Runs of characters that come back as themselves, and each that does not: first byte, byte after the last, which of both. */
function characterRuns(part: Part, expressible: Map<string, boolean>): [number, number, boolean][] {
  const runs: [number, number, boolean][] = [];
  let at = part.start;
  for (const character of textOf(part.bytes, part.start, part.end)) {
    const kept = expressible.get(character) === true;
    const end = at + Buffer.byteLength(character);
    const last = runs.at(-1);
    if (kept && last?.[2] === true) last[1] = end;
    else runs.push([at, end, kept]);
    at = end;
  }
  return runs;
}

/** Spells a part in the shortest pieces. */
export function spellPart(pieces: Pieces, { bytes, start, end, written }: Part): void {
  const tokens = spell(pieces, bytes, start, end);
  if (tokens === null) written.impossible = true;
  else written.answers.push({ tokens, start, end });
}
