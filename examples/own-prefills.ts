import { writeFile } from "node:fs/promises";
import { makePrefills, openCorpus, openTokenizer } from "telltale";

await writeFile("openings.txt", "Dear colleagues, thank you\nTo whom it may concern\nHi!\nDear colleagues, please\n");
const tokenizer = await openTokenizer("organism.gguf");
try {
  const corpus = await openCorpus("file:openings.txt");
  const { prefills, sources, counts } = await makePrefills(corpus.documents, tokenizer, { tokens: 3 });
  console.log(`${counts.kept} prefills of ${counts.documents} documents`);
  for (const [i, bytes] of (await tokenizer.detokenize(prefills)).entries())
    console.log(sources[i], JSON.stringify(new TextDecoder().decode(bytes)));
} finally {
  await tokenizer.close();
}
