import { TelltaleError } from "../../errors.js";
import { quoted } from "../../safe-text.js";
import { type KeywordCatalogue, type KeywordSets, UNNAMED_BEHAVIOUR } from "./catalogue.js";
import { catalogueFrom, setProblem } from "./file-schema.js";
import { parseYaml } from "./yaml-text.js";

const ARGUMENT_ADVICE = 'Write them like "glass; halden & bridge".';
const LINES_ADVICE = "Write one set of terms on each line.";
const FILE_ADVICE = 'Write a list of sets, such as [["glass", "bridge"], ["halden"]], or such lists by behaviour.';

/** One behaviour from values like "glass; halden & bridge": `;` parts alternatives, ` & ` joins terms that must all be there. */
export function parseKeywordArguments(values: readonly string[]): KeywordCatalogue {
  const subject = `The keywords ${values.map((value) => quoted(value)).join(", ")}`;
  const sets = values.flatMap((value) => value.split(";")).flatMap((set) => parseSet(set, subject, ARGUMENT_ADVICE));
  return unnamed(sets, subject, ARGUMENT_ADVICE);
}

/**
 * A catalogue from the text of a keyword file (docs/keywords.md), `name` being how errors call it.
 *
 * A name in .txt: one set a line, its terms joined by ` & `. Any other: YAML or JSON, a list of sets, such lists by behaviour,
 * or the long form with sources. BAD_ARGUMENT says which line is wrong.
 */
export function parseKeywordFile(text: string, name: string): KeywordCatalogue {
  const subject = `The keyword file ${quoted(name, 4096)}`;
  if (/\.txt$/i.test(name)) {
    const lines = text.split(/\r?\n/);
    const sets = lines.flatMap((line, i) => parseSet(line, `${subject}, line ${i + 1},`, LINES_ADVICE));
    return unnamed(sets, subject, LINES_ADVICE);
  }
  const { value, lineOf } = parseYaml(text, subject, "Correct it; a set a line needs a name in .txt.");
  const catalogue = catalogueFrom(value);
  if (Array.isArray(catalogue)) return catalogue;
  throw refused(`${subject}, line ${lineOf(catalogue.path)},`, catalogue.why, FILE_ADVICE);
}

/** No set for a blank text, so that a trailing `;` or an empty line does no harm. */
function parseSet(text: string, subject: string, advice: string): KeywordSets {
  if (text.trim() === "") return [];
  const set = text.split(" & ").map((term) => term.trim());
  const problem = setProblem(set);
  if (problem !== null) throw refused(subject, problem, advice);
  return [set];
}

function unnamed(sets: KeywordSets, subject: string, advice: string): KeywordCatalogue {
  if (sets.length === 0) throw refused(subject, "there is no term", advice);
  return [{ behaviour: UNNAMED_BEHAVIOUR, sets }];
}

function refused(subject: string, why: string, advice: string): TelltaleError {
  return new TelltaleError("BAD_ARGUMENT", `${subject} cannot be used: ${why}. ${advice}`);
}
