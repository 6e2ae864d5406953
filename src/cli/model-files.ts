import { isRemote } from "../engine/remote/spec.js";
import { TelltaleError } from "../errors.js";
import { isModelName } from "../hub/model-name.js";
import { resolveModel } from "../hub/resolve-model.js";
import type { DownloadProgress } from "../hub/settings.js";
import { withoutSecrets } from "../safe-text.js";
import { formatBytes } from "./terminal/numbers.js";
import { createProgress, type Progress } from "./terminal/progress.js";

/** How commands describe an argument or option that takes a GGUF file by path or by name. */
export const MODEL_FORMS = "a GGUF file or its name on the hub, hf:OWNER/REPO[@REVISION][/FILE.gguf or :Q4_K_M]";

/** The path of a model or adapter that a command was given: as it is, or downloaded, which is shown on stderr. */
export async function localModel(spec: string, progress: Progress = createProgress(process.stderr)): Promise<string> {
  if (isRemote(spec)) {
    const sentence = `${withoutSecrets(spec)} is an address, and this takes a model file. Endpoints are for \`telltale audit\`.`;
    throw new TelltaleError("BAD_ARGUMENT", sentence);
  }
  if (!isModelName(spec)) return spec;
  progress.phase(`finding ${spec}`, 0);
  try {
    const { path } = await resolveModel(spec, {
      onProgress: (state) => progress.step(downloadStep(state)),
      onNote: (sentence) => progress.note(sentence),
    });
    return path;
  } finally {
    progress.end();
  }
}

/** What is done with a file, and how far, on one line; the share comes first, because a long name of a file may be cut off. */
export function downloadStep({ step, file, bytesDone, bytesTotal }: DownloadProgress): string {
  const percent = bytesTotal === 0 ? 100 : Math.floor((100 * bytesDone) / bytesTotal);
  return `${step === "download" ? "downloading" : "checking"} ${percent}% of ${formatBytes(bytesTotal)}: ${file}`;
}
