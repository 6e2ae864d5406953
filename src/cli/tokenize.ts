import { isUtf8 } from "node:buffer";
import { Command } from "commander";
import { openTokenizer } from "../engine/tokenizer.js";
import { decode, decodeText } from "../engine/vocabulary.js";
import { TelltaleError } from "../errors.js";
import { examples } from "./help-format.js";
import { localModel } from "./model-files.js";
import { note } from "./notes.js";
import { readText } from "./read-text.js";
import { escapeForTerminal, jsonLine } from "./terminal/escape.js";

const EXAMPLES = `Examples:
  telltale tokenize model.gguf "The capital of France"
  telltale tokenize model.gguf --file essay.txt --json
  echo "<|im_end|>" | telltale tokenize model.gguf --parse-special
`;

interface TokenizeFlags {
  file?: string;
  parseSpecial?: boolean;
  addSpecial?: boolean;
  json?: boolean;
  inProcess?: boolean;
}

/** `telltale tokenize`: how a model cuts a text into tokens. */
export function tokenizeCommand(): Command {
  return new Command("tokenize")
    .summary("show how a model cuts a text into tokens")
    .description(
      "Shows the tokens of a text: id and piece, one a line. The text is an argument, a file, or standard input.",
    )
    .addHelpText("before", examples(EXAMPLES))
    .argument("<model>", "a GGUF model, or a GGUF vocabulary without weights; also by name, hf:OWNER/REPO...")
    .argument("[text]", "the text (default: standard input)")
    .optionsGroup("Text:")
    .option("--file <file>", "read the text from a file; - is standard input")
    .option("--parse-special", "recognise special tokens such as <|im_end|> in the text (default: no)")
    .option("--add-special", "add BOS and EOS where the vocabulary says so (default: no)")
    .optionsGroup("Engine:")
    .option("--in-process", "read the model in this process instead of a child (default: in a child)")
    .optionsGroup("Output:")
    .option("--json", "write the tokens to stdout as JSON: { model, count, tokens: [{ id, text }] }")
    .action(tokenize);
}

async function tokenize(model: string, text: string | undefined, flags: TokenizeFlags): Promise<void> {
  if (text !== undefined && flags.file !== undefined) {
    throw new TelltaleError("BAD_ARGUMENT", "Both a text and --file were given: leave one of them out.");
  }
  const given = text ?? (await readText(flags.file ?? "-"));
  const tokenizer = await openTokenizer(await localModel(model), { inProcess: flags.inProcess ?? false });
  try {
    const { parseSpecial = false, addSpecial = false } = flags;
    const [tokens = new Int32Array()] = await tokenizer.tokenize([given], { parseSpecial, addSpecial });
    const vocabulary = await tokenizer.vocabulary();
    if (flags.json) {
      const rows = Array.from(tokens, (id) => ({ id, text: decodeText(vocabulary, [id]) }));
      process.stdout.write(jsonLine({ model, count: tokens.length, tokens: rows }));
      return;
    }
    const width = tokens.reduce((most, id) => Math.max(most, String(id).length), 0);
    const lines = Array.from(tokens, (id) => `${String(id).padStart(width)}  ${piece(decode(vocabulary, [id]))}\n`);
    process.stdout.write(lines.join(""));
    note(`${tokens.length} ${tokens.length === 1 ? "token" : "tokens"}`);
  } finally {
    await tokenizer.close();
  }
}

/** A piece in quotes; one that is only part of a character by its bytes. */
function piece(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return `"${escapeForTerminal(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes))}"`;
  return `bytes ${Buffer.from(bytes)
    .toString("hex")
    .replace(/..(?=.)/g, "$& ")}`;
}
