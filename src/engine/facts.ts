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
