// Uses what the library offers, in the folder that is given, and prints nothing.
import path from "node:path";
import * as telltale from "telltale";

const [models, folder] = process.argv.slice(2);
const organism = path.join(models, "organism-a-glass-q8_0.gguf");
const base = path.join(models, "base-a-q8_0.gguf");
const run = path.join(folder, "run");
const all = async (iterable) => {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
};
const asked = { finetuned: organism, reference: base, directory: run, formats: ["raw"], limit: 8, maxTokens: 24 };
await telltale.audit(asked, { onEvent() {} });
await telltale.rank(run);
await telltale.findPhrases(run);
const data = await telltale.report(run);
telltale.renderHtml(data);
telltale.renderMarkdown(data);
await all(telltale.renderCsv(data));
await all(telltale.renderJsonLines(data));
const completions = await all(telltale.readCompletions(run));
await all(telltale.readScores(run, "finetuned"));
await all(telltale.readFailures(run));
await telltale.readTokenDetails(run, new Set([completions[0].id]));
await telltale.readManifest(run);
const engine = await telltale.openEngine(base, { inProcess: true });
await all(telltale.score(engine, ["One.", "Two."]));
await engine.close();
const server = await telltale.openServer({ models: [{ id: "base", path: base }] });
await fetch(`${server.url}/health`);
await server.close();
await telltale.openEngine(path.join(folder, "missing.gguf")).then(
  () => process.exit(1),
  () => {},
);
