// Writes the bench's models: `node .cache/bench/models/make.js [names]`; all shapes but the 1B one where none is named.
import { ensureModel } from "./models.js";
import { SHAPES } from "./shapes.js";

const asked = process.argv.slice(2);
const names = asked.length > 0 ? asked : SHAPES.map((shape) => shape.name).filter((name) => name !== "llama-3.2-1b");
for (const name of names) console.log(await ensureModel(name));
