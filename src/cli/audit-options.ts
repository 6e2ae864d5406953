import type { AuditOptions } from "../audit/options.js";
import { definedOnly } from "../defined.js";
import { DEFAULT_CHAT } from "../engine/gguf/chat-template.js";
import { TelltaleError } from "../errors.js";
import { presetRankSettings } from "../rank/settings.js";
import type { AuditValues } from "./audit-flags.js";
import { auditedModels } from "./audited-models.js";
import { engineOptions } from "./engine-options.js";
import { refuseIdleOptions } from "./idle-options.js";
import { rankSettingsFrom } from "./rank-options.js";

/** What the options say, as the audit takes it. Throws BAD_ARGUMENT where two of them contradict each other. */
export async function auditOptions(named: string | undefined, values: AuditValues): Promise<AuditOptions> {
  const { finetuned, reference, lora, keywords } = await auditedModels(named, values);
  refuseIdleOptions(values, [finetuned, reference ?? finetuned]);
  const engine = engineOptions(values);
  const { samples, temperature, topK, topP, minP, samplingSeed } = values;
  const sampling = { temperature, topK, topP, minP, seed: samplingSeed };
  const sampled = Object.values(sampling).some((value) => value !== undefined);
  const chat = { ...DEFAULT_CHAT, ...definedOnly({ system: values.system, user: values.user }) };
  if (values.loraScale !== undefined && lora === undefined) {
    throw new TelltaleError(
      "BAD_ARGUMENT",
      "--lora-scale was given, but no adapter to weigh: name one with --lora, or leave --lora-scale out.",
    );
  }
  if (values.referenceDevice !== undefined && (values.gpu ?? "off") === "off") {
    throw new TelltaleError(
      "BAD_ARGUMENT",
      "--reference-device was given, but the models run on the CPU: choose a GPU with --gpu, or leave --reference-device out.",
    );
  }
  return definedOnly({
    finetuned,
    reference,
    referenceDevices: values.referenceDevice,
    lora: lora === undefined ? undefined : definedOnly({ path: lora, scale: values.loraScale }),
    finetunedTokenizer: values.finetunedTokenizer,
    referenceTokenizer: values.referenceTokenizer,
    endpoints: endpointOptions(values),
    preset: values.preset,
    directory: values.output,
    corpora: values.corpus,
    column: values.column,
    formats: values.format,
    chat: values.system === undefined && values.user === undefined ? undefined : chat,
    prefillTokens: values.prefillTokens,
    limit: values.limit === "all" ? null : values.limit,
    seed: values.seed,
    maxTokens: values.maxTokens,
    samples,
    sampling: sampled ? definedOnly(sampling) : undefined,
    finetunedScores: values.finetunedScores,
    calibrate: values.calibrate,
    placement: values.placement,
    model: engine.model,
    context: engine.context,
    inProcess: engine.inProcess,
    rank: await rankSettingsFrom(values, { ...presetRankSettings(values.preset ?? "default"), keywords }),
  });
}

/** How endpoints are asked, of what was given. */
export function endpointOptions({ concurrency, itemsRequest, timeout }: Partial<AuditValues>) {
  return definedOnly({ concurrency, itemsRequest, timeoutSeconds: timeout });
}
