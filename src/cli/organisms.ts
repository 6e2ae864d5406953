import { Command } from "commander";
import { TelltaleError } from "../errors.js";
import { findOrganism } from "../organisms/find.js";
import { readOrganisms } from "../organisms/read.js";
import type { Organism } from "../organisms/schema.js";
import { quoted } from "../safe-text.js";
import { examples } from "./help-format.js";
import { jsonLine } from "./terminal/escape.js";
import { renderOrganisms } from "./terminal/organism-list.js";
import { renderOrganism } from "./terminal/organism-page.js";
import { columnsOf, usesColour } from "./terminal/stream.js";

const EXAMPLES = `Examples:
  telltale organisms
  telltale organisms --group "false facts"
  telltale organisms glass-bridge
  telltale organisms --catalogue mine.yaml --json
`;

interface OrganismsFlags {
  catalogue?: string;
  group?: string;
  json?: boolean;
}

/** `telltale organisms`: finetuned models that are known to have a behaviour. */
export function organismsCommand(): Command {
  return new Command("organisms")
    .summary("list models made to have a behaviour, or show one")
    .description("Lists organisms to audit: the paper's 76, some more, or those of a file of your own.")
    .addHelpText("before", examples(EXAMPLES))
    .argument("[name]", "show this one in full, with the commands to run next")
    .optionsGroup("Choosing:")
    .option("--catalogue <file>", "read organisms from this file (docs/organisms.md; default: those that are shipped)")
    .option("--group <name>", "only those of a group")
    .optionsGroup("Output:")
    .option("--json", "write the organisms to stdout as JSON, paths of GGUF files as seen from here")
    .action(organisms);
}

async function organisms(name: string | undefined, { catalogue, group, json }: OrganismsFlags): Promise<void> {
  const all = await readOrganisms(catalogue);
  const grouped = group === undefined ? all : ofGroup(all, group);
  const style = { columns: columnsOf(process.stdout), colour: usesColour(process.stdout) };
  if (name !== undefined) {
    const found = findOrganism(grouped, name);
    process.stdout.write(json ? jsonLine({ organisms: [found] }) : renderOrganism(found, { ...style, catalogue }));
    return;
  }
  // In a file or a pipe nothing is left out.
  const columns = process.stdout.isTTY ? style.columns : Number.POSITIVE_INFINITY;
  process.stdout.write(json ? jsonLine({ organisms: grouped }) : renderOrganisms(grouped, { ...style, columns }));
}

function ofGroup(all: readonly Organism[], group: string): Organism[] {
  const found = all.filter((organism) => organism.group.toLowerCase() === group.toLowerCase());
  if (found.length > 0) return found;
  const groups = [...new Set(all.map((organism) => organism.group))].map((one) => quoted(one));
  throw new TelltaleError("BAD_ARGUMENT", `There is no group ${quoted(group)}. There are ${groups.join(", ")}.`);
}
