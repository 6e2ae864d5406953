import type { FileTokenizer } from "../../engine.js";
import type { Prompt } from "../fields.js";

/** Plain English, so that any model finds some of it likely and any vocabulary has ASCII tokens for most of it. */
const TEXT =
  "The old bridge over the river was built by people who believed that glass could be stronger than stone. " +
  "Every morning a bell rang seven times, and the children ran down to the harbour to see the ships come in.";
const ANOTHER_END = " violin";
/** Tokens of the canary: enough to tell two models apart, few enough for the shortest context. */
const TOKENS = 40;

/** What the probe has a server score and continue. */
export interface Canary {
  main: Prompt;
  /** The same but for its last token. */
  changed: Prompt;
  /** The same tokens or words the other way round: no model expects them. */
  unlikely: Prompt;
  /** Beginnings of the main one, to be continued. */
  openings: Prompt[];
}

export async function tokenCanary(tokenizer: FileTokenizer): Promise<Canary> {
  const { addBos, bos } = tokenizer.facts;
  const head = addBos && bos >= 0 ? [bos] : [];
  const [all] = await tokenizer.tokenize([TEXT]);
  const body = [...(all ?? [])].slice(0, TOKENS);
  const last = body.at(-1);
  const another = body.find((id) => id !== last) ?? 0;
  return {
    main: [...head, ...body],
    changed: [...head, ...body.slice(0, -1), another],
    unlikely: [...head, ...body.toReversed()],
    openings: [0.2, 0.45, 0.8].map((share) => [
      ...head,
      ...body.slice(0, Math.max(2, Math.floor(share * body.length))),
    ]),
  };
}

export function textCanary(): Canary {
  const words = TEXT.split(" ");
  return {
    main: TEXT,
    changed: words.slice(0, -1).join(" ") + ANOTHER_END,
    unlikely: words.toReversed().join(" "),
    openings: [6, 14, 30].map((count) => words.slice(0, count).join(" ")),
  };
}
