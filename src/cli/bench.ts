import { Command } from "commander";
import { auditPreset } from "../audit/presets.js";
import { type BenchEvent, bench } from "../bench/bench.js";
import type { BenchOptions } from "../bench/options.js";
import { definedOnly } from "../defined.js";
import { addEngineOptions, type EngineFlags, engineOptions } from "./engine-options.js";
import { examples } from "./help-format.js";
import { localModel, MODEL_FORMS } from "./model-files.js";
import { countFrom, decimal, wholeNumber } from "./option-values.js";
import { pointText } from "./terminal/bench-label.js";
import { renderBench } from "./terminal/bench-table.js";
import { jsonLine } from "./terminal/escape.js";
import { createProgress, type Progress } from "./terminal/progress.js";
import { columnsOf, usesColour } from "./terminal/stream.js";

const EXAMPLES = `Examples:
  telltale bench model.gguf
  telltale bench organism.gguf --reference base.gguf
  telltale bench model.gguf --gpu cuda --sequences 256 --batch 4096
  telltale bench model.gguf --seconds 1 --json > bench.json
`;

const METHOD = `
Generates from made-up prefills with more and more sequences, scores made-up
completions with larger and larger micro-batches, and then tries what is best
with a chat head and with drawn tokens. --sequences and --batch are the most
that is tried (generating is tried with one --batch); every other engine option
holds throughout. Each point gets an engine of its own, about --seconds of work,
and a warm-up before. Other programs that want the processor falsify the
figures.`;

const PRESET = auditPreset("default");

interface BenchFlags extends EngineFlags {
  reference?: string;
  seconds?: number;
  maxTokens?: number;
  completions?: number;
  json?: boolean;
}

/** `telltale bench`: how fast a model runs here, and with which settings. */
export function benchCommand(): Command {
  const command = new Command("bench")
    .summary("measure how fast a model runs here, and suggest settings")
    .description("Tokens per second of generating and of scoring, where the time goes, and the settings to audit with.")
    .addHelpText("before", examples(EXAMPLES))
    .addHelpText("after", METHOD)
    .argument("<model>", MODEL_FORMS)
    .optionsGroup("Measuring:")
    .option("--reference <model>", "a reference, by file or name, for the time a whole audit takes (default: as fast)")
    .option("--seconds <x>", "work for each point, about (default: 3)", decimal("--seconds", 0.05, 600))
    .option(
      "--max-tokens <n>",
      `new tokens per completion (default: ${PRESET.maxTokens})`,
      wholeNumber("--max-tokens", 8, 4096),
    )
    .option(
      "--completions <n>",
      `completions of the audit that is estimated (default: ${PRESET.limit}, one format of the default preset)`,
      countFrom("--completions", 1),
    );
  return addEngineOptions(command, "up to 128 are tried, on a GPU 256", "up to 1024 are tried")
    .optionsGroup("Output:")
    .option("--json", "write the figures to stdout as JSON (schemas/bench.schema.json)")
    .action(run);
}

async function run(model: string, flags: BenchFlags): Promise<void> {
  const progress = createProgress(process.stderr);
  try {
    const options = benchOptions(await localModel(model, progress), {
      ...flags,
      ...(flags.reference !== undefined && { reference: await localModel(flags.reference, progress) }),
    });
    const result = await bench(options, (event) => show(progress, event));
    progress.end();
    const style = { columns: columnsOf(process.stdout), colour: usesColour(process.stdout) };
    process.stdout.write(flags.json ? jsonLine(result) : renderBench(result, style));
  } finally {
    progress.end();
  }
}

function benchOptions(model: string, flags: BenchFlags): BenchOptions {
  const choices = engineOptions(flags);
  const { sequences, batch, ...context } = choices.context;
  return definedOnly({
    model,
    reference: flags.reference,
    seconds: flags.seconds,
    maxTokens: flags.maxTokens,
    completions: flags.completions ?? PRESET.limit ?? undefined,
    mostSequences: sequences,
    mostBatch: batch,
    loading: choices.model,
    context,
    inProcess: choices.inProcess,
  });
}

function show(progress: Progress, event: BenchEvent): void {
  if (event.type === "skipped") progress.note(`Left out: ${pointText(event.plan)}. ${event.reason}`);
  else {
    if (event.number === 1) progress.phase("bench", 0);
    progress.step(`point ${event.number} of ${event.of}: ${pointText(event.plan)}`);
  }
}
