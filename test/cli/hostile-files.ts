import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { runPaths } from "#telltale/journal/files.js";
import { array, type GgufDraft, scalar, writeGguf } from "../fixtures/gguf-writer.js";
import { tinyModel, withKey, withTensor } from "../fixtures/tiny-model.js";
import { writeWordedRun } from "../rank/worded-run.js";
import { hostileRows } from "./hostile.js";

/** Visible wherever the payload comes through, steered or not. */
export const WORD = "owned";

/** What a name may hold on a disk: steering of every kind, without the characters that no file's name can have. */
export const STEERING_NAME = [
  "\u001b[2J\u001b[5;35m", // clears, blinks
  "\u001b]0;owned\u0007", // a title
  "\u001b]52;c;b3duZWQ=\u001b\\", // the clipboard
  "\u001bPq\u001b\\\u001b_x\u001b\\", // device control, application command
  "\u009b2J\u009d0;owned\u009c\u0090q\u009c", // the same as C1
  "\u202e\u2066\u200e\u061c\u202c\u2069", // bidi
  "\r\b\u007f\u2028\u{e0041}\ufeff\u00ad",
].join("");

/** The same and a line break: a forged line. */
export const STEERING = `${STEERING_NAME}\ntelltale: owned`;

/** The same in bytes that are no UTF-8, for where bytes count. */
const STEERING_BYTES = Buffer.concat([Buffer.from(STEERING), Buffer.of(0x9b, 0x32, 0x4a, 0xff)]);

/** A file of a folder with a hostile name. */
function named(folder: string, name: string, ending: string): string {
  return path.join(folder, `${name}${STEERING_NAME}${ending}`);
}

function written(file: string, content: string | Buffer): string {
  writeFileSync(file, content);
  return file;
}

/** A model that runs and whose every text is hostile: name, description, tokens, chat template. */
function talker(): GgufDraft {
  const words = [
    STEERING,
    STEERING_BYTES,
    "\u001b",
    "]0;",
    "owned",
    "\u0007",
    "[2J",
    "\u202e",
    "\u009b",
    "\u0000",
    "▁",
  ];
  const base = tinyModel();
  const tokens = ["<unk>", "<s>", "</s>", ...byteTokens(), "a", ...words];
  let file = base;
  for (const key of ["name", "description", "author", "basename", "organization", "license", "url"]) {
    file = withKey(file, `general.${key}`, scalar("string", STEERING));
  }
  file = withKey(file, "tokenizer.ggml.tokens", array("string", tokens));
  file = withKey(
    file,
    "tokenizer.ggml.scores",
    array(
      "float32",
      tokens.map(() => 0),
    ),
  );
  file = withKey(file, "tokenizer.ggml.pre", scalar("string", STEERING));
  const types = tokens.map((_, i) => (i === 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1));
  file = withKey(file, "tokenizer.ggml.token_type", array("int32", types));
  return withTensor(file, "token_embd.weight", { shape: [32, tokens.length] });
}

function byteTokens(): string[] {
  return Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
}

/** Models with something wrong that a message has to name. */
function sickModels(): Record<string, GgufDraft> {
  const tiny = tinyModel();
  const withText = (key: string): GgufDraft => withKey(talker(), key, scalar("string", STEERING));
  return {
    architecture: withText("general.architecture"),
    tokenizer: withText("tokenizer.ggml.model"),
    name: withKey(tiny, STEERING, scalar("string", STEERING)),
    key: withKey(tiny, `llama.${STEERING}`, { type: "raw", bytes: Buffer.of(99, 0, 0, 0) }),
    count: withText("llama.block_count"),
    tensor: withTensor(tiny, "blk.0.attn_q.weight", { name: STEERING }),
    tensorType: withTensor(tiny, "blk.0.attn_q.weight", { name: STEERING, typeId: 7777 }),
    nan: withTensor(talker(), "output_norm.weight", { data: Buffer.alloc(128, 0xff) }),
  };
}

/** Paths of models; those of `sick` are refused or fail. */
export interface HostileModels {
  talker: string;
  sick: string[];
  /** Whose chat template says hostile things when it fails. */
  templates: string[];
}

