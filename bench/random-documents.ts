import { randomNumbers } from "#telltale/prefill/shuffle.js";

/** JSON Lines: documents of random words, each with another beginning. */
export function randomDocuments(count: number): string {
  const next = randomNumbers(13);
  const word = (): string =>
    Array.from({ length: 3 + Math.floor(6 * next()) }, () => String.fromCharCode(97 + Math.floor(26 * next()))).join(
      "",
    );
  const lines = Array.from({ length: count }, () =>
    JSON.stringify({ text: Array.from({ length: 12 }, word).join(" ") }),
  );
  return `${lines.join("\n")}\n`;
}
