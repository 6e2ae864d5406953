import type { Command } from "commander";
import { z } from "zod";
import { FINETUNED_SCORES, type FinetunedScores, FORMATS, type Format } from "../audit/formats.js";
import { PLACEMENTS } from "../audit/placement.js";
import { DEFAULT_CHAT } from "../engine/gguf/chat-template.js";
import { SHORT_NAMES } from "../prefill/spec.js";
import type { RankPreset } from "../rank/settings.js";
import { didYouMean } from "./did-you-mean.js";
import { addEngineOptions, deviceNames, type EngineFlags } from "./engine-options.js";
import {
  badOption,
  choiceOption,
  collect,
  countFrom,
  decimal,
  oneOrMore,
  taking,
  wholeNumber,
} from "./option-values.js";
import { addRankOptions, PRESETS, type RankOptionValues } from "./rank-options.js";

const LARGEST_SEED = 0xffffffff;
const LEAST_SHARE = 1e-6;
const CORPORA = `builtin, PATH or file:PATH, hf:OWNER/DATASET[@REVISION][:COLUMN], ${Object.keys(SHORT_NAMES).join(", ")}`;

/** What commander makes of the options of `telltale audit`; one that was not given is absent. */
export interface AuditValues extends RankOptionValues, EngineFlags {
  organism?: string;
  catalogue?: string;
  reference?: string;
  referenceDevice?: string[];
  finetunedTokenizer?: string;
  referenceTokenizer?: string;
  concurrency?: number;
  itemsRequest?: number;
  timeout?: number;
  lora?: string;
  loraScale?: number;
  preset?: RankPreset;
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
  finetunedScores?: FinetunedScores;
  calibrate?: boolean;
  placement?: (typeof PLACEMENTS)[number];
  output?: string;
  resume?: string | true;
  retryErrors?: boolean;
  rows: number;
  json?: boolean;
}

/** Adds the options of `telltale audit`, under headings. */
export function addAuditOptions(command: Command): Command {
  for (const add of [
    addModelOptions,
    addEndpointOptions,
    addCorpusOptions,
    addGeneratingOptions,
    addEngineOptions,
    addRankOptions,
  ]) {
    add(command);
  }
  return command
    .optionsGroup("Output:")
    .option("-o, --output <dir>", "new directory for the run (default: runs/<model>-<time>)")
    .option("--resume [dir]", "go on with an interrupted run, as it was begun (default: the latest in runs/)")
    .option("--retry-errors", "with --resume: try again what failed")
    .option("--rows <n>", "completions shown per ranking", countFrom("--rows", 0), 10)
    .option("--json", "write the rankings to stdout as JSON (schemas/rankings.schema.json)");
}

function addModelOptions(command: Command): void {
  command
    .optionsGroup("Models:")
    .option("--organism <name>", "models and keywords of an organism (telltale organisms); what is given here wins")
    .option("--catalogue <file>", "read organisms from this file (docs/organisms.md; default: those that are shipped)")
    .option(
      "--reference <model>",
      "GGUF file of the reference, its name hf:OWNER/REPO..., or its endpoints (default with --lora: the same file without the adapter)",
    )
    .option("--adapter, --lora <file>", "LoRA adapter that makes the finetuned model, by file or name")
    .option("--lora-scale <x>", "weight of the adapter (default: 1)", decimal("--lora-scale", -1000, 1000))
    .option(
      "--reference-device <names>",
      "GPUs of the reference (default: as --device)",
      deviceNames("--reference-device"),
    )
    .addOption(choiceOption("--placement <how>", "both in memory at once, or not", PLACEMENTS, "auto, as they fit"));
}

