import type { KeywordCatalogue } from "../rank/keywords/catalogue.js";
import { parseKeywordArguments } from "../rank/keywords/parse.js";

/**
 * One behaviour from a text like "glass; halden & bridge": `;` parts sets, of which one is enough, and ` & ` joins terms that must
 * all be there; a term is a text, or a regular expression `/.../flags`. Throws BAD_ARGUMENT.
 */
export function parseKeywords(text: string): KeywordCatalogue {
  return parseKeywordArguments([text]);
}
