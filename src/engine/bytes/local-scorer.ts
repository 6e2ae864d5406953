import type { Engine, EngineFacts, JobOptions, ScoreItem } from "../engine.js";
import { cancelled } from "../job.js";
import type { ExactEncoder, ExactEncoding } from "./encode-exactly.js";
import type { ByteItem, ByteScore, ByteScorer } from "./types.js";

/** Texts that are tokenised between two looks at whether the job has been cancelled. */
const ENCODED_AT_ONCE = 1024;

/** A text in tokens, cut where its targets begin. */
interface SplitText extends ScoreItem {
  /** Byte of the targets where the first counted token starts, and after each. */
  first: number;
  ends: Uint32Array;
}

/**
 * Scores bytes by an engine's own tokens. Context and targets are tokenised as one text, so that a token may cross the border: it is
 * given, not scored. A space that the tokenizer adds before a text is no byte of it, so with an empty context the token that begins
 * with it counts. Items that cannot be scored come first, with their problem.
 */
export function localByteScorer(engine: Engine, encoder: ExactEncoder): ByteScorer {
  return {
    async *scoreBytes({ head, items }, options = {}) {
      const tokens = head.tokens ?? (await tokensOfHead(engine, head.text));
      const texts: SplitText[] = [];
      const places: number[] = [];
      const problems: ByteScore[] = [];
      for (let start = 0; start < items.length; start += ENCODED_AT_ONCE) {
        if (options.signal?.aborted) throw cancelled();
        const part = items.slice(start, start + ENCODED_AT_ONCE);
        const encodings = await encoder.encode(part.map(({ context, targets }) => Buffer.concat([context, targets])));
        for (const [i, encoding] of encodings.entries()) {
          const split = splitText(encoding, part[i] as ByteItem, tokens.length, engine.facts);
          if (typeof split === "string") {
            problems.push(unscored(start + i, split));
          } else {
            texts.push(split);
            places.push(start + i);
          }
        }
      }
      if (problems.length > 0) yield problems;
      if (texts.length === 0) return;
      const job = countingAll(options, problems.length, items.length);
      for await (const batch of engine.score({ head: tokens, items: texts }, job)) {
        yield batch.map(({ item, logprobs }): ByteScore => {
          const { targets, first, ends } = texts[item] as SplitText;
          return { item: places[item] as number, problem: null, tokens: targets, first, ends, logprobs };
        });
      }
    },
  };
}

function splitText(
  encoding: ExactEncoding | null,
  { context }: ByteItem,
  headTokens: number,
  facts: EngineFacts,
): SplitText | Exclude<ByteScore["problem"], null> {
  if (encoding === null) return "not expressible";
  const { tokens, ends } = encoding;
  const startOf = (i: number): number => (i === 0 ? 0 : (ends[i - 1] as number));
  // A token that is nothing but the added space has no byte of the text; and the first of all tokens has nothing to be told from.
  let given = ends[0] === 0 || headTokens === 0 ? 1 : 0;
  while (given < tokens.length && startOf(given) < context.length) given++;
  if (given >= tokens.length) return "not told apart";
  if (headTokens + tokens.length > longest(facts)) return "longer than the context";
  return {
    context: tokens.slice(0, given),
    targets: tokens.slice(given),
    first: startOf(given) - context.length,
    ends: ends.slice(given).map((end) => end - context.length),
  };
}

/** Tokens from the head to the last target, which a local engine need not decode any more. */
function longest(facts: EngineFacts): number {
  return facts.kind === "local" ? facts.context.nCtxSequence + 1 : (facts.model.trainedContext ?? Infinity);
}

async function tokensOfHead(engine: Engine, text: string): Promise<Int32Array> {
  if (text === "") return new Int32Array(0);
  const [tokens] = await engine.tokenize([text], { parseSpecial: true });
  return tokens as Int32Array;
}

function unscored(item: number, problem: ByteScore["problem"]): ByteScore {
  return { item, problem, tokens: null, first: 0, ends: new Uint32Array(0), logprobs: new Float32Array(0) };
}

/** Tells the progress of the job in the items that were asked for. */
function countingAll({ signal, onProgress }: JobOptions, unscorable: number, itemsTotal: number): JobOptions {
  return {
    ...(signal === undefined ? {} : { signal }),
    ...(onProgress === undefined
      ? {}
      : {
          onProgress: (progress) => onProgress({ ...progress, itemsDone: progress.itemsDone + unscorable, itemsTotal }),
        }),
  };
}
