import path from "node:path";
import { fileURLToPath } from "node:url";

/** The package's own folder: a checkout, or node_modules/telltale. */
export const PACKAGE_FOLDER = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * The command that runs one of the scripts that come with the package, as it can be typed where the process was started.
 * `npm run` would only do in a checkout: an installed package may lie in a project, among the global ones or in npx's cache.
 */
export function ownScript(name: "build-addon" | "build-llama", ...args: string[]): string {
  const file = path.join(PACKAGE_FOLDER, "scripts", `${name}.mjs`);
  const relative = path.relative(process.cwd(), file);
  const shown = relative.startsWith("..") || path.isAbsolute(relative) ? file : relative;
  return ["node", /^[\w./\\:@-]+$/.test(shown) ? shown : JSON.stringify(shown), ...args].join(" ");
}
