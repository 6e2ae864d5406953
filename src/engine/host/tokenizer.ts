import { TelltaleError } from "../../errors.js";
import type { FileTokenizer, Tokenizer, TokenizerFacts, Vocabulary } from "../engine.js";
import { cancelled } from "../job.js";
import { type OpenOptions, resolveOptions, TokenizerOptions } from "../options.js";
import { startEngineProcess } from "./process.js";
import type { Request } from "./protocol.js";

/**
 * Opens the vocabulary of a GGUF file in a child process of its own. The file is untrusted: whatever it does to llama.cpp
 * ends the child, and here becomes ENGINE_DIED.
 */
export async function openHostTokenizer(path: string, { signal }: OpenOptions = {}): Promise<FileTokenizer> {
  resolveOptions(TokenizerOptions, { path }, "tokenizer options");
  if (signal?.aborted) throw cancelled();
  const child = startEngineProcess(path);
  const onAbort = (): void => void child.end();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const facts = (await child.call({ call: "open", vocabulary: path }).done) as TokenizerFacts;
    let closed = false;
    const call = async <T>(request: Request): Promise<T> => {
      if (closed) throw new TelltaleError("ENGINE_UNAVAILABLE", `The tokenizer of ${path} is closed.`, { model: path });
      return (await child.call(request).done) as T;
    };
    return {
      facts,
      ...hostTokenizing(call, 0),
      async close() {
        closed = true;
        await child.end();
      },
    };
  } catch (error) {
    await child.end();
    throw signal?.aborted ? cancelled() : error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/** What needs the vocabulary only, asked of the engine process by `call`. */
export function hostTokenizing(call: <T>(request: Request) => Promise<T>, engine: number): Omit<Tokenizer, "close"> {
  return {
    tokenize: (texts, options = {}) => call<Int32Array[]>({ call: "tokenize", engine, texts, options }),
    detokenize: (sequences) => call<Uint8Array[]>({ call: "detokenize", engine, sequences }),
    vocabulary: () => call<Vocabulary>({ call: "vocabulary", engine }),
  };
}
