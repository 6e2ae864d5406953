import { readCompletions, readScores } from "telltale";

const lengths = new Map<string, number[]>();
for await (const { configuration, completion } of readCompletions("runs/organism"))
  lengths.set(configuration, [...(lengths.get(configuration) ?? []), completion.length]);
for (const [configuration, tokens] of lengths)
  console.log(configuration, tokens.length, "completions, the longest of", Math.max(...tokens), "tokens");

const onEvent = ({ problem }: { problem: { sentence: string } }): void => console.error(problem.sentence);
for await (const { id, logprobs } of readScores("runs/organism", "reference", { onEvent })) {
  console.log(id, logprobs.length, "log-probabilities, the lowest", Math.min(...logprobs).toFixed(2));
  break;
}
