import { availableMemory } from "node:process";
import type { RemoteEngine } from "../engine/remote/engine.js";
import { TelltaleError } from "../errors.js";
import { ROLES, type Role } from "../journal/records.js";
import { planAuditEngines } from "./engine-plan.js";
import { type EngineRoom, engineRoom } from "./engines.js";
import type { OnAuditEvent } from "./events.js";
import { chatModels, chooseFormats, type Head, makeHeads } from "./heads.js";
import type { Prepared } from "./manifest.js";
import { hashFiles } from "./model-files.js";
import {
  type AuditModels,
  checkModels,
  localHeader,
  type ModelSource,
  trainedContext,
  vocabularyHeader,
} from "./models.js";
import type { AskedAuditOptions, ResolvedAuditOptions } from "./options.js";
import { decidePlacement, ELSEWHERE, type PlacementDecision } from "./placement.js";
import { openCorpora, preparePrefills } from "./prefills.js";
import { closeRemotes, openRemotes, type RemoteEngines } from "./remotes.js";
import { capturedNotes } from "./rescore.js";
import { type ModelTokens, openTokens } from "./tokens.js";

/** An audit that is ready to compute: files checked and hashed, engines loaded, prefills and heads made. */
export interface ReadyAudit extends Prepared {
  models: AuditModels;
  room: EngineRoom;
  /** Tokens that a sequence of each model's context holds. */
  contextSequence: Record<Role, number>;
  /** Completions that are computed side by side. */
  slots: number;
}

/**
 * Everything that can fail for a reason a person can mend happens here, before the first completion; and what needs no model
 * before one is loaded.
 */
export async function prepareAudit(
  asked: AskedAuditOptions,
  onEvent: OnAuditEvent,
  signal?: AbortSignal,
): Promise<ReadyAudit> {
  const checked = await checkModels(asked, onEvent, signal);
  // Weights cannot be shared between devices of their own.
  const models = asked.referenceDevices === undefined ? checked : { ...checked, shared: false };
  for (const warning of warningsOf(models)) onEvent({ type: "note", message: warning });
  const remotes = await openRemotes(models, asked, onEvent, signal);
  let tokens: ModelTokens | undefined;
  try {
    refuseLongCompletions(asked, 0, trainedOf(models.finetuned, remotes.finetuned));
    tokens = await openTokens(models, remotes, asked, signal);
    refuseUnknownTokens(asked, tokens);
    refuseCountedEnd(asked, tokens);
    if (tokens.differ !== null) onEvent({ type: "note", message: otherTokensNote(tokens.differ) });
    return await prepareComputing(asked, models, remotes, tokens, onEvent, signal);
  } catch (error) {
    await tokens?.close();
    await closeRemotes(remotes);
    throw error;
  }
}

async function prepareComputing(
  asked: AskedAuditOptions,
  models: AuditModels,
  remotes: RemoteEngines,
  tokens: ModelTokens,
  onEvent: OnAuditEvent,
  signal: AbortSignal | undefined,
): Promise<ReadyAudit> {
  const formats = await chooseFormats(asked, chatModels(models, tokens), onEvent);
  const heads = await makeHeads(tokens, formats);
  const contextSequence = contextsFor(asked, models, heads, tokens);
  refuseLongCompletions(asked, longest(heads.finetuned), trainedOf(models.finetuned, remotes.finetuned));
  const { options, plan } = await planAuditEngines(asked, models, contextSequence.finetuned);
  const notes = [...(plan?.notes ?? []), ...capturedNotes(options)];
  for (const message of notes) onEvent({ type: "note", message: `${message[0]?.toUpperCase()}${message.slice(1)}` });
  const corpora = await openCorpora(options, onEvent, signal);
  onEvent({ type: "phase", phase: "hash models", completions: 0 });
  const files = await hashFiles(models, remotes, signal);

  const room = engineRoom(options, models, remotes, onEvent);
  try {
    const freeBefore = availableMemory();
    // Two roles of one file share its weights only if they are opened together.
    const first: Role[] =
      models.shared && options.placement !== "one-after-the-other" ? ["finetuned", "reference"] : ["finetuned"];
    await room.load(first, contextSequence.finetuned, signal);
    onEvent({ type: "phase", phase: "make prefills", completions: 0 });
    const prefills = await preparePrefills(corpora, options, tokens.finetuned.tokenizer, signal);

    const placement = placementOf(options, models, room, freeBefore, contextSequence, tokens);
    onEvent({ type: "note", message: `${placement.reason[0]?.toUpperCase()}${placement.reason.slice(1)}.` });
    const together = placement.placement === "side-by-side";
    if (together && !room.isLoaded("reference")) await room.load(["reference"], contextSequence.reference, signal);
    if (!together) await room.unload("reference");
    const facts = factsOf(room);
    const slots = slotsOf(options, facts);
    const common = { options, files, models, corpora: prefills, heads, tokens, plan, placement };
    return { ...common, facts, room, contextSequence, slots };
  } catch (error) {
    await room.closeAll();
    throw error;
  }
}

export async function closeAudit({ room, tokens }: Pick<ReadyAudit, "room" | "tokens">): Promise<void> {
  await room.closeAll();
  await tokens.close();
}

