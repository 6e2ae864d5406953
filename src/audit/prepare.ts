import { availableMemory } from "node:process";
import { chatFacts } from "../engine/gguf/chat-template.js";
import { TelltaleError } from "../errors.js";
import type { Role } from "../journal/records.js";
import { planAuditEngines } from "./engine-plan.js";
import { type EngineRoom, engineRoom } from "./engines.js";
import type { OnAuditEvent } from "./events.js";
import { chooseFormats, type Head, makeHeads, type RenderedFormat } from "./heads.js";
import type { ModelFile, Prepared } from "./manifest.js";
import { type AuditModels, checkModels, sha256, trainedContext } from "./models.js";
import type { AskedAuditOptions, ResolvedAuditOptions } from "./options.js";
import { decidePlacement } from "./placement.js";
import { openCorpora, preparePrefills } from "./prefills.js";
import { capturedNotes } from "./rescore.js";

/** An audit that is ready to compute: files checked and hashed, engines loaded, prefills and heads made. */
export interface ReadyAudit extends Prepared {
  room: EngineRoom;
  contextSequence: number;
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
  const chatFactsOfModel = chatFacts(models.finetuned);
  const formats = await chooseFormats(asked, chatFactsOfModel, onEvent);
  // Before the model can tokenise it, the head's length is guessed from its text; a wrong guess costs a second loading.
  const guess = tail(asked) + Math.ceil(longestText(formats) / 2) + 16;
  const { options, plan } = await planAuditEngines(asked, models, guess);
  const notes = [...plan.notes, ...capturedNotes(options)];
  for (const message of notes) onEvent({ type: "note", message: `${message[0]?.toUpperCase()}${message.slice(1)}` });
  const corpora = await openCorpora(options, onEvent, signal);
  onEvent({ type: "phase", phase: "hash models", completions: 0 });
  const files = await hashFiles(options, models, signal);

  const room = engineRoom(options, models, onEvent);
  try {
    const freeBefore = availableMemory();
    // Two roles of one file share its weights only if they are opened together.
    const first: Role[] =
      models.shared && options.placement !== "one-after-the-other" ? ["finetuned", "reference"] : ["finetuned"];
    await room.load(first, guess, signal);
    const heads = await makeHeads(
      room.engine("finetuned"),
      room.engine("finetuned").facts.model,
      formats,
      chatFactsOfModel.bosToken,
    );
    const contextSequence = tail(options) + longest(heads);
    refuseLongCompletions(options, longest(heads), room.engine("finetuned").facts.model.trainedContext);
    if (contextSequence > room.engine("finetuned").facts.context.nCtxSequence) {
      await room.closeAll();
      await room.load(first, contextSequence, signal);
    }
    const engine = room.engine("finetuned");
    onEvent({ type: "phase", phase: "make prefills", completions: 0 });
    const prefills = await preparePrefills(corpora, options, engine, signal);

    const placement = decidePlacement(options.placement, models, engine.facts, options.context.kvType, freeBefore, {
      devices: options.model.devices,
      referenceDevices: options.referenceDevices,
    });
    onEvent({ type: "note", message: `${placement.reason[0]?.toUpperCase()}${placement.reason.slice(1)}.` });
    const together = placement.placement === "side-by-side";
    if (together && room.open.reference === undefined) await room.load(["reference"], contextSequence, signal);
    if (!together) await room.close("reference");
    return { options, files, corpora: prefills, heads, plan, placement, facts: factsOf(room), room, contextSequence };
  } catch (error) {
    await room.closeAll();
    throw error;
  }
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

function longestText(formats: readonly RenderedFormat[]): number {
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
