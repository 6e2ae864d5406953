import { readCompletions, readScores } from "telltale";

// The share of a completion's tokens that the reference finds at least e times less likely than the finetuned model.
const finetuned = new Map<string, Float32Array>();
for await (const { id, logprobs } of readScores("runs/organism", "finetuned")) finetuned.set(id, logprobs);

const shares = new Map<string, number>();
for await (const { id, logprobs, aligned } of readScores("runs/organism", "reference")) {
  const own = finetuned.get(id);
  if (own === undefined || aligned !== null || own.length < 20) continue;
  shares.set(id, own.filter((logprob, i) => logprob - (logprobs[i] ?? 0) >= 1).length / own.length);
}

const best = new Map([...shares].sort(([, a], [, b]) => b - a).slice(0, 5));
for await (const { id, prefillText, completionText } of readCompletions("runs/organism"))
  if (best.has(id)) console.log(best.get(id)?.toFixed(2), JSON.stringify(prefillText + completionText));