/**
 * Loads a model with twice the tokens a sequence, as far as it was trained with so many; false where it has them already, or runs
 * elsewhere. On the CPU a larger context does not change a number.
 */
export async function enlargeContext(ready: ReadyAudit, role: Role, signal: AbortSignal | undefined): Promise<boolean> {
  const { room, models, contextSequence } = ready;
  const header = localHeader(models[role]);
  const now = room.local[role]?.facts.context.nCtxSequence;
  if (header === null || now === undefined) return false;
  const wanted = Math.min(2 * now, trainedContext(header) ?? Number.POSITIVE_INFINITY);
  if (wanted <= now) return false;
  contextSequence[role] = wanted;
  await room.unload(role);
  await room.load([role], wanted, signal);
  return true;
}

/** A text in other tokens may need more of them, for which there is twice the room at first. */
function contextsFor(
  options: AskedAuditOptions,
  { reference }: AuditModels,
  heads: Record<Role, readonly Head[]>,
  { differ }: ModelTokens,
): Record<Role, number> {
  const finetuned = tail(options) + longest(heads.finetuned);
  if (differ === null) return { finetuned, reference: finetuned };
  const header = localHeader(reference);
  const trained = (header && trainedContext(header)) ?? Number.POSITIVE_INFINITY;
  return { finetuned, reference: Math.min(2 * tail(options) + longest(heads.reference), trained) };
}

function placementOf(
  options: ResolvedAuditOptions,
  models: AuditModels,
  { local }: EngineRoom,
  freeBefore: number,
  contextSequence: Record<Role, number>,
  { differ }: ModelTokens,
): PlacementDecision {
  const { finetuned, reference } = models;
  if (finetuned.kind === "remote" || reference.kind === "remote" || local.finetuned === undefined) return ELSEWHERE;
  const headers = { finetuned: finetuned.header, reference: reference.header, shared: models.shared };
  return decidePlacement(options.placement, headers, local.finetuned.facts, options.context.kvType, freeBefore, {
    devices: options.model.devices,
    referenceDevices: options.referenceDevices,
    ...(differ !== null && { referenceContext: contextSequence.reference }),
  });
}

/** Completions side by side: as many as the engines here have sequences, or the endpoints take at a time. */
function slotsOf({ context }: ResolvedAuditOptions, facts: Prepared["facts"]): number {
  const taken = Object.values(facts).map((each) =>
    each.kind === "local" ? each.context.nSequences : each.endpoints.length * each.concurrency * each.itemsRequest,
  );
  return Math.max(1, context.sequences ?? 1, ...taken);
}

function trainedOf(source: ModelSource, remote: RemoteEngine | undefined): number | undefined {
  const header = localHeader(source);
  return header === null ? (remote?.facts.model.trainedContext ?? undefined) : trainedContext(header);
}

/** What only ids can do, with a reference whose servers keep them to themselves. */
function refuseUnknownTokens({ calibrate, reference }: AskedAuditOptions, tokens: ModelTokens): void {
  if (!calibrate || tokens.reference !== null) return;
  throw new TelltaleError(
    "ENDPOINT_UNSUITABLE",
    `The servers of ${reference} do not tell the reference's tokens, so what it continues itself cannot be recorded. Give a GGUF file with the same vocabulary with --reference-tokenizer, or audit without --calibrate.`,
  );
}

/** Refused before anything is computed, since no ranking of the run could be made with it. */
function refuseCountedEnd({ rank }: AskedAuditOptions, { differ }: ModelTokens): void {
  if (!rank.countEndOfGeneration || differ === null) return;
  throw new TelltaleError(
    "BAD_ARGUMENT",
    `The reference has other tokens than the finetuned model (${differ}), so it cannot score the end of a generation, which is no text: leave out --count-eog.`,
  );
}

function otherTokensNote(reason: string): string {
  return `The reference has other tokens than the finetuned model (${reason}), so it scores the same text by its own tokens.`;
}

/** Tokens of a completion and its prefill. */
function tail({ prefillTokens, maxTokens }: Pick<AskedAuditOptions, "prefillTokens" | "maxTokens">): number {
  return prefillTokens + maxTokens;
}

function refuseLongCompletions(options: AskedAuditOptions, head: number, trained: number | undefined): void {
  const needed = head + tail(options);
  if (trained === undefined || needed <= trained) return;
  throw new TelltaleError(
    "BAD_ARGUMENT",
    `A completion may need ${needed} tokens (${head > 0 ? `head ${head}, ` : ""}prefill ${options.prefillTokens}, new ${options.maxTokens}), but the model was trained on ${trained}. Use a smaller --max-tokens.`,
  );
}

export function factsOf(room: EngineRoom): Prepared["facts"] {
  return Object.fromEntries(ROLES.filter(room.isLoaded).map((role) => [role, room.engine(role).facts]));
}

function longest(heads: readonly Head[]): number {
  return Math.max(...heads.map((head) => head.tokens.length));
}

function warningsOf(models: AuditModels): string[] {
  const headers = [vocabularyHeader(models.finetuned), models.shared ? null : vocabularyHeader(models.reference)];
  return headers.flatMap((header) => header?.warnings.map((warning) => `${header.path}: ${warning}`) ?? []);
}
