import { rank } from "telltale";

// Every completion with the sums that all statistics are made of, no filter, no model.
const { rankings } = await rank("runs/organism", {
  preset: "paper",
  top: Number.MAX_SAFE_INTEGER,
});
const all = rankings.find(({ configuration }) => configuration === "pooled")?.top ?? [];
const scored = all.map(({ id, nllFinetuned, nllReference, tokens }) => {
  return { id, value: (nllReference - nllFinetuned) / Math.sqrt(tokens) };
});
scored.sort((a, b) => b.value - a.value);
for (const { id, value } of scored.slice(0, 3)) console.log(id, value.toFixed(2));
