import type { EngineFacts, LocalFacts, TokenizerFacts } from "./facts.js";

export type {
  ContextFacts,
  DeviceFacts,
  EndpointFacts,
  EngineFacts,
  LibraryFacts,
  LocalFacts,
  ModelFacts,
  RemoteFacts,
  TokenizerFacts,
} from "./facts.js";

/** What a model's text is in tokens, and its tokens in bytes. An engine is one; a GGUF file's vocabulary alone is enough for one. */
export interface Tokenizer {
  /** Token ids of each text. Special tokens are neither added nor parsed unless asked for. */
  tokenize(texts: readonly string[], options?: TokenizeOptions): Promise<Int32Array[]>;

  /** The bytes of each token sequence: its pieces one after the other, special tokens included by their text. */
  detokenize(sequences: readonly Int32Array[]): Promise<Uint8Array[]>;

  /** The whole vocabulary, for comparing two models and for decoding without the model. */
  vocabulary(): Promise<Vocabulary>;

  /** Cancels what runs and frees everything. Safe to call twice. */
  close(): Promise<void>;
}

/** A tokenizer that was read from a GGUF file, without its weights. */
export interface FileTokenizer extends Tokenizer {
  /** What the file says of its vocabulary. */
  readonly facts: TokenizerFacts;
}

/** What an engine computes, whatever runs it: this process, a child process, servers elsewhere. */
export interface Engine<Facts extends EngineFacts = EngineFacts> extends Tokenizer {
  /** What the engine really uses, read back after loading. */
  readonly facts: Facts;

  /** Completions, in batches, in the order in which they finish. One job at a time; stop early to cancel. */
  generate(request: GenerateRequest, options?: JobOptions): AsyncIterable<Completion[]>;

  /** Log-probabilities of given tokens, in batches, in any order. One job at a time; stop early to cancel. */
  score(request: ScoreRequest, options?: JobOptions): AsyncIterable<Score[]>;

  /** Bytes of memory that the process of this engine has held at most, the mapped model file included; 0: it is elsewhere. */
  peakMemory(): Promise<number>;
}

/** An engine on this machine. */
export type LocalEngine = Engine<LocalFacts>;

/** How texts become tokens. */
export interface TokenizeOptions {
  /** Recognise special tokens such as `<|im_end|>` in the text. Default false: corpus text is data. */
  parseSpecial?: boolean;
  /** Add BOS (and EOS) where the vocabulary says so. Default false. */
  addSpecial?: boolean;
}

/** How a job is watched and ended. */
export interface JobOptions {
  /** Ends the job, which throws CANCELLED. */
  signal?: AbortSignal;
  /** Called several times a second while the job runs. */
  onProgress?: (progress: JobProgress) => void;
}

/** How far a job is. */
export interface JobProgress {
  /** Items finished. */
  itemsDone: number;
  /** Items asked for. */
  itemsTotal: number;
  /** Tokens generated or scored so far. */
  tokensDone: number;
  /** What it has spent so far. */
  work: JobWork;
}

/** What a job has spent so far, on its own thread. */
export interface JobWork {
  /** Seconds in llama_decode. */
  decodeSeconds: number;
  /** Seconds of reading rows of logits: log-softmax, and the choice of a token by greedy decoding. */
  logSoftmaxSeconds: number;
  /** Seconds of drawing tokens. */
  samplingSeconds: number;
  /** Seconds of copying and cutting sequences in the KV cache; what llama.cpp puts off counts with the next decode. */
  copySeconds: number;
  /** Bytes that came from llama.cpp to be read: rows of logits, or log-probabilities made on the device. */
  bytesRead: number;
}

/** What is to be continued, and how. */
export interface GenerateRequest {
  /** Int32Array [nHead]: what every prefill is preceded by (BOS, chat head). Decoded once. May be empty. */
  head: Int32Array;
  /** Int32Array [nPrefill] each. Head and prefill together hold at least one token. */
  prefills: readonly Int32Array[];
  /** At most so many new tokens a completion, 1 and up. */
  maxTokens: number;
  /** Completions per prefill, all from one decoding of it. Default 1; more than 1 needs `sampling`. */
  samples?: number;
  /** Absent: greedy. */
  sampling?: Sampling;
  /** Place of the first prefill in a larger request that this is a part of: a draw depends on the place. Default 0. */
  firstPrefill?: number;
}

/** Filters apply to the untempered distribution in this order: topK, topP, minP; then temperature, then a draw. */
export interface Sampling {
  /** Above 0. Default 1. */
  temperature?: number;
  /** Keep the k likeliest tokens. Default 0: all. */
  topK?: number;
  /** Keep the smallest set of tokens with at least this probability together. Default 1: all. */
  topP?: number;
  /** Drop tokens less likely than this share of the likeliest. Default 0: none. */
  minP?: number;
  /** Every completion draws from its own stream, made of this, its prefill's place and its sample. Default 0. */
  seed?: number;
}

/** What a model made of a prefill. */
export interface Completion {
  /** Index into `prefills`. */
  prefill: number;
  /** 0 .. samples-1. */
  sample: number;
  /** Int32Array [n]: the new tokens; with stop "eog" the last of them is the end-of-generation token. */
  tokens: Int32Array;
  /** Float32Array [n], nats: log p(token | all before it) under the full, untempered distribution, as generated. */
  logprobs: Float32Array;
  /** "eog": the model ended it; "maxTokens": it was cut off. */
  stop: "eog" | "maxTokens";
}

/** What is to be scored. */
export interface ScoreRequest {
  /** Int32Array [nHead]: what every item's context begins with. Decoded once. May be empty. */
  head: Int32Array;
  /** Any number; each is scored by itself. */
  items: readonly ScoreItem[];
  /**
   * Also tell the likeliest token at every target and after the last one, of equally likely ones the lowest id, as greedy
   * generation chooses. An item then takes room for one token more. The targets' log-probabilities stay the same, on the CPU
   * bit for bit; on a GPU they depend on the batch, as ever, which now holds one token more an item. Default false.
   */
  top?: boolean;
}

/** Tokens to score, and what comes before them. */
export interface ScoreItem {
  /** Int32Array [nContext]: given, not scored. Head and context together hold at least one token. */
  context: Int32Array;
  /** Int32Array [nTargets], at least one: the tokens to score. */
  targets: Int32Array;
}

/** What a model says of one item. */
export interface Score {
  /** Index into `items`. */
  item: number;
  /** Float32Array [nTargets], nats: log p(target i | head, context, targets before it). */
  logprobs: Float32Array;
  /** Where it was asked for: the likeliest token in each target's place and after the last. */
  top?: {
    /** Int32Array [nTargets + 1]: token ids. */
    tokens: Int32Array;
    /** Float32Array [nTargets + 1], nats. */
    logprobs: Float32Array;
  };
}

/** Token pieces and kinds by id. */
export interface Vocabulary {
  /** Uint8Array: the bytes of all pieces, one after the other. */
  bytes: Uint8Array;
  /** Uint32Array [nTokens + 1]: where each piece begins in `bytes`. */
  offsets: Uint32Array;
  /** Int32Array [nTokens]: llama.cpp's attribute bits of each token. */
  attributes: Int32Array;
}
