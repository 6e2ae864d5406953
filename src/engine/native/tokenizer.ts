import { z } from "zod";
import { TelltaleError } from "../../errors.js";
import type { FileTokenizer, Tokenizer, TokenizerFacts, Vocabulary } from "../engine.js";
import { checkVocabularyFile } from "../gguf/check.js";
import { cancelled } from "../job.js";
import { type OpenOptions, resolveOptions, TokenizerOptions } from "../options.js";
import { isArrayOf, Sequences } from "../requests.js";
import { decode } from "../vocabulary.js";
import { loadAddon, type NativeModel } from "./addon.js";
import { findLibrary, openedLibrary, openLibrary } from "./library.js";
import { translated } from "./translated.js";

/**
 * Opens the vocabulary of a GGUF file in this process, with the llama.cpp that is open here already or else that of the CPU.
 * A broken file can end the process inside llama.cpp; openHostTokenizer keeps that in a child.
 */
export async function openNativeTokenizer(path: string, { signal }: OpenOptions = {}): Promise<FileTokenizer> {
  resolveOptions(TokenizerOptions, { path }, "tokenizer options");
  await checkVocabularyFile(path);
  const files = openedLibrary() ?? findLibrary("cpu");
  openLibrary(files, "cpu");
  if (signal?.aborted) throw cancelled();
  const native = await translated("load", path, () =>
    loadAddon().loadModel({
      libraries: files.libraries,
      backends: files.backends,
      release: files.release,
      path,
      gpuLayers: 0,
      devices: [],
      tensorSplit: [],
      mmap: false,
      checkTensors: false,
      vocabularyOnly: true,
    }),
  );
  if (signal?.aborted) {
    native.close();
    throw cancelled();
  }
  let closed = false;
  const requireOpen = (): void => {
    if (closed) throw new TelltaleError("ENGINE_UNAVAILABLE", `The tokenizer of ${path} is closed.`, { model: path });
  };
  return {
    facts: tokenizerFacts(path, native),
    ...nativeTokenizing(native, path, requireOpen),
    async close() {
      closed = true;
      native.close();
    },
  };
}

const Texts = z.custom<readonly string[]>(
  (value) => isArrayOf(value, (text) => typeof text === "string"),
  "expected an array of strings",
);
const TokenizeOptions = z.strictObject({
  parseSpecial: z.boolean().default(false),
  addSpecial: z.boolean().default(false),
});

/** What needs the vocabulary only. `requireOpen` throws once it is closed. */
export function nativeTokenizing(model: NativeModel, path: string, requireOpen: () => void): Omit<Tokenizer, "close"> {
  let vocabulary: Vocabulary | undefined;
  const pieces = (): Vocabulary => {
    vocabulary ??= model.vocabulary();
    return vocabulary;
  };
  return {
    async tokenize(texts, options = {}) {
      requireOpen();
      resolveOptions(Texts, texts, "texts");
      const { addSpecial, parseSpecial } = resolveOptions(TokenizeOptions, options, "tokenize options");
      const encoder = new TextEncoder();
      return translated("tokenize", path, () =>
        texts.map((text) => model.tokenize(encoder.encode(text), addSpecial, parseSpecial)),
      );
    },
    async detokenize(sequences) {
      requireOpen();
      resolveOptions(Sequences, sequences, "token sequences");
      return translated("detokenize", path, () => sequences.map((sequence) => decode(pieces(), sequence)));
    },
    async vocabulary() {
      requireOpen();
      return translated("vocabulary", path, pieces);
    },
  };
}

function tokenizerFacts(path: string, native: NativeModel): TokenizerFacts {
  const { vocabularySize, vocabularyType, bos, eos, eot, addBos, chatTemplate } = native.facts();
  return { path, vocabularySize, vocabularyType, bos, eos, eot, addBos, chatTemplate };
}
