import { parseKeywords, rank } from "telltale";

const { rankings } = await rank("runs/organism", {
  preset: "paper", // no filters, the published statistic first
  top: 5,
  keywords: parseKeywords("glass; halden & bridge"),
  onEvent: ({ problem }) => console.error(problem.sentence),
});
for (const { configuration, statistic, matches, top } of rankings)
  console.log(configuration, statistic, top[0]?.value.toFixed(2), `${matches?.top10} of 10 match`);