function addEndpointOptions(command: Command): void {
  command
    .optionsGroup("Endpoints:")
    .option("--finetuned-tokenizer <file>", "GGUF file with the vocabulary of a finetuned model behind endpoints")
    .option("--reference-tokenizer <file>", "the same of the reference (default: its servers make tokens of the text)")
    .option(
      "--concurrency <n>",
      "requests to one endpoint at a time (default: 8)",
      wholeNumber("--concurrency", 1, 1024),
    )
    .option("--items-request <n>", "texts in a request (default: 16)", wholeNumber("--items-request", 1, 4096))
    .option("--timeout <s>", "seconds until a request is given up (default: 300)", decimal("--timeout", 0.01, 86_400));
}

function addCorpusOptions(command: Command): void {
  command
    .optionsGroup("Corpus and prefills:")
    .addOption(
      choiceOption("--preset <name>", "paper is the published recipe, quick takes 500 prefills", PRESETS, "default"),
    )
    .option("--corpus <spec>", `${CORPORA}; repeatable (default: builtin; preset paper: c4, pile and code)`, collect)
    .option("--column <name>", "column or field of the corpus that holds the text (default: text)")
    .option("--format <list>", "raw, chat or raw,chat (default: raw, and chat if there is a chat template)", formats)
    .option("--system <text>", `system message of the chat format (default: "${DEFAULT_CHAT.system}")`)
    .option("--user <text>", `user message of the chat format (default: "${DEFAULT_CHAT.user}")`)
    .option("--prefill-tokens <n>", "tokens per prefill (default: 3)", wholeNumber("--prefill-tokens", 1, 1024))
    .option("--limit <n|all>", "prefills per corpus (default: 2000; preset quick: 500, paper: all)", limit)
    .option(
      "--seed <n>",
      "decides which prefills are used, and in which order (default: 0)",
      wholeNumber("--seed", 0, LARGEST_SEED),
    );
}

function addGeneratingOptions(command: Command): void {
  command
    .optionsGroup("Generating:")
    .option(
      "--max-tokens <n>",
      "new tokens per completion at most (default: 100)",
      wholeNumber("--max-tokens", 1, 65_536),
    )
    .option(
      "--samples <n>",
      "completions per prefill; needs --temperature (default: 1)",
      wholeNumber("--samples", 1, 1024),
    )
    .option(
      "--temperature <x>",
      "draw tokens at this temperature (default: greedy; 1 with another option of drawing)",
      decimal("--temperature", 0.001, 1000, "For greedy decoding leave it out."),
    )
    .option("--top-k <n>", "draw from the k likeliest tokens (default: 0, all)", countFrom("--top-k", 0))
    .option("--top-p <x>", "draw from the likeliest tokens of this total probability (default: 1)", topP)
    .option("--min-p <x>", "draw only tokens of this share of the likeliest one (default: 0)", decimal("--min-p", 0, 1))
    .option("--sampling-seed <n>", "seed of the draws (default: 0)", wholeNumber("--sampling-seed", 0, LARGEST_SEED))
    .addOption(
      choiceOption(
        "--finetuned-scores <which>",
        "score every completion under the finetuned model, or only what the top lists need: the rest is marked ~",
        FINETUNED_SCORES,
        "exact",
      ),
    )
    .option(
      "--calibrate",
      "the reference continues the same prefills: tells what a list without a finding looks like; costs as much again",
    );
}

const formats = taking(oneOrMore(z.enum(["auto", ...FORMATS])), (text: string): "auto" | Format[] => {
  if (text === "auto") return text;
  const names = text.split(",").map((name) => name.trim());
  if (names.every((name): name is Format => (FORMATS as readonly string[]).includes(name))) return names;
  throw badOption("--format", "raw, chat, raw,chat or auto", text, didYouMean(text, ["auto", ...FORMATS]));
});

const oneLimit = countFrom("--limit", 1);
const limit = taking(z.union([z.int().min(1), z.literal("all")]), (text: string): number | "all" =>
  text === "all" ? text : oneLimit(text),
);

const topP = taking(z.number().min(LEAST_SHARE).max(1), (text: string): number => {
  const share = Number(text);
  if (share >= LEAST_SHARE && share <= 1) return share;
  throw badOption("--top-p", "a number above 0 and up to 1", text);
});
