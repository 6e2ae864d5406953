import type { Engine } from "../engine/engine.js";
import { TelltaleError } from "../errors.js";

/**
 * What is scored: a text, token ids, or one of them (`targets`) after another that is given and not scored (`context`). A text is
 * tokenised without special tokens, context and targets each for itself.
 */
export type ScoreInput =
  | string
  | Int32Array
  | {
      /** Given. */
      context: string | Int32Array;
      /** Scored. */
      targets: string | Int32Array;
    };

/** An input in tokens, of which the first `given` are not to be scored. */
export interface TokenizedInput {
  tokens: Int32Array;
  given: number;
}

/** What is computed together: enough to fill batches, little enough to wait for. */
const MOST_INPUTS = 512;
/** UTF-16 units or tokens. */
const MOST_LENGTH = 1 << 20;

/** The inputs in groups. */
export async function* takeInputs(
  inputs: ScoreInput | Iterable<ScoreInput> | AsyncIterable<ScoreInput>,
): AsyncGenerator<ScoreInput[]> {
  let group: ScoreInput[] = [];
  let length = 0;
  for await (const input of isOne(inputs) ? [inputs] : inputs) {
    group.push(input);
    length += partsOf(input).reduce((sum, part) => sum + (part?.length ?? 0), 0);
    if (group.length < MOST_INPUTS && length < MOST_LENGTH) continue;
    yield group;
    group = [];
    length = 0;
  }
  if (group.length > 0) yield group;
}

/** What is no iterable is taken for an input, too, so that what is wrong with it is said as of any other. */
function isOne(inputs: ScoreInput | Iterable<ScoreInput> | AsyncIterable<ScoreInput>): inputs is ScoreInput {
  if (typeof inputs !== "object" || inputs === null || inputs instanceof Int32Array) return true;
  return !(Symbol.iterator in inputs || Symbol.asyncIterator in inputs);
}

/** A group in tokens; `first`: index of its first input, for errors. `whole`: only inputs without a context, BOS added to texts. */
export async function tokenizeInputs(
  engine: Engine,
  group: readonly ScoreInput[],
  first: number,
  whole: boolean,
): Promise<TokenizedInput[]> {
  const parts = group.map((input, i) => checkedParts(input, first + i, whole));
  const texts = parts.flat().filter((part) => typeof part === "string");
  const tokenized = (await engine.tokenize(texts, { addSpecial: whole })).values();
  const tokensOf = (part: string | Int32Array): Int32Array =>
    typeof part === "string" ? (tokenized.next().value as Int32Array) : part;
  return parts.map((each) => {
    const [one, two] = each.map(tokensOf) as [Int32Array, Int32Array | undefined];
    if (two === undefined) return { tokens: one, given: 0 };
    const tokens = new Int32Array(one.length + two.length);
    tokens.set(one);
    tokens.set(two, one.length);
    return { tokens, given: one.length };
  });
}

function checkedParts(input: ScoreInput, index: number, whole: boolean): (string | Int32Array)[] {
  const parts = partsOf(input);
  const usable = parts.every((part) => typeof part === "string" || part instanceof Int32Array);
  if (!usable) throw wrong(index, "a text, an Int32Array of token ids, or { context, targets } of these is wanted");
  if (whole && parts.length > 1) throw wrong(index, 'with the windows "chunks" it cannot have a context');
  return parts;
}

function partsOf(input: ScoreInput): (string | Int32Array)[] {
  if (typeof input !== "object" || input === null || input instanceof Int32Array) return [input];
  return [input.context, input.targets];
}

function wrong(index: number, why: string): TelltaleError {
  return new TelltaleError("BAD_ARGUMENT", `Input ${index} cannot be scored: ${why}.`);
}
