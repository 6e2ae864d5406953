import { truncateSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import type { LocalEngine, Tokenizer } from "#telltale/engine/engine.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import { openTokenizer } from "#telltale/engine/tokenizer.js";
import { array, type GgufDraft, scalar, writeGguf } from "../fixtures/gguf-writer.js";
import { tinyModel, withKey, withTensor } from "../fixtures/tiny-model.js";
import { engineProcesses } from "../processes.js";
import { scratch } from "./gguf/support.js";
import { MODELS, rejection, SMALL, TEXT } from "./models.js";
import { eventually } from "./scripts.js";

const file = scratch();

const TEXTS = [
  "",
  TEXT,
  " two  spaces, a\ttab and\r\nlines\n\n",
  "Grüße, 你好, 👩‍👩‍👧 e\u0301, \uFEFF and \u0000 end",
  "<|im_start|>user\nhello<|im_end|><|endoftext|> </s> <s>",
];

const opened: Tokenizer[] = [];
afterEach(async () => {
  for (const tokenizer of opened.splice(0)) await tokenizer.close();
});

/** All that a tokenizer says of TEXTS and of itself. */
async function everything(tokenizer: Tokenizer) {
  const tokens = [];
  for (const options of [{}, { parseSpecial: true }, { addSpecial: true }]) {
    tokens.push(...(await tokenizer.tokenize(TEXTS, options)));
  }
  const bytes = (await tokenizer.detokenize(tokens)).map((each) => Buffer.from(each).toString("hex"));
  const { bytes: pieces, offsets, attributes } = await tokenizer.vocabulary();
  return { tokens, bytes, pieces: Buffer.from(pieces), offsets, attributes };
}

describe.each([
  ["in a child process", false],
  ["in this process", true],
])("a tokenizer %s", (_, inProcess) => {
  const open = async (path: string) => {
    const tokenizer = await openTokenizer(path, { inProcess });
    opened.push(tokenizer);
    return tokenizer;
  };

  it.each([
    ["byte-level BPE", MODELS.base],
    ["SentencePiece", MODELS.baseB],
  ])("says what the whole model says: %s", async (_, path) => {
    const tokenizer = await open(path);
    const [engine] = (await openNativeEngines({ path }, [SMALL])) as [LocalEngine];
    opened.push(engine);
    expect(engine.facts.model).toMatchObject(tokenizer.facts);
    expect(Object.keys(tokenizer.facts).length).toBe(8);
    expect(await everything(tokenizer)).toEqual(await everything(engine));
  });

  it("reads a vocabulary without weights", async () => {
    const tokenizer = await open(file("vocabulary.gguf", writeGguf({ ...tinyModel(), tensors: [] })));
    expect(tokenizer.facts).toMatchObject({ vocabularySize: 260, vocabularyType: "spm", bos: 1, eos: 2, addBos: true });
    const [tokens] = await tokenizer.tokenize(["aé"], { addSpecial: true });
    const [space, a] = [3 + 0x20, 259];
    // The space in front is U+2581 there, which this vocabulary has as three bytes.
    expect(Array.from(tokens as Int32Array).slice(-3)).toEqual([a, 3 + 0xc3, 3 + 0xa9]);
    expect(tokens?.[0]).toBe(1);
    expect(tokens).not.toContain(space);
  });

  it("leaves weights unread: a model of 64 GiB, all of it a hole", async () => {
    const shape = [1 << 17, 1 << 17];
    const bytes = writeGguf(withTensor(tinyModel(), "output_norm.weight", { shape, data: Buffer.alloc(0) }));
    const path = file("large.gguf", bytes);
    truncateSync(path, bytes.length + 4 * 2 ** 34);
    expect((await open(path)).facts.vocabularySize).toBe(260);
  });

  it.each<[string, GgufDraft, RegExp]>([
    ["an embedding model", key("general.architecture", scalar("string", "bert")), /is an embedding model/],
    ["WordPiece", key("tokenizer.ggml.model", scalar("string", "bert")), /WordPiece.*do not make up the text/],
    ["an empty vocabulary", key("tokenizer.ggml.tokens", array("string", [])), /empty vocabulary/],
    ["a pre-tokenizer nobody knows", bpe(scalar("string", "none such")), /llama\.cpp cannot load the model/],
  ])("refuses %s", async (_, draft, sentence) => {
    const path = file("refused.gguf", writeGguf({ ...draft, tensors: [] }));
    const error = await rejection(() => openTokenizer(path, { inProcess }));
    expect(error).toMatchObject({ name: "TelltaleError", code: "BAD_MODEL", model: path });
    expect((error as Error).message).toMatch(sentence);
    expect(engineProcesses(process.pid)).toEqual([]);
  });

  it.each([
    ["an adapter", MODELS.lora, "BAD_MODEL"],
    ["no file", "none-such.gguf", "FILE_UNREADABLE"],
    ["no path", "", "BAD_ARGUMENT"],
  ])("refuses %s", async (_, path, code) => {
    expect(await rejection(() => openTokenizer(path, { inProcess }))).toMatchObject({ name: "TelltaleError", code });
  });

  it("refuses a special token that the vocabulary asks for and does not have", async () => {
    const draft = withKey(bpe(scalar("string", "gpt-2")), "tokenizer.ggml.add_eos_token", scalar("bool", true));
    const small = withKey(draft, "tokenizer.ggml.tokens", array("string", ["a", "b"]));
    const tokenizer = await open(file("no-eos.gguf", writeGguf({ ...small, tensors: [] })));
    const error = await rejection(() => tokenizer.tokenize(["a"], { addSpecial: true }));
    expect(error).toMatchObject({ code: "BAD_MODEL", phase: "tokenize" });
    expect(Array.from((await tokenizer.tokenize(["ab"]))[0] as Int32Array)).toEqual([0, 1]);
  });

  it("is closed once and for all, and can be given up before it is open", async () => {
    const tokenizer = await open(MODELS.base);
    await tokenizer.close();
    await tokenizer.close();
    for (const call of [() => tokenizer.tokenize(["a"]), () => tokenizer.vocabulary()]) {
      expect(await rejection(call)).toMatchObject({ code: "ENGINE_UNAVAILABLE", model: MODELS.base });
    }
    const controller = new AbortController();
    const opening = rejection(() => openTokenizer(MODELS.base, { inProcess, signal: controller.signal }));
    controller.abort();
    expect(await opening).toMatchObject({ code: "CANCELLED" });
    expect(await eventually(() => engineProcesses(process.pid).length === 0)).toBe(true);
  });
});

it.skipIf(process.platform === "win32")("whose child dies says so at every call", async () => {
  const tokenizer = await openTokenizer(MODELS.base);
  const [pid] = engineProcesses(process.pid) as [number];
  const call = rejection(() => tokenizer.tokenize(Array.from({ length: 1000 }, () => TEXT.repeat(200))));
  process.kill(pid, "SIGKILL");
  expect(await call).toMatchObject({ code: "ENGINE_DIED", phase: "tokenize", model: MODELS.base });
  expect(await rejection(() => tokenizer.vocabulary())).toMatchObject({ code: "ENGINE_DIED" });
  await tokenizer.close();
});

function key(name: string, value: Parameters<typeof withKey>[2]): GgufDraft {
  return withKey(tinyModel(), name, value);
}

/** A byte-level vocabulary of three tokens and one merge, for the pre-tokenizer of that name; it has no special ids. */
function bpe(pre: Parameters<typeof withKey>[2]): GgufDraft {
  const pairs: [string, Parameters<typeof withKey>[2]][] = [
    ["tokenizer.ggml.model", scalar("string", "gpt2")],
    ["tokenizer.ggml.pre", pre],
    ["tokenizer.ggml.tokens", array("string", ["a", "b", "cc"])],
    ["tokenizer.ggml.merges", array("string", ["c c"])],
    ["tokenizer.ggml.bos_token_id", undefined],
    ["tokenizer.ggml.eos_token_id", undefined],
  ];
  return pairs.reduce((draft, [name, value]) => withKey(draft, name, value), tinyModel());
}
