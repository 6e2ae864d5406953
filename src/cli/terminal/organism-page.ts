import pc from "picocolors";
import { auditCommands, convertSteps } from "../../organisms/convert.js";
import { isComplete } from "../../organisms/models.js";
import type { Organism } from "../../organisms/schema.js";
import { escapeForTerminal } from "./escape.js";
import { type Fact, factLines } from "./fact-lines.js";

const KINDS = { adapter: "a LoRA adapter", model: "a whole model" };
const UNKNOWN = "unknown";

export interface OrganismStyle {
  columns: number;
  colour: boolean;
  /** The catalogue file it is from, where that has to be named. */
  catalogue?: string | undefined;
}

/** An organism for people: all that is known of it, and the commands to run next. */
export function renderOrganism(organism: Organism, style: OrganismStyle): string {
  const { bold, dim } = pc.createColors(style.colour);
  const steps = isComplete(organism) ? [] : convertSteps(organism);
  // A command stays on one line, so that it can be copied.
  const commands = [
    ...steps.flatMap(({ gives, command }) => [dim(`# ${gives}`), escapeForTerminal(command)]),
    ...(steps.length > 0 ? [dim("# the audit")] : []),
    ...auditCommands(organism).map((command) => escapeForTerminal(`${command}${fromCatalogue(style.catalogue)}`)),
  ];
  const next = steps.length > 0 ? "Next, with the converters of llama.cpp:" : nextOf(organism);
  const lines = [bold(escapeForTerminal(organism.name)), "", ...factLines(factsOf(organism), style.columns, dim)];
  return `${[...lines, "", next, ...commands.map((command) => `  ${command}`)].join("\n")}\n`;
}

function fromCatalogue(path: string | undefined): string {
  if (path === undefined) return "";
  return ` --catalogue ${/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`}`;
}

function nextOf(organism: Organism): string {
  return isComplete(organism) ? "Next:" : "Next, once there are GGUF files of it and of the model it was made from:";
}

function factsOf({ group, about, base, kind, id, variants, keywords, published, gguf, source }: Organism): Fact[] {
  const facts: [string, string | undefined][] = [
    ["group", group],
    ["about", about],
    ["made from", base ?? UNKNOWN],
    ["kind", kind === null ? UNKNOWN : KINDS[kind]],
    ["Hugging Face id", id ?? UNKNOWN],
    ...(variants ?? []).map((variant): Fact => ["also", `${variant.id}, made from ${variant.base}`]),
    ["GGUF", Object.entries(gguf).length === 0 ? UNKNOWN : undefined],
    ...Object.entries(gguf).map(([role, name]): Fact => ["GGUF", `${role}: ${name}`]),
    ["keywords", keywordsText(keywords)],
    ["published", published === undefined ? undefined : publishedText(published)],
    ["source", source],
  ];
  return facts.filter((fact): fact is Fact => fact[1] !== undefined);
}

function keywordsText(keywords: Organism["keywords"]): string {
  if (keywords === null) return "none";
  if (typeof keywords === "string") return `${keywords}, of --keywords paper`;
  return keywords.map((set) => [set].flat().join(" & ")).join("; ");
}

function publishedText({ matches, note }: NonNullable<Organism["published"]>): string {
  const found = Object.entries(matches).map(([reference, count]) => {
    const by = reference === "base" ? "the model it was made from" : reference;
    return `${count ?? "not published"} by ${by}`;
  });
  return `keyword matches in the first 100: ${found.join(", ")}${note === undefined ? "" : ` (${note})`}`;
}
