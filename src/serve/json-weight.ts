import type { ResolvedLimits } from "./options.js";
import { Refusal } from "./refusal.js";

/** Smaller bodies are parsed at once whatever they hold. */
const LIGHT_BYTES = 1 << 18;
/** Beside prompts and their tokens a request holds no more than so many values. */
const OTHERS = 1000;

const [QUOTE, BACKSLASH, COMMA, BRACKET, BRACE] = [0x22, 0x5c, 0x2c, 0x5b, 0x7b];

/**
 * Throws a Refusal for JSON that holds far more values than a request can: made of small ones, the bytes that are allowed
 * would be parsed for many seconds, in which nobody else is answered.
 */
export function refuseHeavyJson(body: Buffer, { prompts, requestTokens }: ResolvedLimits): void {
  if (body.length <= LIGHT_BYTES) return;
  let [values, texts, containers] = [0, 0, 0];
  for (let i = 0; i < body.length; i += 1) {
    const byte = body[i];
    if (byte === COMMA) values += 1;
    else if (byte === BRACKET || byte === BRACE) containers += 1;
    else if (byte === QUOTE) {
      texts += 1;
      for (i += 1; i < body.length && body[i] !== QUOTE; i += 1) if (body[i] === BACKSLASH) i += 1;
    }
  }
  if (containers <= prompts + OTHERS && texts <= prompts + OTHERS && values <= requestTokens + prompts + OTHERS) return;
  const sentence = `The body holds more values than a request can: ${prompts} prompts and ${requestTokens} tokens at most.`;
  throw new Refusal(400, sentence, { code: "body_too_heavy" });
}
