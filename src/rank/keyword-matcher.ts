import { TelltaleError } from "../errors.js";
import type { KeywordSets } from "./keywords.js";

/** Characters of a completion that regular expressions see, because some take time beyond measure on long texts. */
export const REGEX_TEXT_LIMIT = 4000;

/** Tells whether a completion's text matches. */
export type KeywordMatcher = (text: string) => boolean;

type Term = (nfc: string, lowerCase: string) => boolean;

/**
 * The matcher of some sets; BAD_ARGUMENT where a regular expression is invalid.
 *
 * Texts and terms are compared in Unicode's NFC form. Plain terms ignore case, regular expressions have their own flags.
 */
export function compileKeywords(sets: KeywordSets): KeywordMatcher {
  const compiled = sets.map((set) => set.map(compileTerm));
  return (text) => {
    const nfc = text.normalize("NFC");
    const lowerCase = nfc.toLowerCase();
    return compiled.some((terms) => terms.every((term) => term(nfc, lowerCase)));
  };
}

function compileTerm(term: string): Term {
  const parts = /^\/(.+)\/([a-z]*)$/su.exec(term);
  if (parts === null) {
    const wanted = term.normalize("NFC").toLowerCase();
    return (_, lowerCase) => lowerCase.includes(wanted);
  }
  const [, source = "", flags = ""] = parts;
  let expression: RegExp;
  try {
    expression = new RegExp(source.normalize("NFC"), flags);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TelltaleError(
      "BAD_ARGUMENT",
      `The keyword ${term} is not a valid regular expression (${why}). Correct it; ` +
        "a plain text that begins with a slash has to end in something else than a slash and letters.",
      { cause },
    );
  }
  return (nfc) => {
    // The flags g and y would go on from the last text's match.
    expression.lastIndex = 0;
    return expression.test(nfc.slice(0, REGEX_TEXT_LIMIT));
  };
}
