import { TelltaleError } from "../errors.js";
import { quoted } from "../safe-text.js";

/**
 * What of run.json decides the figures, as paths of keys: of these a run that is gone on with must differ in nothing. Not in it: where
 * files lie, how work is laid out (threads, sequences, batch, placement), the machine, and what the processes found free there.
 */
const DECIDING = [
  /^preset$/,
  /^versions\.(telltale|llamaCpp|library)$/,
  /^files\.\w+\.(name|bytes|parts\.\d+\.sha256)$/,
  /^options\.(?!directory|inProcess|placement|context\.(threads|sequences|batch)|corpora|model\.|referenceDevices|endpoints\.|finetuned$|reference$|finetunedTokenizer|referenceTokenizer|lora\.path)/,
  /^vocabularies\.\w+\.(tokens|sha256)$/,
  /^corpora\.\d+\.(name|counts\.|digest|origin\.(dataset|commit))/,
  /^(formats|referenceTokens|configurations)\b/,
  /^engines\.\w+\.context\.(device|gpuLayers|kvTypeK|kvTypeV|flashAttention|kernel|reduction)$/,
];

/** Differences that are shown. */
const SHOWN = 8;

/** Throws BAD_RUN with the differences where what is asked for now is another run than the one that `recorded` began. */
export function refuseOtherRun(directory: string, recorded: unknown, asked: unknown): void {
  const [before, now] = [deciding(recorded), deciding(asked)];
  const both = [...before.keys()].filter((key) => now.has(key));
  // Engines are loaded one after the other where both do not fit: what only one of the two knows is no difference.
  const engines = (key: string): boolean => key.startsWith("engines.");
  const missing = [...new Set([...before.keys(), ...now.keys()])].filter(
    (key) => !engines(key) && before.has(key) !== now.has(key),
  );
  const differing = [...both.filter((key) => before.get(key) !== now.get(key)), ...missing];
  if (differing.length === 0) return;
  const lines = differing
    .slice(0, SHOWN)
    .map((key) => `${quoted(key)} is ${before.get(key) ?? "absent"} there and ${now.get(key) ?? "absent"} now`);
  const more = differing.length > SHOWN ? `; and ${differing.length - SHOWN} more` : "";
  throw new TelltaleError(
    "BAD_RUN",
    `The run in ${quoted(directory, 4096)} was begun with other settings, so it cannot be gone on with: ${lines.join("; ")}${more}. Go on with those settings (--resume alone takes them from the run), or start a new run with -o.`,
  );
}

function deciding(manifest: unknown): Map<string, string> {
  const values = new Map<string, string>();
  // As it is written, so that what was read can be compared with what would be written.
  collect(JSON.parse(JSON.stringify(manifest)), "", values);
  return values;
}

function collect(value: unknown, path: string, into: Map<string, string>): void {
  if (typeof value === "object" && value !== null) {
    for (const [key, each] of Object.entries(value)) collect(each, path === "" ? key : `${path}.${key}`, into);
  } else if (DECIDING.some((pattern) => pattern.test(path)))
    into.set(path, typeof value === "string" ? quoted(value) : String(value));
}