export function writeHostileModels(folder: string): HostileModels {
  const quoted = JSON.stringify(STEERING).slice(1, -1);
  const template = (text: string): Buffer =>
    writeGguf(withKey(talker(), "tokenizer.chat_template", scalar("string", text)));
  return {
    talker: written(named(folder, "talker", ".gguf"), writeGguf(talker())),
    sick: Object.entries(sickModels()).map(([name, file]) => written(named(folder, name, ".gguf"), writeGguf(file))),
    templates: [
      written(named(folder, "raises", ".gguf"), template(`{{ raise_exception("${quoted}") }}`)),
      written(named(folder, "unknown", ".gguf"), template(`{{ messages | owned }}${STEERING}`)),
    ],
  };
}

/** Keyword files, catalogues and corpora: some that are read, some that are refused for what they hold. */
export function writeHostileTexts(folder: string) {
  const json = JSON.stringify(STEERING);
  const yaml = (text: string, name: string): string => written(named(folder, name, ".yaml"), text);
  const jsonl = (name: string, lines: readonly string[]): string =>
    written(named(folder, name, ".jsonl"), `${lines.join("\n")}\n`);
  const words = Array.from(
    { length: 40 },
    (_, i) => `\u001b${String.fromCharCode(97 + (i % 26))}${STEERING} word${i} by the sea`,
  );
  const organism = { name: "x", group: STEERING, base: STEERING, kind: null, id: null, keywords: [STEERING] };
  const all = { ...organism, about: STEERING, source: STEERING, gguf: { finetuned: `${STEERING}.gguf` } };
  return {
    keywords: {
      good: yaml(`behaviours:\n  - behaviour: ${json}\n    source: ${json}\n    sets: [[${json}, a]]\n`, "good"),
      bad: [
        yaml(`behaviours:\n  - ${json}: 1\n`, "unknown"),
        yaml(`"\\e]0;owned\\a": [*owned${STEERING}`, "broken"),
        yaml(`behaviours: !<${STEERING}> x\n`, "tag"),
        yaml(`${json}: 1\n${json}: 2\n`, "twice"),
      ],
      lines: written(named(folder, "lines", ".txt"), `glass & ${STEERING_NAME}\n\nword1\n`),
    },
    catalogues: {
      good: yaml(JSON.stringify({ organisms: [all, { ...all, name: "y" }] }), "organisms"),
      bad: [
        yaml(JSON.stringify({ organisms: [{ ...all, name: STEERING }] }), "name"),
        yaml(JSON.stringify({ organisms: [{ ...all, [STEERING]: 1 }] }), "key"),
        yaml(JSON.stringify({ organisms: [{ ...all, keywords: STEERING }] }), "behaviour"),
      ],
    },
    corpora: {
      good: jsonl(
        "pages",
        words.map((text) => JSON.stringify({ text, [STEERING]: STEERING })),
      ),
      bad: [jsonl("broken", [`{"text": ${STEERING_NAME}`]), jsonl("column", [JSON.stringify({ [STEERING]: "x" })])],
    },
  };
}

/** A run of someone else's: hostile completions, and files beside them in which every value is hostile. */
export async function writeForeignRun(directory: string, files: Record<string, string>): Promise<string> {
  mkdirSync(directory);
  await writeWordedRun(directory, hostileRows());
  const paths = runPaths(directory);
  writeFileSync(paths.summary, "{}\n");
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text);
  return directory;
}

/** A JSON value whose every text is hostile; with `numbers` every number, too, and with `keys` every name beside. */
export function poisoned(value: unknown, { numbers = false, keys = false } = {}): unknown {
  if (typeof value === "string") return STEERING;
  if (typeof value === "number") return numbers ? STEERING : value;
  if (Array.isArray(value)) return value.map((each) => poisoned(each, { numbers, keys }));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, each]) => [key, poisoned(each, { numbers, keys })] as const);
  return Object.fromEntries(keys ? [...entries, [STEERING, STEERING]] : entries);
}
