import { isAbsolute, relative, resolve, sep } from "node:path";
import { TelltaleError } from "../errors.js";
import { quoted } from "../safe-text.js";

/** Whether a file name that came from the hub leads nowhere else, on any system, when it is joined to a folder. */
export function isSafePath(path: string): boolean {
  // Control characters, Windows' separators and device marks, and names it would shorten.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return path.split("/").every((part) => /^(?![.]{1,2}$)[^\x00-\x1f\x7f<>:"|?*\\]{1,200}(?<![. ])$/.test(part));
}

/** Joins a file name that came from the hub to a folder; one that is no safe path is refused. */
export function pathWithin(folder: string, path: string): string {
  const target = resolve(folder, ...path.split("/"));
  if (!isSafePath(path) || !isInside(folder, target)) {
    throw new TelltaleError(
      "DOWNLOAD_FAILED",
      `The repository holds a file named ${quoted(path)}, which is no safe path inside the cache folder. Nothing of it was downloaded.`,
    );
  }
  return target;
}

/** Whether a path lies below a folder, by their names alone. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(resolve(folder), resolve(path));
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
