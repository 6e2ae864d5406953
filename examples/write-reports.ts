import { createWriteStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { renderCsv, renderHtml, renderMarkdown, report } from "telltale";

const data = await report("runs/organism", { top: 50 });
await writeFile("organism.html", renderHtml(data));
await pipeline(Readable.from(renderCsv(data)), createWriteStream("organism.csv"));
console.log(renderMarkdown(data).split("\n")[0]);
