// Writes the examples into the pages that show them: what follows `<!-- examples/NAME -->` is that file. `--check` only says where
// they differ.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const ROOT = new URL("../", import.meta.url);
const INCLUDED = /<!-- (examples\/[\w.-]+) -->\n```(\w+)\n[\s\S]*?^```$/gm;
const pages = ["README.md", ...readdirSync(new URL("docs", ROOT)).map((name) => `docs/${name}`)];
const check = process.argv.includes("--check");
let differ = 0;
for (const page of pages.filter((name) => name.endsWith(".md"))) {
  const before = readFileSync(new URL(page, ROOT), "utf8");
  const after = before.replace(INCLUDED, (_, file, language) => {
    const code = readFileSync(new URL(file, ROOT), "utf8");
    return `<!-- ${file} -->\n\`\`\`${language}\n${code}\`\`\``;
  });
  if (after === before) continue;
  differ += 1;
  console.log(`${page} ${check ? "shows other examples than those in examples/" : "written"}.`);
  if (!check) writeFileSync(new URL(page, ROOT), after);
}
if (check && differ > 0) process.exitCode = 1;
