import { editDistance } from "../rank/edit-distance.js";

/** Two letters that changed places, which count twice, are found in a word of four. */
const MOST_WRONG = 0.4;

/** What stands behind a sentence on a word that is none of those allowed: " Did you mean paper?", or nothing where none is like it. */
export function didYouMean(word: string, allowed: Iterable<string>): string {
  const nearest = nearestOf(word, allowed);
  return nearest === undefined ? "" : ` Did you mean ${nearest}?`;
}

/** The allowed word that is most like one, whatever the case, within two fifths of its letters; undefined where none is. */
export function nearestOf(word: string, allowed: Iterable<string>): string | undefined {
  const wanted = plain(word);
  const most = Math.max(1, Math.round(wanted.length * MOST_WRONG));
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of allowed) {
    const distance = editDistance(plain(candidate), wanted, most);
    if (distance <= most && distance < (best?.distance ?? Number.POSITIVE_INFINITY)) best = { candidate, distance };
  }
  return best?.candidate;
}

/** So that max-tokens, max_tokens and maxTokens are the same. */
function plain(word: string): string {
  return word.toLowerCase().replace(/[-_]/g, "");
}
