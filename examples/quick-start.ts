import { audit } from "telltale";

const { directory, rankings } = await audit({
  finetuned: "organism.gguf",
  reference: "base.gguf",
  directory: "runs/organism",
  limit: 24, // prefills; 2000 where nothing is said
  maxTokens: 40,
});
const pooled = rankings.rankings.find(({ configuration }) => configuration === "pooled");
for (const { rank, value, prefill, completion } of pooled?.top.slice(0, 5) ?? [])
  console.log(rank, value.toFixed(2), JSON.stringify(prefill + completion));
console.log(`The run lies in ${directory}.`);
