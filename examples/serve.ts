import { openEngine, openServer, score } from "telltale";

const server = await openServer({ models: [{ id: "base", path: "base.gguf" }] });
try {
  const response = await fetch(`${server.url}/v1/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "base", prompt: "The bridge", max_tokens: 8, temperature: 0 }),
  });
  const { choices } = (await response.json()) as { choices: { text: string }[] };
  console.log(JSON.stringify(choices[0]?.text));

  // The same server as an engine: so would be one on another machine.
  const engine = await openEngine(`${server.url}/v1#base`);
  for await (const { perplexity } of score(engine, "The bridge is built of glass."))
    console.log(`perplexity ${perplexity.toFixed(1)}`);
  await engine.close();
} finally {
  await server.close();
}
