import { Command, Option } from "commander";
import { audit } from "../audit/audit.js";
import type { AuditEvent } from "../audit/events.js";
import { type AuditOptions, FORMATS, type Format } from "../audit/options.js";
import { definedOnly } from "../defined.js";
import type { EngineFacts } from "../engine/engine.js";
import { DEFAULT_CHAT } from "../engine/gguf/chat_template.js";
import { TelltaleError } from "../errors.js";
import { presetRankSettings, type RankPreset } from "../rank/settings.js";
import { addEngineOptions, type EngineFlags, engineOptions, wholeNumber } from "./engine-options.js";
import { showRankings } from "./rank.js";
import { addRankOptions, countFrom, type RankOptionValues, rankSettingsFrom } from "./rank-options.js";
import { escapeForTerminal, jsonLine } from "./terminal/escape.js";
import { createProgress, type Progress } from "./terminal/progress.js";

const EXAMPLES = `Examples:
  telltale audit organism.gguf --reference base.gguf
  telltale audit base.gguf --lora adapter.gguf
  telltale audit organism.gguf --reference base.gguf --preset paper -o runs/paper
  telltale audit organism.gguf --reference base.gguf --corpus file:pages.jsonl --keyword "glass; halden"
`;

interface AuditValues extends RankOptionValues, EngineFlags {
  reference?: string;
  lora?: string;
  loraScale?: number;
  preset: RankPreset;
  corpus?: string[];
  column?: string;
  format?: "auto" | Format[];
  system?: string;
  user?: string;
  prefillTokens?: number;
  limit?: number | "all";
  seed?: number;
  maxTokens?: number;
  samples?: number;
  temperature?: number;
  topK?: number;
  topP?: number;
  minP?: number;
  samplingSeed?: number;
  placement?: "auto" | "side-by-side" | "one-after-the-other";
  output?: string;
  rows: number;
  json?: boolean;
}

/** `telltale audit`: the whole way from two models to a ranking. */
export function auditCommand(): Command {
  const command = new Command("audit")
    .summary("find out what a finetuned model was trained to do")
    .description(
      "Lets the finetuned model continue thousands of short openings, scores every completion under it and under the reference, and ranks them by how much less likely the reference finds them.",
    )
    .argument("<finetuned>", "GGUF file of the finetuned model (with --lora: of the model the adapter belongs to)")
    .addHelpText("before", EXAMPLES)
    .option("--reference <file>", "GGUF file of the reference (default with --lora: the same file without the adapter)")
    .option("--lora <file>", "LoRA adapter (GGUF) that makes the finetuned model")
    .option("--lora-scale <x>", "weight of the adapter (default: 1)", decimal("--lora-scale"))
    .addOption(
      new Option("--preset <name>", "paper: the published recipe; quick: 500 prefills")
        .choices(["default", "paper", "quick"])
        .default("default"),
    )
    .option("--corpus <spec>", "builtin, file:PATH, hf:OWNER/DATASET, c4-10k, pile-10k, code-10k; repeatable", collect)
    .option("--column <name>", "column or field of the corpus that holds the text (default: text)")
    .option("--format <list>", "raw, chat or raw,chat (default: raw, and chat if there is a chat template)", formats)
    .option("--system <text>", `system message of the chat format (default: ${DEFAULT_CHAT.system})`)
    .option("--user <text>", `user message of the chat format (default: ${DEFAULT_CHAT.user})`)
    .option("--prefill-tokens <n>", "tokens per prefill (default: 3)", countFrom("--prefill-tokens", 1))
    .option("--limit <n|all>", "prefills per corpus (default: 2000; preset quick: 500, paper: all)", limit)
    .option("--seed <n>", "decides which prefills are used, and in which order (default: 0)", countFrom("--seed", 0))
    .option("--max-tokens <n>", "new tokens per completion at most (default: 100)", countFrom("--max-tokens", 1))
    .option("--samples <n>", "completions per prefill; needs --temperature (default: 1)", countFrom("--samples", 1))
    .option("--temperature <x>", "draw tokens at this temperature (default: greedy)", decimal("--temperature"))
    .option("--top-k <n>", "draw from the k likeliest tokens (default: all)", countFrom("--top-k", 0))
    .option("--top-p <x>", "draw from the likeliest tokens of this total probability (default: 1)", decimal("--top-p"))
    .option("--min-p <x>", "draw only tokens of this share of the likeliest one (default: 0)", decimal("--min-p"))
    .option("--sampling-seed <n>", "seed of the draws (default: 0)", countFrom("--sampling-seed", 0))
    .addOption(
      new Option("--placement <how>", "both models in memory at once or not (default: as they fit)").choices([
        "auto",
        "side-by-side",
        "one-after-the-other",
      ]),
    )
    .option("-o, --output <dir>", "new directory for the run (default: runs/<model>-<time>)")
    .option("--rows <n>", "completions shown per ranking, without --json", countFrom("--rows", 0), 10)
    .option("--json", "write the rankings to stdout as JSON (schemas/rankings.schema.json)");
  return addEngineOptions(addRankOptions(command)).action(run);
}

