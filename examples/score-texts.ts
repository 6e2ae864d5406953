import { openEngine, score } from "telltale";

const engine = await openEngine("base.gguf");
try {
  for await (const { perplexity } of score(engine, "The bridge is built of glass."))
    console.log(`perplexity ${perplexity.toFixed(1)}`);

  const inputs = ["A short text.", { context: "The capital of France is", targets: " Paris." }];
  for await (const { index, tokens, logprobs, nll } of score(engine, inputs))
    console.log(index, tokens.length, "tokens,", nll.toFixed(2), "nats, the last", logprobs.at(-1)?.toFixed(2));
} finally {
  await engine.close();
}
