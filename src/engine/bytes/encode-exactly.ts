import type { Tokenizer, TokenizerFacts } from "../engine.js";
import { type Answer, askForParts, type Manner, mannerOf } from "./ask.js";
import { boundaries } from "./boundaries.js";
import { cutPart, type Part, spellPart, type Written } from "./cut.js";
import { type Pieces, piecesOf } from "./pieces.js";
import { textOf, utf8Spans } from "./utf8.js";

/** Writes bytes in the tokens of one vocabulary. */
export interface ExactEncoder {
  /** For each text its tokens; null where the vocabulary cannot express the bytes. The same text always gives the same. */
  encode(texts: readonly Uint8Array[]): Promise<(ExactEncoding | null)[]>;
}

/** Tokens whose pieces, one after the other, are exactly a text's bytes. */
export interface ExactEncoding {
  /** Int32Array [n], none of them a control token. */
  tokens: Int32Array;
  /** Byte where the first token starts: 0, or -1 where the tokenizer puts a space before a text that is none of its bytes. */
  first: 0 | -1;
  /** Uint32Array [n]: the byte after each token, where the next one starts. */
  ends: Uint32Array;
}

/**
 * Makes an encoder of a tokenizer. What llama.cpp makes of a text is kept wherever its pieces are the text's bytes. What they are not
 * (broken UTF-8; U+2581 where it stands for a space; what a normaliser changes; a control token spelled out) is cut out in
 * parts as small as can be, down to single characters, which are spelled in byte tokens or the shortest pieces.
 */
export async function exactEncoder(
  tokenizer: Tokenizer,
  facts: Pick<TokenizerFacts, "bos" | "eos" | "eot">,
): Promise<ExactEncoder> {
  const pieces = piecesOf(await tokenizer.vocabulary(), facts);
  const manner = await mannerOf(tokenizer, pieces);
  // Whether a character comes back as itself depends on nothing but the character: remembering it changes no result.
  const expressible = new Map<string, boolean>();
  const ask = (parts: readonly Part[]): Promise<Answer[]> => askForParts(tokenizer, pieces, manner, parts);

  const learnCharacters = async (parts: readonly Part[]): Promise<void> => {
    const unknown = new Set(
      parts.flatMap((part) => [...textOf(part.bytes, part.start, part.end)]).filter((each) => !expressible.has(each)),
    );
    const characters = [...unknown];
    const kept = await charactersKept(tokenizer, pieces, manner, characters);
    for (const [i, character] of characters.entries()) expressible.set(character, kept[i] as boolean);
  };

  return {
    async encode(texts) {
      const written = texts.map((): Written => ({ answers: [], impossible: false }));
      let parts: Part[] = [];
      for (const [i, bytes] of texts.entries()) {
        for (const { start, end, wellFormed } of utf8Spans(bytes)) {
          const part = { bytes, start, end, cuts: 0, written: written[i] as Written };
          if (wellFormed) parts.push(part);
          else spellPart(pieces, part);
        }
      }
      while (parts.length > 0) {
        const answers = await ask(parts);
        const whole = (i: number): boolean => answers[i]?.end === parts[i]?.end;
        await learnCharacters(parts.filter((part, i) => part.cuts === 0 && !whole(i)));
        parts = parts.flatMap((part, i) => {
          const answer = answers[i] as Answer;
          if (part.written.impossible) return [];
          if (whole(i)) part.written.answers.push(answer);
          return whole(i) ? [] : cutPart(pieces, expressible, part, answer);
        });
      }
      return texts.map((_, i) => joined(pieces, written[i] as Written));
    },
  };
}

/** Whether each character comes back as itself, as a text or behind one. */
async function charactersKept(
  tokenizer: Tokenizer,
  pieces: Pieces,
  manner: Manner,
  characters: readonly string[],
): Promise<boolean[]> {
  const parts = characters.flatMap((character) => {
    const alone = Buffer.from(character);
    const behind = Buffer.from(`x${character}`);
    return [
      { bytes: alone, start: 0, end: alone.length },
      { bytes: behind, start: 1, end: behind.length },
    ];
  });
  const answers = await askForParts(tokenizer, pieces, manner, parts);
  const kept = (i: number): boolean => answers[i]?.end === parts[i]?.end;
  return characters.map((_, i) => kept(2 * i) || kept(2 * i + 1));
}

function joined({ vocabulary }: Pieces, { answers, impossible }: Written): ExactEncoding | null {
  if (impossible) return null;
  answers.sort((a, b) => a.start - b.start);
  const tokens = new Int32Array(answers.reduce((sum, answer) => sum + answer.tokens.length, 0));
  let at = 0;
  for (const answer of answers) {
    tokens.set(answer.tokens, at);
    at += answer.tokens.length;
  }
  const first = answers[0]?.start === -1 ? -1 : 0;
  const ends = boundaries(vocabulary, tokens);
  return { tokens, first, ends: first === 0 ? ends : ends.map((end) => end - 1) };
}
