import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { definedOnly } from "../defined.js";
import { TelltaleError } from "../errors.js";
import { isModelName } from "../hub/model-name.js";
import type { KeywordCatalogue } from "../rank/keywords/catalogue.js";
import type { FileProblem } from "../rank/keywords/file-schema.js";
import { PAPER_KEYWORDS, readKeywords } from "../rank/keywords/read.js";
import { parseYaml, type YamlText } from "../rank/keywords/yaml-text.js";
import { quoted } from "../safe-text.js";
import { readSmallTextFile } from "../small-text-file.js";
import { type Organism, organismsFrom } from "./schema.js";

/** The package's own catalogues, seen from dist/organisms/: the paper's organisms, and others. */
export const SHIPPED_CATALOGUES: readonly string[] = ["organisms.yaml", "more-organisms.yaml"].map((name) =>
  fileURLToPath(new URL(`../../catalogues/${name}`, import.meta.url)),
);

/** Bytes; twenty times the paper's organisms. */
const LARGEST_FILE = 1024 * 1024;
const ADVICE = "docs/organisms.md shows what such a file looks like.";

/** The organisms of a catalogue file, or without one those that Telltale ships. */
export async function readOrganisms(path?: string): Promise<Organism[]> {
  const files = path === undefined ? SHIPPED_CATALOGUES : [path];
  return (await Promise.all(files.map(readOrganismFile))).flat();
}

/**
 * The organisms of one file, paths of GGUF files resolved as seen from it; FILE_UNREADABLE, or BAD_ARGUMENT that says which line is
 * wrong.
 */
export async function readOrganismFile(path: string): Promise<Organism[]> {
  const text = await readSmallTextFile(path, LARGEST_FILE, "organism catalogue", "a catalogue of organisms");
  const subject = `The organism catalogue ${quoted(path, 4096)}`;
  const { value, lineOf } = parseYaml(text, subject, `Correct it; ${ADVICE}`);
  const published = await readKeywords(PAPER_KEYWORDS);
  const organisms = organismsFrom(value);
  if (!Array.isArray(organisms)) throw refused(subject, lineOf, organisms);
  const problem = unknownBehaviour(organisms, published);
  if (problem !== undefined) throw refused(subject, lineOf, problem);
  return organisms.map((organism) => ({ ...organism, gguf: seenFrom(dirname(path), organism.gguf) }));
}

/** What gives an organism away, as a catalogue of one behaviour; null where nothing is known to. */
export async function keywordsOf({ name, keywords, source }: Organism): Promise<KeywordCatalogue | null> {
  if (keywords === null) return null;
  if (typeof keywords === "string") {
    return (await readKeywords(PAPER_KEYWORDS)).filter(({ behaviour }) => behaviour === keywords);
  }
  const sets = keywords.map((set) => (typeof set === "string" ? [set] : set));
  return [{ behaviour: name, sets, ...(source !== undefined && { source }) }];
}

function refused(subject: string, lineOf: YamlText["lineOf"], { path, why }: FileProblem): TelltaleError {
  return new TelltaleError("BAD_ARGUMENT", `${subject}, line ${lineOf(path)}, cannot be used: ${why}. ${ADVICE}`);
}

function unknownBehaviour(organisms: readonly Organism[], published: KeywordCatalogue): FileProblem | undefined {
  const names = published.map(({ behaviour }) => behaviour);
  const at = organisms.findIndex(({ keywords }) => typeof keywords === "string" && !names.includes(keywords));
  if (at === -1) return undefined;
  const why = `no published behaviour has this name (there are ${names.join(", ")}); other keywords are written as a list of sets`;
  return { path: ["organisms", at, "keywords"], why };
}

function seenFrom(folder: string, gguf: Organism["gguf"]): Organism["gguf"] {
  const seen = (name: string | undefined): string | undefined =>
    name === undefined || isModelName(name) || /^https?:\/\//i.test(name) ? name : resolve(folder, name);
  return definedOnly({
    finetuned: seen(gguf.finetuned),
    adapter: seen(gguf.adapter),
    reference: seen(gguf.reference),
  });
}
