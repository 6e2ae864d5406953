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

/** What an engine really uses, by its kind. */
export type EngineFacts = LocalFacts | RemoteFacts;

/** A model on this machine. */
export interface LocalFacts {
  /** Tells it from a model behind endpoints. */
  kind: "local";
  /** The file. */
  model: ModelFacts;
  /** How it computes. */
  context: ContextFacts;
  /** The llama.cpp that runs it. */
  library: LibraryFacts;
}

/** llama.cpp as it was found. */
export interface LibraryFacts {
  /** llama.cpp's release, e.g. "v0.5.0". */
  release: string;
  /** The prebuilt variant in use: "cpu", "cuda", "vulkan", "metal", or "custom" for a library of one's own. */
  variant: string;
  /** Every device the library offers, e.g. { name: "CPU", kind: "cpu" }. */
  devices: DeviceFacts[];
}

/** A device that llama.cpp can compute on. */
export interface DeviceFacts {
  /** llama.cpp's name of it, e.g. "CUDA0". */
  name: string;
  /** What its driver calls it. */
  description: string;
  /** "igpu": a GPU that shares main memory. */
  kind: "cpu" | "gpu" | "igpu" | "accelerator";
  /** Bytes that are free; 0 where the device does not say. */
  memoryFree: number;
  /** Bytes; 0 likewise. */
  memoryTotal: number;
}

/** A vocabulary, and what goes with it. */
export interface TokenizerFacts {
  /** The GGUF file. */
  path: string;
  /** Tokens. */
  vocabularySize: number;
  /** llama.cpp's name of the tokenizer: "bpe", "spm", "ugm", "rwkv", ... */
  vocabularyType: string;
  /** Beginning of text, a token id; -1 where the vocabulary has none. */
  bos: number;
  /** End of text; -1 likewise. */
  eos: number;
  /** End of turn; -1 likewise. */
  eot: number;
  /** Whether texts begin with BOS. */
  addBos: boolean;
  /** The model's own chat template; null where the file has none. */
  chatTemplate: string | null;
}

export interface ModelFacts extends TokenizerFacts {
  /** llama.cpp's, e.g. "qwen2 0.5B Q8_0". */
  description: string;
  /** e.g. "qwen2". */
  architecture: string;
  /** Quantisation of most weights, e.g. "Q8_0". */
  fileType: string;
  /** Number of weights. */
  parameters: number;
  /** Bytes of all tensors. */
  sizeBytes: number;
  /** Number of layers. */
  layers: number;
  /** Width of the model's states. */
  embedding: number;
  /** Tokens it was trained to see at once. */
  trainedContext: number;
  /** False for recurrent and hybrid models, whose state cannot be cut back to a shared head. */
  canShareHead: boolean;
}

/** How an engine computes, read back from llama.cpp. */
export interface ContextFacts {
  /** Where the weights lie, as llama.cpp reports after loading. */
  device: string;
  /** Layers on a GPU. */
  gpuLayers: number;
  /** CPU threads. */
  threads: number;
  /** Tokens over all sequences. */
  nCtx: number;
  /** Tokens for one sequence. */
  nCtxSequence: number;
  /** Tokens in one decode. */
  nBatch: number;
  /** Tokens in one micro-batch. */
  nUbatch: number;
  /** Sequences computed side by side. */
  nSequences: number;
  /** Number type of the cached keys. */
  kvTypeK: string;
  /** Number type of the cached values. */
  kvTypeV: string;
  /** Whether flash attention is on. */
  flashAttention: boolean;
  /** The log-softmax kernel in use: "avx512", "avx2", "neon" or "plain". */
  kernel: string;
  /** Where logits become log-probabilities and chosen tokens. */
  reduction: "host" | "device";
  /** Why not on the device where that was wanted; null where it was not, or is so. */
  reductionNotice: string | null;
  /** LoRA adapters by file, and their scales. */
  adapters: {
    /** The GGUF file. */
    path: string;
    /** How strongly it is applied. */
    scale: number;
  }[];
}

/** A model that servers run: what was asked of them, and what a probe found out. */
export interface RemoteFacts {
  /** Tells it from a model on this machine. */
  kind: "remote";
  /** The model as the servers know it. */
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
  /** Each server. */
  endpoints: EndpointFacts[];
  /** Requests to one endpoint at a time. */
  concurrency: number;
  /** Texts in one request. */
  itemsRequest: number;
}

/** A server, and how it is asked. */
export interface EndpointFacts {
  /** Its address. */
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
