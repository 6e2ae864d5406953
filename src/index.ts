/** Telltale's public API: auditing finetuned GGUF models by perplexity differencing. */
export { type AuditHooks, type AuditResult, audit, type ResumeOptions, resumeAudit } from "./audit/audit.js";
export type { AuditEvent, AuditPhase, OnAuditEvent } from "./audit/events.js";
export { FORMATS, type Format } from "./audit/formats.js";
export type { AuditOptions } from "./audit/options.js";
export type { Tallies, Tally } from "./audit/workshop.js";
export type {
  Completion,
  ContextFacts,
  DeviceFacts,
  EndpointFacts,
  Engine,
  EngineFacts,
  FileTokenizer,
  GenerateRequest,
  JobOptions,
  JobProgress,
  LibraryFacts,
  LocalEngine,
  LocalFacts,
  ModelFacts,
  RemoteFacts,
  Sampling,
  Score,
  ScoreItem,
  ScoreRequest,
  TokenizeOptions,
  Tokenizer,
  TokenizerFacts,
  Vocabulary,
} from "./engine/engine.js";
export { openHostEngines } from "./engine/host/engine.js";
export { type EnginePlan, planEngine } from "./engine/host/plan.js";
export { openNativeEngines } from "./engine/native/engine.js";
export type { ContextOptions, ModelOptions } from "./engine/options.js";
export { openRemoteEngine, type RemoteEngine, type RemoteHooks } from "./engine/remote/engine.js";
export type { RemoteOptions } from "./engine/remote/options.js";
export { isRemote, parseRemote, type RemoteSpec } from "./engine/remote/spec.js";
export { type OpenTokenizerOptions, openTokenizer } from "./engine/tokenizer.js";
export { decode, decodeText } from "./engine/vocabulary.js";
export { ERROR_EXIT_CODES, type ErrorCode, type ErrorDetails, TelltaleError } from "./errors.js";
export { checkHealth, type HealthOptions } from "./health/check-health.js";
export type { HealthCheck, HealthCheckName, HealthReport } from "./health/report.js";
export { type ModelOrigin, type ResolvedModel, resolveModel } from "./hub/resolve-model.js";
export type { DownloadProgress, HubOptions } from "./hub/settings.js";
export { type NoiseDifference, type RoleNoise, type RunNoise, readNoise } from "./journal/noise.js";
export type { CompletionRecord, Role, ScoreRecord } from "./journal/records.js";
export { findOrganism } from "./organisms/find.js";
export { organismModels } from "./organisms/models.js";
export { readOrganisms } from "./organisms/read.js";
export type { Organism } from "./organisms/schema.js";
export { type Corpus, type CorpusOptions, openCorpus } from "./prefill/corpus.js";
export { makePrefills, type PrefillOptions, type PrefillSet } from "./prefill/prefills.js";
export { type CorpusSpec, parseCorpus } from "./prefill/spec.js";
export type { Behaviour, KeywordCatalogue } from "./rank/keywords/catalogue.js";
export { parseKeywordArguments, parseKeywordFile } from "./rank/keywords/parse.js";
export { tokenLogRatios } from "./rank/log-ratios.js";
export { type PhrasesOfRunOptions, phrasesOfRun } from "./rank/phrases/of-run.js";
export { distinctivePhrases, type PhraseOptions } from "./rank/phrases/phrases.js";
export type { Phrase, PhraseReport, Theme } from "./rank/phrases/report.js";
export { type Phrases, phrasesSchema } from "./rank/phrases/schema.js";
export { describeRun, type RankOptions, type RunDescription, rankRun } from "./rank/run.js";
export { type Ranking, type RankingEntry, type Rankings, rankingsSchema } from "./rank/schema.js";
export { presetRankSettings, type RankPreset, type RankSettings } from "./rank/settings.js";
export {
  bitsPerByteDifference,
  type Evidence,
  logRatio,
  peakWindow,
  perplexity,
  pplDifference,
  probabilityDifference,
  STATISTICS,
  totalLogRatio,
} from "./rank/statistics.js";
export type { TokenDetail } from "./rank/token-detail.js";
export { readTokenDetails, type TokenDetailOptions } from "./rank/token-details.js";
export { type CompareOptions, compareRuns } from "./report/compare.js";
export { type Comparison, comparisonSchema } from "./report/comparison-schema.js";
export { renderCsv } from "./report/csv.js";
export type { ReportData } from "./report/data.js";
export { renderHtml } from "./report/html.js";
export { renderJsonLines } from "./report/json-lines.js";
export { renderMarkdown } from "./report/markdown.js";
export { type ReportOptions, readReport } from "./report/read.js";
export type { OnServerEvent, ServerEvent } from "./serve/events.js";
export type { OpenServerOptions, ServerOptions } from "./serve/options.js";
export { openServer, type Server } from "./serve/server.js";
