import { Command, Option } from "commander";
import { checkModelFile } from "../engine/gguf/check.js";
import { planEngine } from "../engine/host/plan.js";
import { ContextRequest, resolveOptions } from "../engine/options.js";
import { TelltaleError } from "../errors.js";
import { addEngineOptions, type EngineFlags, engineOptions, openEngine } from "./engine-options.js";
import { examples } from "./help-format.js";
import { localModel, MODEL_FORMS } from "./model-files.js";
import { note } from "./notes.js";
import { collect, wholeNumber } from "./option-values.js";
import { readText } from "./read-text.js";
import { scoreText, type TextScore } from "./score-text.js";
import { escapeForTerminal, jsonLine } from "./terminal/escape.js";

const EXAMPLES = `Examples:
  telltale score model.gguf essay.txt
  telltale score model.gguf essay.txt --lora adapter.gguf --json
  cat essay.txt | telltale score model.gguf -
  telltale score hf:OWNER/REPO:Q4_K_M essay.txt
  telltale score model.gguf wiki.txt --chunks --context-size 512
`;

const METHOD = `
Windows: a text longer than --context-size tokens is scored in overlapping
windows that move by half a window, so that every token is scored once, with at
least half a window before it. A vocabulary that begins with BOS has it before
each window; without one the first token has no log-probability. With --chunks
the windows are those of llama-perplexity -c: side by side, only the second half
of each scored, a rest of the text left out.`;

const DEFAULT_SIZE = 512;

interface ScoreFlags extends EngineFlags {
  lora: string[];
  contextSize?: number;
  chunks?: boolean;
  json?: boolean;
}

/** `telltale score`: how likely a model finds a text. */
export function scoreCommand(): Command {
  const command = new Command("score")
    .summary("show how likely a model finds a text")
    .description("Log-probability of every token of a text, its perplexity and its bits per byte.")
    .addHelpText("before", examples(EXAMPLES))
    .addHelpText("after", METHOD)
    .argument("<model>", MODEL_FORMS)
    .argument("<file>", "a UTF-8 text; - is standard input")
    .optionsGroup("Scoring:")
    .addOption(
      new Option("--adapter, --lora <file>", "LoRA adapter applied to the model, by file or name; repeatable")
        .argParser(collect)
        .default([], "none"),
    )
    .option(
      "--context-size <n>",
      `tokens in one window (default: ${DEFAULT_SIZE}, or what the model was trained with)`,
      wholeNumber("--context-size", 4, 1 << 20),
    )
    .option("--chunks", "score side-by-side chunks as llama-perplexity does (default: every token)");
  return addEngineOptions(command, "as many as fill --batch")
    .optionsGroup("Output:")
    .option("--json", "write every token's log-probability to stdout as JSON, in nats")
    .action(score);
}

async function score(model: string, file: string, flags: ScoreFlags): Promise<void> {
  const choices = engineOptions(flags);
  const asked = flags.contextSize;
  const text = await readText(file);
  const size = asked ?? DEFAULT_SIZE;
  const path = await localModel(model);
  const adapters: { path: string }[] = [];
  for (const adapter of flags.lora) adapters.push({ path: await localModel(adapter) });
  const header = await checkModelFile(path);
  const request = resolveOptions(ContextRequest, choices.context, "context options");
  // One micro-batch is all that is computed at a time, so more sequences than fill it would only take memory.
  const need = { contextSequence: size, fill: size };
  const plan = await planEngine([{ header, contexts: 1 }], choices.model, request, need);
  for (const sentence of choices.model.gpu === "auto" ? plan.notes : plan.choice.warnings) note(sentence);
  const context = { ...choices.context, ...plan.context, contextSequence: size, adapters };
  const engine = await openEngine(path, { ...choices, model: { ...choices.model, gpu: plan.gpu }, context });
  try {
    const { trainedContext } = engine.facts.model;
    if (asked !== undefined && asked > trainedContext) {
      throw new TelltaleError(
        "BAD_ARGUMENT",
        `--context-size is ${asked}, but the model was trained with ${trainedContext} tokens at most: beyond them its log-probabilities mean little.`,
      );
    }
    const result = await scoreText(
      engine,
      text,
      flags.chunks ? "chunks" : "overlapping",
      Math.min(size, trainedContext),
    );
    process.stdout.write(flags.json ? jsonLine({ model, adapters: flags.lora, ...result }) : summary(file, result));
  } finally {
    await engine.close();
  }
}

function summary(file: string, score: TextScore): string {
  const name = file === "-" ? "standard input" : escapeForTerminal(file);
  const windows = `${score.method === "chunks" ? "chunks" : "overlapping windows"} of ${score.contextSize}`;
  return `perplexity ${score.perplexity.toFixed(4)}, ${score.bitsPerByte.toFixed(4)} bits per byte
${score.scoredTokens} of the ${score.tokens.length} tokens of ${name} scored, in ${windows}
`;
}
