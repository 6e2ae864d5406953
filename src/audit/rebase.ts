import path from "node:path";
import { isRemote } from "../engine/remote/spec.js";
import { isModelName } from "../hub/model-name.js";
import { mapCorpusPath } from "../prefill/spec.js";
import type { AuditOptions } from "./options.js";

/** The folder from which the paths of a run's settings are meant, as seen from the run: both may be moved together. */
export function workingDirectoryFrom(directory: string): string {
  return path.relative(directory, ".") || ".";
}

/** The settings of the run in `directory` with their paths as they are from the current folder. */
export function rebaseOptions(options: AuditOptions, directory: string, workingDirectory: string): AuditOptions {
  const then = path.resolve(directory, workingDirectory);
  if (then === path.resolve(".")) return options;
  const file = (name: string): string => path.relative(".", path.resolve(then, name));
  const model = (name: string): string => (isRemote(name) || isModelName(name) ? name : file(name));
  const { reference, finetunedTokenizer, referenceTokenizer, lora, corpora } = options;
  return {
    ...options,
    finetuned: model(options.finetuned),
    ...(reference !== undefined && { reference: model(reference) }),
    ...(finetunedTokenizer !== undefined && { finetunedTokenizer: model(finetunedTokenizer) }),
    ...(referenceTokenizer !== undefined && { referenceTokenizer: model(referenceTokenizer) }),
    ...(lora !== undefined && { lora: { ...lora, path: model(lora.path) } }),
    ...(corpora !== undefined && { corpora: corpora.map((spec) => mapCorpusPath(spec, file)) }),
  };
}
