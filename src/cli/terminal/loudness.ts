/** How much a command says on stderr: only its errors, what a person should know, or all it knows of what it does. */
export type Loudness = "quiet" | "normal" | "verbose";

/** Of this process, which runs one command: everything that writes to stderr asks for it. */
let loudness: Loudness = "normal";

export function setLoudness(wanted: Loudness): void {
  loudness = wanted;
}

export function isQuiet(): boolean {
  return loudness === "quiet";
}

export function isVerbose(): boolean {
  return loudness === "verbose";
}
