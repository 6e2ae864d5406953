import { compare, findPhrases } from "telltale";

const { themes, top, rest } = await findPhrases("runs/organism", { top: 20 });
console.log(`${themes.length} themes of ${top} completions beside ${rest} others`);
for (const { phrases, completions, inRest } of themes)
  console.log(phrases[0]?.text, `${completions} of the top, ${inRest} of the others`);

const { overlaps } = await compare(["runs/organism", "runs/resumed"], { statistics: ["logRatio"] });
for (const { configuration, alike } of overlaps) console.log(configuration, `${Math.round(100 * alike)} % alike`);
