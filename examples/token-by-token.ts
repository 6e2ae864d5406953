import { rank, readTokenDetails, tokenLogRatios } from "telltale";

const { rankings } = await rank("runs/organism", { top: 1 });
const first = rankings[0]?.top[0]?.id ?? "";
const details = await readTokenDetails("runs/organism", new Set([first]));
for (const detail of details.values()) {
  const ratios = tokenLogRatios(detail);
  for (const [i, text] of detail.texts?.entries() ?? [])
    console.log(JSON.stringify(text).padEnd(14), ratios?.[i]?.toFixed(2).padStart(6), "nats");
}
