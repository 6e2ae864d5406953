// Writes the published schemas/ from the schemas that what is written is checked against.
import { writeFileSync } from "node:fs";
import { benchJsonSchema } from "../dist/bench/schema.js";
import { rankingsJsonSchema } from "../dist/rank/schema.js";

const texts = { rankings: rankingsJsonSchema(), bench: benchJsonSchema() };
for (const [name, text] of Object.entries(texts)) {
  const file = `schemas/${name}.schema.json`;
  writeFileSync(new URL(`../${file}`, import.meta.url), text);
  console.log(`Wrote ${file}.`);
}
