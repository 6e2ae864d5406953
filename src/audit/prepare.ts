import { availableMemory } from "node:process";
import { chatFacts } from "../engine/gguf/chat-template.js";
import { TelltaleError } from "../errors.js";
import type { Role } from "../journal/records.js";
import { planAuditEngines } from "./engine-plan.js";
import { type EngineRoom, engineRoom } from "./engines.js";
import type { OnAuditEvent } from "./events.js";
import { type ChatModel, chooseFormats, type Head, makeHeads, type RenderedFormat } from "./heads.js";
import type { ModelFile, Prepared } from "./manifest.js";
import { type AuditModels, checkModels, sha256, trainedContext } from "./models.js";
import type { AskedAuditOptions, ResolvedAuditOptions } from "./options.js";
import { decidePlacement } from "./placement.js";
import { openCorpora, preparePrefills } from "./prefills.js";
import { capturedNotes } from "./rescore.js";
import { closeTokens, type ModelTokens, openTokens } from "./tokens.js";

/** An audit that is ready to compute: files checked and hashed, engines loaded, prefills and heads made. */
export interface ReadyAudit extends Prepared {
  models: AuditModels;
  room: EngineRoom;
  /** Tokens that a sequence of each model's context holds. */
  contextSequence: Record<Role, number>;
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
  const checked = await checkModels(asked.finetuned, asked.reference, asked.lora?.path);
  // Weights cannot be shared between devices of their own.
  const models = asked.referenceDevices === undefined ? checked : { ...checked, shared: false };
  for (const warning of warningsOf(models)) onEvent({ type: "note", message: warning });
  refuseLongCompletions(asked, 0, trainedContext(models.finetuned));
  const tokens = await openTokens(models, asked, signal);
  try {
    if (!tokens.same) onEvent({ type: "note", message: otherTokensNote(tokens.reason) });
    return await prepareComputing(asked, models, tokens, onEvent, signal);
  } catch (error) {
    await closeTokens(tokens);
    throw error;
  }
}

async function prepareComputing(
  asked: AskedAuditOptions,
  models: AuditModels,
  tokens: ModelTokens,
  onEvent: OnAuditEvent,
  signal: AbortSignal | undefined,
): Promise<ReadyAudit> {
  const roles: Role[] = tokens.same ? ["finetuned"] : ["finetuned", "reference"];
  const chatModels = roles.map((role) => ({ name: models[role].path, facts: chatFacts(models[role]) }));
  const formats = await chooseFormats(asked, chatModels, onEvent);
  // Before the model can tokenise it, the head's length is guessed from its text; a wrong guess costs a second loading.
  const guess = tail(asked) + Math.ceil(longestText(formats[0]) / 2) + 16;
  const { options, plan } = await planAuditEngines(asked, models, guess);
  const notes = [...plan.notes, ...capturedNotes(options)];
  for (const message of notes) onEvent({ type: "note", message: `${message[0]?.toUpperCase()}${message.slice(1)}` });
  const corpora = await openCorpora(options, onEvent, signal);
  onEvent({ type: "phase", phase: "hash models", completions: 0 });
  const files = await hashFiles(options, models, signal);

  const room = engineRoom(options, models, tokens, onEvent);
  try {
    const freeBefore = availableMemory();
    // Two roles of one file share its weights only if they are opened together.
    const first: Role[] =
      models.shared && options.placement !== "one-after-the-other" ? ["finetuned", "reference"] : ["finetuned"];
    await room.load(first, guess, signal);
    const heads = await headsOf(room, tokens, formats, chatModels);
    const contextSequence = contextsFor(options, models, heads, tokens);
    refuseLongCompletions(options, longest(heads.finetuned), room.engine("finetuned").facts.model.trainedContext);
    if (contextSequence.finetuned > room.engine("finetuned").facts.context.nCtxSequence) {
      await room.closeAll();
      await room.load(first, contextSequence.finetuned, signal);
    }
    const engine = room.engine("finetuned");
    onEvent({ type: "phase", phase: "make prefills", completions: 0 });
    const prefills = await preparePrefills(corpora, options, engine, signal);

    const placement = decidePlacement(options.placement, models, engine.facts, options.context.kvType, freeBefore, {
      devices: options.model.devices,
      referenceDevices: options.referenceDevices,
      ...(!tokens.same && { referenceContext: contextSequence.reference }),
    });
    onEvent({ type: "note", message: `${placement.reason[0]?.toUpperCase()}${placement.reason.slice(1)}.` });
    const together = placement.placement === "side-by-side";
    if (together && room.open.reference === undefined)
      await room.load(["reference"], contextSequence.reference, signal);
    if (!together) await room.close("reference");
    const facts = factsOf(room);
    return { options, files, models, corpora: prefills, heads, tokens, plan, placement, facts, room, contextSequence };
  } catch (error) {
    await room.closeAll();
    throw error;
  }
}

