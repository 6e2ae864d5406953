import { existsSync } from "node:fs";
import path from "node:path";
import { TelltaleError } from "../../errors.js";
import { loaderCause } from "./load-failure.js";
import { ownScript, PACKAGE_FOLDER } from "./own-scripts.js";

/** Names another build of the addon, such as one under sanitizers, to be loaded instead. */
export const ADDON_VARIABLE = "TELLTALE_ADDON";

/** A build of the addon, and where it comes from: the variable, this machine's compiler, or the package. */
export interface AddonFile {
  file: string;
  origin: "named" | "built" | "prebuilt";
}

const SYSTEM = `${process.platform}-${process.arch}`;
const TOOLS = "git, cmake and a C++20 compiler are needed";

/** Where an addon may lie, the first that is there being taken. One's own build comes before the package's. */
function places(folder: string): AddonFile[] {
  return [
    { file: path.join(folder, "build", "Release", "telltale.node"), origin: "built" },
    { file: path.join(folder, "prebuilds", SYSTEM, "telltale.node"), origin: "prebuilt" },
  ];
}

/** The addon to load. Throws NO_LIBRARY where there is none, with what to do. */
export function findAddon(folder = PACKAGE_FOLDER): AddonFile {
  const named = process.env[ADDON_VARIABLE];
  if (named) {
    if (existsSync(named)) return { file: path.resolve(named), origin: "named" };
    throw new TelltaleError(
      "NO_LIBRARY",
      `${ADDON_VARIABLE} names ${named}, which is not there: correct it, or unset it to have Telltale's own addon.`,
    );
  }
  const found = places(folder).find(({ file }) => existsSync(file));
  if (found !== undefined) return found;
  throw new TelltaleError(
    "NO_LIBRARY",
    `This copy of Telltale has no native addon for ${SYSTEM}, neither prebuilt nor built here. Build it with \`${ownScript("build-addon")}\` (${TOOLS}).`,
  );
}

/** The error of an addon that is there and does not load: NO_LIBRARY with its cause, as far as that is known, and what to do. */
export function addonFailure(
  { file, origin }: AddonFile,
  cause: Error,
  glibc?: () => string | undefined,
): TelltaleError {
  const said = cause.message.split("\n")[0]?.replace(/\.$/, "");
  const why = loaderCause(cause.message, glibc);
  const what = {
    named: `The addon that ${ADDON_VARIABLE} names`,
    built: "The addon built here",
    prebuilt: "The prebuilt addon",
  };
  const build = (...args: string[]): string => `with \`${ownScript("build-addon", ...args)}\` (${TOOLS})`;
  const remedy = {
    named: `Name one that was built for this system, or unset ${ADDON_VARIABLE}.`,
    built: `Build it anew ${build("--force")}.`,
    prebuilt: `Build one for this system ${build()}.`,
  };
  return new TelltaleError(
    "NO_LIBRARY",
    `${what[origin]}, ${file}, cannot be loaded${why === undefined ? "" : `: ${why}`} (${said}). ${remedy[origin]}`,
    { cause },
  );
}
