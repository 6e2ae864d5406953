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

export interface TokenizeOptions {
  /** Recognise special tokens such as `<|im_end|>` in the text. Default false: corpus text is data. */
  parseSpecial?: boolean;
  /** Add BOS (and EOS) where the vocabulary says so. Default false. */
  addSpecial?: boolean;
}

export interface JobOptions {
  signal?: AbortSignal;
  /** Called several times a second while the job runs. */
  onProgress?: (progress: JobProgress) => void;
}

export interface JobProgress {
  /** Items finished, and items asked for. */
  itemsDone: number;
  itemsTotal: number;
  /** Tokens generated or scored so far. */
  tokensDone: number;
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

export interface Completion {
  /** Index into `prefills`. */
  prefill: number;
  /** 0 .. samples-1. */
  sample: number;
  /** Int32Array [n]: the new tokens; with stop "eog" the last of them is the end-of-generation token. */
  tokens: Int32Array;
  /** Float32Array [n], nats: log p(token | all before it) under the full, untempered distribution, as generated. */
  logprobs: Float32Array;
  stop: "eog" | "maxTokens";
}

export interface ScoreRequest {
  /** Int32Array [nHead]: what every item's context begins with. Decoded once. May be empty. */
  head: Int32Array;
  items: readonly ScoreItem[];
  /**
   * Also tell the likeliest token at every target and after the last one, of equally likely ones the lowest id, as greedy
   * generation chooses. An item then takes room for one token more. The targets' log-probabilities stay the same, on the CPU
   * bit for bit; on a GPU they depend on the batch, as ever, which now holds one token more an item. Default false.
   */
  top?: boolean;
}

export interface ScoreItem {
  /** Int32Array [nContext]: given, not scored. Head and context together hold at least one token. */
  context: Int32Array;
  /** Int32Array [nTargets], at least one: the tokens to score. */
  targets: Int32Array;
}

export interface Score {
  /** Index into `items`. */
  item: number;
  /** Float32Array [nTargets], nats: log p(target i | head, context, targets before it). */
  logprobs: Float32Array;
  /**
   * Where it was asked for: Int32Array and Float32Array (nats) [nTargets + 1], the likeliest token in each target's place and
   * after the last.
   */
  top?: { tokens: Int32Array; logprobs: Float32Array };
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

export type EngineFacts = LocalFacts | RemoteFacts;

export interface LocalFacts {
  kind: "local";
  model: ModelFacts;
  context: ContextFacts;
  library: LibraryFacts;
}

export interface LibraryFacts {
  /** llama.cpp's release, e.g. "v0.5.0". */
  release: string;
  /** The prebuilt variant in use: "cpu", "cuda", "vulkan", "metal", or "custom" for a library of one's own. */
  variant: string;
  /** Every device the library offers, e.g. { name: "CPU", kind: "cpu" }. */
  devices: DeviceFacts[];
}

export interface DeviceFacts {
  name: string;
  description: string;
  kind: "cpu" | "gpu" | "igpu" | "accelerator";
  /** Bytes; 0 where the device does not say. */
  memoryFree: number;
  memoryTotal: number;
}

/** A vocabulary, and what goes with it. */
export interface TokenizerFacts {
  path: string;
  vocabularySize: number;
  /** llama.cpp's name of the tokenizer: "bpe", "spm", "ugm", "rwkv", ... */
  vocabularyType: string;
  /** Token ids; -1 where the vocabulary has none. */
  bos: number;
  eos: number;
  eot: number;
  addBos: boolean;
  /** The model's own chat template; null where the file has none. */
  chatTemplate: string | null;
}

export interface ModelFacts extends TokenizerFacts {
  description: string;
  architecture: string;
  /** Quantisation of most weights, e.g. "Q8_0". */
  fileType: string;
  parameters: number;
  /** Bytes of all tensors. */
  sizeBytes: number;
  layers: number;
  embedding: number;
  trainedContext: number;
  /** False for recurrent and hybrid models, whose state cannot be cut back to a shared head. */
  canShareHead: boolean;
}

export interface ContextFacts {
  /** Where the weights lie: name and number of layers on a GPU, as llama.cpp reports after loading. */
  device: string;
  gpuLayers: number;
  threads: number;
  /** Tokens over all sequences, and for one. */
  nCtx: number;
  nCtxSequence: number;
  /** Tokens in one decode, and in one micro-batch. */
  nBatch: number;
  nUbatch: number;
  nSequences: number;
  kvTypeK: string;
  kvTypeV: string;
  flashAttention: boolean;
  /** The log-softmax kernel in use: "avx512", "avx2", "neon" or "plain". */
  kernel: string;
  /** Where logits become log-probabilities and chosen tokens. */
  reduction: "host" | "device";
  /** Why not on the device where that was wanted; null where it was not, or is so. */
  reductionNotice: string | null;
  adapters: { path: string; scale: number }[];
}

/** A model that servers run: what was asked of them, and what a probe found out. */
export interface RemoteFacts {
  kind: "remote";
  model: {
    /** The endpoints as they were given, without keys. */
    path: string;
    /** The name by which the servers know it. */
    name: string;
    /** Tokens a request may hold; null where no server says. */
    trainedContext: number | null;
  };
  /** The vocabulary that prompts are made with; null: texts are sent, and the servers make tokens of them. */
  tokenizer: TokenizerFacts | null;
  endpoints: EndpointFacts[];
  /** Requests to one endpoint at a time, and texts in one of them. */
  concurrency: number;
  itemsRequest: number;
}

export interface EndpointFacts {
  url: string;
  /** What it says it is, e.g. "telltale", "vllm"; "unknown" where it does not say. */
  server: string;
  /** What prompts are sent as. */
  prompts: "ids" | "text";
  /** How it tells the log-probabilities of a given text; null: it was not asked to score. */
  scoring: "echo" | "prompt_logprobs" | null;
  /** How it tells which tokens it generated; null: it was not asked to generate. */
  generation: "token_ids" | "token_id strings" | "content ids" | "texts" | null;
  /** Tokens that it puts before every text of its own accord, such as BOS. */
  added: number;
}
