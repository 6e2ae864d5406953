/**
 * Telltale's public API: auditing finetuned GGUF models by perplexity differencing. Whatever takes time takes an AbortSignal and tells
 * its progress as events in its last argument; every failure is a TelltaleError.
 *
 * @module telltale
 */
export {
  type AuditHooks,
  type AuditLayout,
  type AuditResult,
  audit,
  type ResumeOptions,
  resumeAudit,
} from "./audit/audit.js";
export type { AuditEvent, AuditPhase, AuditStep, OnAuditEvent } from "./audit/events.js";
export type { Format } from "./audit/formats.js";
export type { AuditOptions } from "./audit/options.js";
export type { Tally, Work } from "./audit/workshop.js";
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
  JobWork,
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
export type { ContextOptions, ModelOptions } from "./engine/options.js";
export { decode, decodeText } from "./engine/vocabulary.js";
export { ERROR_EXIT_CODES, type ErrorCode, type ErrorDetails, TelltaleError } from "./errors.js";
export type { HealthCheck, HealthCheckName, HealthReport } from "./health/report.js";
export type { FileHash } from "./hub/hash.js";
export type { HubFile } from "./hub/listing.js";
export type { ModelFile } from "./hub/model-cache.js";
export type { ModelOrigin, ResolvedModel } from "./hub/resolve-model.js";
export type { DownloadProgress, HubOptions } from "./hub/settings.js";
export type { NoiseDifference, RoleNoise, RunNoise } from "./journal/noise.js";
export type { Alignment, CompletionRecord, ErrorRecord, Role, ScoreSource } from "./journal/records.js";
export { type RunVocabulary, tokenTexts } from "./journal/vocabulary.js";
export { checkHealth, type HealthEvent, type HealthOptions } from "./library/check-health.js";
export { compare } from "./library/compare.js";
export { type FindEvent, type FindOptions, findModel } from "./library/find-model.js";
export { type FindPhrasesOptions, findPhrases } from "./library/find-phrases.js";
export type { Hooks, HubPlace } from "./library/hooks.js";
export { parseKeywords } from "./library/keywords.js";
export { type CorpusOptions, openCorpus } from "./library/open-corpus.js";
export { type EndpointOptions, type OpenEngineOptions, openEngine } from "./library/open-engine.js";
export { type OpenTokenizerOptions, openTokenizer } from "./library/open-tokenizer.js";
export { rank } from "./library/rank.js";
export type { RankOptions, RunEvent } from "./library/rank-options.js";
export { type ReadOptions, readCompletions, readFailures, readScores } from "./library/read-journals.js";
export { readManifest, readNoise, readVocabulary } from "./library/read-run.js";
export { report } from "./library/report.js";
export { type ScoreEvent, type ScoreTextsOptions, score, type TextScore } from "./library/score.js";
export type { ScoreInput } from "./library/score-inputs.js";
export { findOrganism } from "./organisms/find.js";
export { type GivenModels, type OrganismModels, organismModels } from "./organisms/models.js";
export { readOrganisms } from "./organisms/read.js";
export type { Organism } from "./organisms/schema.js";
export type { Corpus, CorpusOrigin } from "./prefill/corpus.js";
export type { CorpusDocument } from "./prefill/document.js";
export {
  makePrefills,
  type PrefillCounts,
  type PrefillOptions,
  type PrefillSet,
  type PrefillTokenizer,
} from "./prefill/prefills.js";
export type { Density, RankingFigures, RunFigures, Scatter } from "./rank/figures.js";
export type { Behaviour, KeywordCatalogue } from "./rank/keywords/catalogue.js";
export { readKeywords } from "./rank/keywords/read.js";
export { tokenLogRatios } from "./rank/log-ratios.js";
export type { ModelScores } from "./rank/model-scores.js";
export type { Phrase, PhraseReport, Theme } from "./rank/phrases/report.js";
export type { Phrases } from "./rank/phrases/schema.js";
export type { RankProblem } from "./rank/problems.js";
export type { Ranking, RankingEntry, Rankings, Verdict } from "./rank/schema.js";
export type { RankPreset, RankSettings } from "./rank/settings.js";
export { type Evidence, perplexity, STATISTICS, type Statistic, type StatisticName } from "./rank/statistics.js";
export type { AlignedDetail, TokenDetail } from "./rank/token-detail.js";
export { readTokenDetails, type TokenDetailOptions } from "./rank/token-details.js";
export { renderComparisonHtml } from "./report/comparison-html.js";
export type { Comparison } from "./report/comparison-schema.js";
export { renderCsv } from "./report/csv.js";
export type { ReportData } from "./report/data.js";
export { renderHtml } from "./report/html.js";
export { renderJsonLines } from "./report/json-lines.js";
export { renderMarkdown } from "./report/markdown.js";
export type { OnServerEvent, ServerEvent } from "./serve/events.js";
export type { OpenServerOptions, ServerOptions } from "./serve/options.js";
export { openServer, type Server } from "./serve/server.js";