export async function closeAudit({ room, tokens }: Pick<ReadyAudit, "room" | "tokens">): Promise<void> {
  await room.closeAll();
  await closeTokens(tokens);
}

/**
 * Loads a role's model with twice the tokens a sequence, as far as it was trained with so many; false where it has them already.
 * On the CPU a larger context does not change a number.
 */
export async function enlargeContext(ready: ReadyAudit, role: Role, signal: AbortSignal | undefined): Promise<boolean> {
  const { room, models, contextSequence } = ready;
  const now = room.engine(role).facts.context.nCtxSequence;
  const wanted = Math.min(2 * now, trainedContext(models[role]) ?? Number.POSITIVE_INFINITY);
  if (wanted <= now) return false;
  contextSequence[role] = wanted;
  await room.close(role);
  await room.load([role], wanted, signal);
  return true;
}

async function headsOf(
  room: EngineRoom,
  tokens: ModelTokens,
  formats: readonly RenderedFormat[][],
  [finetuned, reference]: readonly ChatModel[],
): Promise<Record<Role, Head[]>> {
  const engine = room.engine("finetuned");
  const own = await makeHeads(engine, engine.facts.model, formats[0] ?? [], finetuned?.facts.bosToken ?? "");
  if (tokens.same) return { finetuned: own, reference: own };
  const { tokenizer } = tokens.of.reference;
  const other = await makeHeads(tokenizer, tokenizer.facts, formats[1] ?? [], reference?.facts.bosToken ?? "");
  return { finetuned: own, reference: other };
}

/** Tokens a sequence needs; a text in other tokens may need more of them, for which there is twice the room at first. */
function contextsFor(
  options: ResolvedAuditOptions,
  models: AuditModels,
  heads: Record<Role, readonly Head[]>,
  tokens: ModelTokens,
): Record<Role, number> {
  const finetuned = tail(options) + longest(heads.finetuned);
  if (tokens.same) return { finetuned, reference: finetuned };
  const trained = trainedContext(models.reference) ?? Number.POSITIVE_INFINITY;
  return { finetuned, reference: Math.min(2 * tail(options) + longest(heads.reference), trained) };
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
  const { finetuned, reference } = room.open;
  return { ...(finetuned && { finetuned: finetuned.facts }), ...(reference && { reference: reference.facts }) };
}

function longestText(formats: readonly RenderedFormat[] = []): number {
  return Math.max(...formats.map(({ chat }) => chat?.text.length ?? 0));
}

function longest(heads: readonly Head[]): number {
  return Math.max(...heads.map((head) => head.tokens.length));
}

function warningsOf(models: AuditModels): string[] {
  const headers = [models.finetuned, ...(models.shared ? [] : [models.reference])];
  return headers.flatMap((header) => header.warnings.map((warning) => `${header.path}: ${warning}`));
}

async function hashFiles(
  options: ResolvedAuditOptions,
  models: AuditModels,
  signal: AbortSignal | undefined,
): Promise<Prepared["files"]> {
  const describe = async (header: AuditModels["finetuned"]): Promise<ModelFile> => ({
    path: header.path,
    bytes: header.fileSize,
    parts: await Promise.all(header.parts.map(async (path) => ({ path, sha256: await sha256(path, signal) }))),
    warnings: header.warnings,
  });
  const finetuned = await describe(models.finetuned);
  const reference = models.shared ? { ...finetuned, path: options.reference } : await describe(models.reference);
  const adapter = models.adapter === null ? null : await describe(models.adapter);
  return { finetuned, reference, adapter };
}
