import { decodeText, openEngine } from "telltale";

const engine = await openEngine("organism.gguf");
try {
  const prefills = await engine.tokenize(["The bridge", "In a survey of"]);
  const vocabulary = await engine.vocabulary();
  for await (const batch of engine.generate({ head: new Int32Array(0), prefills, maxTokens: 12 }))
    for (const { prefill, tokens, logprobs, stop } of batch)
      console.log(prefill, JSON.stringify(decodeText(vocabulary, tokens)), logprobs[0]?.toFixed(2), stop);
} finally {
  await engine.close();
}
