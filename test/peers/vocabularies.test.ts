import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { pinnedRelease } from "#telltale/engine/native/library.js";
import { openTokenizer } from "#telltale/engine/tokenizer.js";

/** llama.cpp's vocabularies without weights; beside some lie texts and the tokens that each model's own tokenizer makes of them. */
const FOLDER = path.resolve(`.cache/peers-${pinnedRelease()}/source/models`);
const names = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith(".gguf")) : [];
const causal = names.filter((name) => !name.includes("bert"));
const SEPARATOR = "\n__ggml_vocab_test__\n";

describe.skipIf(names.length === 0)("llama.cpp's vocabularies", () => {
  test.each(causal)("%s is read, and makes the tokens it is published with", async (name) => {
    const file = path.join(FOLDER, name);
    const tokenizer = await openTokenizer(file, { inProcess: true });
    const { offsets } = await tokenizer.vocabulary();
    expect(offsets.length).toBe(tokenizer.facts.vocabularySize + 1);
    if (existsSync(`${file}.inp`)) {
      const texts = readFileSync(`${file}.inp`, "utf8").split(SEPARATOR);
      const lines = readFileSync(`${file}.out`, "utf8").split("\n").slice(0, texts.length);
      const tokens = await tokenizer.tokenize(texts);
      expect(tokens.map((ids) => ids.join(" "))).toEqual(lines.map((line) => line.trim()));
    }
    await tokenizer.close();
  });

  test.each(names.filter((name) => !causal.includes(name)))("%s is refused", async (name) => {
    const opening = openTokenizer(path.join(FOLDER, name), { inProcess: true });
    await expect(opening).rejects.toMatchObject({ code: "BAD_MODEL" });
  });
});
