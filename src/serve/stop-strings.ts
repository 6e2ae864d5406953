import type { Finished } from "./choice.js";
import type { TokenStrings } from "./token-strings.js";
import type { Generated } from "./work.js";

/**
 * A completion cut at the first of the stop strings: its text before it, its tokens up to the one that completes it, as a server that
 * looks for them while it generates would have it. An end-of-generation token stays among the tokens and is not in the text.
 */
export function finish(
  { tokens, logprobs, stop }: Generated,
  stops: readonly string[],
  strings: TokenStrings,
): Finished {
  const worded = stop === "eog" ? tokens.subarray(0, -1) : tokens;
  const reason = stop === "eog" ? "stop" : "length";
  const text = stops.length === 0 ? null : strings.text(worded);
  const cut = text === null ? -1 : firstOf(text, stops);
  if (text !== null && cut >= 0) {
    const kept = tokensUntil(worded, stops, strings);
    return {
      tokens: tokens.subarray(0, kept),
      logprobs: logprobs.subarray(0, kept),
      text: text.slice(0, cut),
      reason: "stop",
    };
  }
  return { tokens, logprobs, text: stop === "eog" ? strings.text(worded) : null, reason };
}

function firstOf(text: string, stops: readonly string[]): number {
  const places = stops.map((stop) => text.indexOf(stop)).filter((place) => place >= 0);
  return places.length === 0 ? -1 : Math.min(...places);
}

/** The fewest tokens whose text holds a stop string: more tokens hold it as well, so it is found by halving. */
function tokensUntil(tokens: Int32Array, stops: readonly string[], strings: TokenStrings): number {
  let [low, high] = [1, tokens.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (firstOf(strings.text(tokens.subarray(0, middle)), stops) >= 0) high = middle;
    else low = middle + 1;
  }
  return low;
}
