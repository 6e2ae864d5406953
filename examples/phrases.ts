import { compare, findPhrases } from "telltale";

const { themes } = await findPhrases("runs/organism", { top: 8 });
for (const { phrases, completions, inRest } of themes.slice(0, 3))
  console.log(phrases[0]?.text, `${completions} of the top, ${inRest} of the others`);

const { overlaps } = await compare(["runs/organism", "runs/resumed"], { statistics: ["logRatio"] });
for (const { configuration, alike } of overlaps) console.log(configuration, `${Math.round(100 * alike)} % alike`);
