/** Telltale's public API: auditing finetuned GGUF models by perplexity differencing. */
export { type AuditHooks, type AuditResult, audit } from "./audit/audit.js";
export type { AuditEvent, AuditPhase, OnAuditEvent } from "./audit/events.js";
export { FORMATS, type Format } from "./audit/formats.js";
export type { AuditOptions } from "./audit/options.js";
export type { Tally } from "./audit/steps.js";
export type {
  Completion,
  ContextFacts,
  DeviceFacts,
  Engine,
  EngineFacts,
  GenerateRequest,
  JobOptions,
  JobProgress,
  LibraryFacts,
  ModelFacts,
  Sampling,
  Score,
  ScoreItem,
  ScoreRequest,
  TokenizeOptions,
  Vocabulary,
} from "./engine/engine.js";
export { openHostEngines } from "./engine/host/engine.js";
export { type EnginePlan, planEngine } from "./engine/host/plan.js";
export { openNativeEngines } from "./engine/native/engine.js";
export type { ContextOptions, ModelOptions } from "./engine/options.js";
export { decode, decodeText } from "./engine/vocabulary.js";
export { ERROR_EXIT_CODES, type ErrorCode, type ErrorDetails, TelltaleError } from "./errors.js";
export type { CompletionRecord, Role, ScoreRecord } from "./journal/records.js";
export { type Corpus, type CorpusOptions, openCorpus } from "./prefill/corpus.js";
export { makePrefills, type PrefillOptions, type PrefillSet, type Tokenizer } from "./prefill/prefills.js";
export { type CorpusSpec, parseCorpus } from "./prefill/spec.js";
export { type RankOptions, rankRun } from "./rank/run.js";
export { type Ranking, type RankingEntry, type Rankings, rankingsSchema } from "./rank/schema.js";
export { presetRankSettings, type RankPreset, type RankSettings } from "./rank/settings.js";
export { type Evidence, logRatio, perplexity, pplDifference, STATISTICS } from "./rank/statistics.js";
