import { numbersOf, stringsOf, textOf } from "../engine/gguf/access.js";
import { checkByteTokens } from "../engine/gguf/byte-tokens.js";
import { chatFacts, renderChatHead } from "../engine/gguf/chat-template.js";
import { type GgufHeader, stringBytes } from "../engine/gguf/types.js";
import { formatBytes, formatCount } from "../numbers.js";
import { quoted } from "../safe-text.js";
import { type HealthCheck, healthy, warned } from "./report.js";

/** llama.cpp's number of an ordinary token. */
const NORMAL = 1;
/** Tokenizers that put pieces together by their scores; llama.cpp takes 0 where a file has none. */
const BY_SCORE = ["llama", "t5", "plamo2"];
const CONVERT_AGAIN =
  "convert the model again from its original files with llama.cpp's convert_hf_to_gguf.py, which reads the tokenizer's own model";

/** What is odd about the file and yet lets it be loaded. */
export function fileCheck(header: GgufHeader): HealthCheck {
  const tokens = stringsOf(header, "tokenizer.ggml.tokens");
  const bytes = tokens ? checkByteTokens(header, textOf(header, "tokenizer.ggml.model") ?? "", tokens) : [];
  const odd = header.warnings.filter((warning) => !bytes.includes(warning));
  if (odd.length > 0) return warned("file", odd.join(" "), "take a conversion without these flaws if there is one");
  const architecture = quoted(textOf(header, "general.architecture") ?? "").slice(1, -1);
  const what = `${formatCount(header.tensors.size)} tensors, ${formatCount(tokens?.length ?? 0)} tokens`;
  return healthy("file", `${architecture}, ${formatBytes(header.fileSize)}, ${what}`);
}

/** Scores that cannot order anything: all the same, as converters write them that did not have any, or no numbers. */
export function scoresCheck(header: GgufHeader): HealthCheck {
  const tokenizer = textOf(header, "tokenizer.ggml.model") ?? "";
  if (!BY_SCORE.includes(tokenizer)) return healthy("token scores", `not used by the tokenizer ${quoted(tokenizer)}`);
  const scores = numbersOf(header, "tokenizer.ggml.scores", ["float32", "int32"]);
  const pieces = longPieces(header);
  if (scores === undefined) {
    return warned(
      "token scores",
      "the file has none, so that text is cut into other tokens than in training",
      CONVERT_AGAIN,
    );
  }
  const broken = pieces.filter(
    (id) => Number.isNaN(scores[id]) || Math.abs(scores[id] ?? 0) === Number.POSITIVE_INFINITY,
  );
  if (broken.length > 0) {
    const detail = `${formatCount(broken.length)} tokens have NaN or infinity for a score: they are cut out of text at random or never`;
    return warned("token scores", detail, CONVERT_AGAIN);
  }
  const different = new Set(pieces.map((id) => scores[id])).size;
  if (pieces.length > 1 && different === 1) {
    const detail = `every token has the score ${scores[pieces[0] ?? 0]}, so that text is cut into other tokens than in training`;
    return warned("token scores", detail, CONVERT_AGAIN);
  }
  return healthy("token scores", `${formatCount(different)} different ones for ${formatCount(pieces.length)} pieces`);
}

/** Ids of ordinary tokens of several characters: those whose order decides how a text is cut. */
function longPieces(header: GgufHeader): number[] {
  const tokens = stringsOf(header, "tokenizer.ggml.tokens");
  const types = numbersOf(header, "tokenizer.ggml.token_type", ["int32"]);
  const ids: number[] = [];
  for (let id = 0; id < (tokens?.length ?? 0); id += 1) {
    if (tokens === undefined || (types?.[id] ?? NORMAL) !== NORMAL) continue;
    if (stringBytes(tokens, id).toString("utf8").length > 1) ids.push(id);
  }
  return ids;
}

/** The model's own template, rendered as an audit would. Throws NO_CHAT_TEMPLATE where there is one that cannot be used. */
export async function templateCheck(header: GgufHeader): Promise<HealthCheck> {
  const facts = chatFacts(header);
  if (facts.template === null)
    return healthy("chat template", "the file has none: the model is audited in the raw format");
  const { text, systemMerged } = await renderChatHead(facts);
  const how = systemMerged ? ", the system message put before the user's" : "";
  return healthy("chat template", `renders a head of ${formatCount(text.length)} characters${how}`);
}
