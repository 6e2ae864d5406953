// Writes the published schemas/ from the schemas that what is written is checked against.
import { writeFileSync } from "node:fs";
import { benchJsonSchema } from "../dist/bench/schema.js";
import { configJsonSchema } from "../dist/cli/config/schema.js";
import { buildProgram } from "../dist/cli/program.js";
import { organismsJsonSchema } from "../dist/organisms/schema.js";
import { keywordReportJsonSchema } from "../dist/rank/keyword-report.js";
import { keywordsJsonSchema } from "../dist/rank/keywords/file-schema.js";
import { phrasesJsonSchema } from "../dist/rank/phrases/schema.js";
import { rankingsJsonSchema } from "../dist/rank/schema.js";
import { comparisonJsonSchema } from "../dist/report/comparison-schema.js";

const texts = {
  rankings: rankingsJsonSchema(),
  phrases: phrasesJsonSchema(),
  keywords: keywordsJsonSchema(),
  "keyword-report": keywordReportJsonSchema(),
  comparison: comparisonJsonSchema(),
  bench: benchJsonSchema(),
  organisms: organismsJsonSchema(),
  config: configJsonSchema(buildProgram()),
};
for (const [name, text] of Object.entries(texts)) {
  const file = `schemas/${name}.schema.json`;
  writeFileSync(new URL(`../${file}`, import.meta.url), text);
  console.log(`Wrote ${file}.`);
}
