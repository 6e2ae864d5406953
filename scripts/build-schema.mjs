// Writes schemas/rankings.schema.json, which is published, from the schema that the rankings are checked against.
import { writeFileSync } from "node:fs";
import { rankingsJsonSchema } from "../dist/rank/schema.js";

const file = "schemas/rankings.schema.json";
writeFileSync(new URL(`../${file}`, import.meta.url), rankingsJsonSchema());
console.log(`Wrote ${file}.`);