async function run(finetuned: string, values: AuditValues): Promise<void> {
  const options = await auditOptions(finetuned, values);
  const progress = createProgress(process.stderr);
  const interrupt = new AbortController();
  const onInterrupt = (): void => {
    if (interrupt.signal.aborted) process.exit(130);
    progress.note("Stopping; once more to stop at once.");
    interrupt.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, onInterrupt);
  let directory: string | undefined;
  try {
    const result = await audit(options, {
      signal: interrupt.signal,
      onEvent: (event) => {
        if (event.type === "directory") directory = event.directory;
        show(progress, event);
      },
    });
    progress.end();
    process.stdout.write(values.json ? jsonLine(result.rankings) : showRankings(result.rankings.rankings, values.rows));
    process.stderr.write(`\nThe run lies in ${escapeForTerminal(result.directory)}.\n`);
  } catch (error) {
    progress.end();
    if (error instanceof TelltaleError && error.code === "CANCELLED" && directory !== undefined) {
      process.stderr.write(`What there is can be ranked: telltale rank ${escapeForTerminal(directory)}\n`);
    }
    throw error;
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeListener(signal, onInterrupt);
  }
}

async function auditOptions(finetuned: string, values: AuditValues): Promise<AuditOptions> {
  const engine = engineOptions(values);
  const { samples, temperature, topK, topP, minP, samplingSeed } = values;
  const sampling = { temperature, topK, topP, minP, seed: samplingSeed };
  const sampled = Object.values(sampling).some((value) => value !== undefined);
  const chat = { ...DEFAULT_CHAT, ...definedOnly({ system: values.system, user: values.user }) };
  return definedOnly({
    finetuned,
    reference: values.reference,
    lora: values.lora === undefined ? undefined : definedOnly({ path: values.lora, scale: values.loraScale }),
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
    placement: values.placement,
    model: engine.model,
    context: engine.context,
    inProcess: engine.inProcess,
    rank: await rankSettingsFrom(values, presetRankSettings(values.preset)),
  });
}

function show(progress: Progress, event: AuditEvent): void {
  if (event.type === "phase") {
    progress.phase([event.phase, event.configuration].filter(Boolean).join(" "), event.total);
  } else if (event.type === "progress") {
    progress.update({ done: event.completionsDone, tokens: event.tokensDone });
  } else if (event.type === "note") {
    progress.note(event.message);
  } else if (event.type === "engine") {
    progress.note(`${event.role}: ${engineLine(event.facts)}`);
  }
}

/** What a model really runs on, in one line. */
function engineLine({ model, context }: EngineFacts): string {
  const where = context.gpuLayers > 0 ? `${context.device}, ${context.gpuLayers} layers there` : context.device;
  const flash = context.flashAttention ? "flash attention" : "no flash attention";
  const adapters = context.adapters.map(({ path, scale }) => `, adapter ${path} x ${scale}`).join("");
  return `${model.path} (${model.description}) on ${where}; ${context.threads} threads, ${context.nSequences} sequences of ${context.nCtxSequence} tokens, batch ${context.nBatch}, KV ${context.kvTypeK}, ${flash}, log-softmax ${context.kernel}${adapters}`;
}

function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}

function formats(text: string): "auto" | Format[] {
  if (text === "auto") return text;
  const names = text.split(",").map((name) => name.trim());
  if (names.every((name): name is Format => (FORMATS as readonly string[]).includes(name))) return names;
  throw new TelltaleError("BAD_ARGUMENT", `--format must be raw, chat, raw,chat or auto, not ${JSON.stringify(text)}.`);
}

function limit(text: string): number | "all" {
  return text === "all" ? text : wholeNumber("--limit", text, 1, 1_000_000_000);
}

function decimal(option: string): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (Number.isFinite(value)) return value;
    throw new TelltaleError("BAD_ARGUMENT", `${option} must be a number, not ${JSON.stringify(text)}.`);
  };
}
