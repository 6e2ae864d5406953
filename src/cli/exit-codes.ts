/** What the exit statuses mean, in the order in which they are listed. */
export const EXIT_STATUSES: Readonly<Record<number, string>> = {
  0: "done",
  1: "an error that should not be, or a model that doctor finds unreliable",
  2: "wrong arguments",
  3: "a file or a run that cannot be read",
  4: "writing failed",
  5: "a model, an adapter or a chat template that cannot be used",
  6: "a corpus that cannot be used, or a download that failed",
  7: "no such backend, or a library is missing",
  8: "out of memory",
  9: "the engine failed",
  10: "an endpoint failed, or what it answers cannot be used",
  130: "interrupted",
};

/** The text of `telltale help exit-codes`. */
export function exitStatusText(): string {
  const rows = Object.entries(EXIT_STATUSES).map(([status, meaning]) => `  ${status.padEnd(5)}${meaning}`);
  return `${rows.join("\n")}\n`;
}
