import { readFile } from "node:fs/promises";
import { z } from "zod";
import { TelltaleError } from "../errors.js";
import { readFailed } from "../io-errors.js";

const termSchema = z
  .string()
  .min(1)
  .max(1000)
  .refine((term) => term.trim() !== "", "a term is blank");
const setSchema = z.array(termSchema).min(1);

/** Sets of terms: all terms of a set (AND), any of the sets (OR). A term is a text, or a regular expression `/.../flags`. */
export const keywordSetsSchema = z.array(setSchema).min(1);

export type KeywordSets = z.infer<typeof keywordSetsSchema>;

const listSchema = z.array(z.union([setSchema, termSchema])).min(1);
const fileSchema = z.union([listSchema, z.record(z.string(), listSchema)]);

/** Sets from values like "glass; halden & bridge": `;` parts alternatives, ` & ` joins terms that must all be there. */
export function parseKeywordArguments(values: readonly string[]): KeywordSets {
  return check(
    values.flatMap((value) => value.split(";")).flatMap(parseSet),
    `The keywords "${values.join('", "')}"`,
    'Write them like "glass; halden & bridge".',
  );
}

/**
 * Sets from the text of a keyword file, `name` being how errors call it.
 *
 * JSON: a list of sets and terms, or an object of such lists by behaviour, all of which count. Any other text: one set a line,
 * its terms joined by ` & `.
 */
export function parseKeywordFile(text: string, name: string): KeywordSets {
  const subject = `The keyword file "${name}"`;
  if (!/^\s*[[{]/.test(text)) {
    return check(text.split(/\r?\n/).flatMap(parseSet), subject, "Write one set of terms on each line.");
  }
  const advice = 'Write a list of sets, such as [["glass", "bridge"], ["halden"]], or such lists by behaviour.';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new TelltaleError("BAD_ARGUMENT", `${subject} begins like JSON and is none. ${advice}`);
  }
  const file = fileSchema.safeParse(json);
  if (!file.success) {
    throw new TelltaleError("BAD_ARGUMENT", `${subject} holds something else than sets of terms. ${advice}`);
  }
  const entries = Array.isArray(file.data) ? file.data : Object.values(file.data).flat();
  return check(
    entries.map((entry) => (typeof entry === "string" ? [entry] : entry)),
    subject,
    advice,
  );
}

/** Sets from a keyword file. */
export async function readKeywordFile(path: string): Promise<KeywordSets> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw readFailed(path, cause);
  }
  return parseKeywordFile(text.replace(/^\uFEFF/, ""), path);
}

/** No set for a blank text, so that a trailing `;` or an empty line does no harm. */
function parseSet(text: string): string[][] {
  return text.trim() === "" ? [] : [text.split(" & ").map((term) => term.trim())];
}

function check(sets: string[][], subject: string, advice: string): KeywordSets {
  const result = keywordSetsSchema.safeParse(sets);
  if (result.success) return result.data;
  const why = sets.length === 0 ? "hold no term" : "hold a term that is blank or longer than 1,000 characters";
  throw new TelltaleError("BAD_ARGUMENT", `${subject} cannot be used: they ${why}. ${advice}`);
}
