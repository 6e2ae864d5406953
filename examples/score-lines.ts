import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { openEngine, score } from "telltale";

// Any iterable of texts can be scored, and the scores are another one: a file of any size, in constant memory.
async function* lines(): AsyncGenerator<string> {
  yield* createInterface({ input: createReadStream("lines.txt") });
}

const [finetuned, reference] = await Promise.all([openEngine("organism.gguf"), openEngine("base.gguf")]);
try {
  const others = score(reference, lines());
  for await (const { index, nll, scoredTokens } of score(finetuned, lines())) {
    const other = (await others.next()).value;
    if (other && scoredTokens > 0)
      console.log(`line ${index + 1}: ${((other.nll - nll) / scoredTokens).toFixed(2)} nats per token`);
  }
} finally {
  await Promise.all([finetuned.close(), reference.close()]);
}
