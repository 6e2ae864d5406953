import { isHubName } from "../hub/repository.js";
import { quoted } from "../safe-text.js";
import type { Organism } from "./schema.js";

/** A step to GGUF files of an organism: what it gives, and the command. */
export interface ConvertStep {
  gives: string;
  command: string;
}

/** How an organism on the Hugging Face hub becomes GGUF files, with llama.cpp's converters; empty where its id is not known. */
export function convertSteps({ id, kind, base }: Organism): ConvertStep[] {
  if (id === null) return [];
  const only = kind === null ? ", if it is one" : "";
  const adapter = [
    { gives: `the adapter${only}`, command: `hf download ${id} --local-dir adapter` },
    { gives: "as GGUF", command: "python convert_lora_to_gguf.py adapter --outfile adapter.gguf" },
  ];
  const whole = [
    {
      gives: `the whole model${only}`,
      command: `python convert_hf_to_gguf.py --remote ${id} --outfile finetuned.gguf`,
    },
  ];
  const reference = isHubId(base)
    ? [
        {
          gives: "the model it was made from",
          command: `python convert_hf_to_gguf.py --remote ${base} --outfile base.gguf`,
        },
      ]
    : [];
  return [...(kind === "model" ? [] : adapter), ...(kind === "adapter" ? [] : whole), ...reference];
}

/** The commands that audit an organism, one a kind it may be of, with names for the files that its catalogue does not know. */
export function auditCommands({ name, kind, gguf }: Organism): string[] {
  const audit = `telltale audit --organism ${name}`;
  const reference = gguf.reference === undefined ? " --reference base.gguf" : "";
  if (gguf.finetuned !== undefined || gguf.adapter !== undefined) return [`${audit}${reference}`];
  return [
    ...(kind === "model" ? [] : [`${audit} --lora adapter.gguf${reference}`]),
    ...(kind === "adapter" ? [] : [`${audit} finetuned.gguf${reference}`]),
  ];
}

/** The same as sentences, for an error. */
export function convertHint(organism: Organism): string {
  const { name, id, kind, base } = organism;
  const from = base === null ? "" : ` of ${quoted(base)}`;
  const audit = auditCommands(organism).map((command) => `\`${command}\``);
  const then = audit.join(" or ");
  if (id === null)
    return `It is a finetuning${from} whose id on the Hugging Face hub is not known. With files of your own: ${then}`;
  const whole = "convert_hf_to_gguf.py";
  const [what, tools] =
    kind === "model" ? ["a whole model", whole] : ["a LoRA adapter", `convert_lora_to_gguf.py and ${whole}`];
  const is = kind === null ? "an adapter or a whole model" : what;
  return `It is ${is}, a finetuning${from}: ${id} on the Hugging Face hub. Convert both with llama.cpp's ${tools} (\`telltale organisms ${name}\` shows how), then ${then}`;
}

function isHubId(base: string | null): base is string {
  const [owner = "", name = "", ...more] = (base ?? "").split("/");
  return more.length === 0 && isHubName(owner) && isHubName(name);
}
