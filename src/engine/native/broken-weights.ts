import { TelltaleError } from "../../errors.js";
import { quoted } from "../../safe-text.js";

/** What llama.cpp writes of a tensor with NaN or infinity in it, where it looks through them. */
const INVALID_DATA = /tensor '(.*)' has invalid data/;
const SHOWN = 3;

/** An error of loading, which names the tensors with broken numbers where that was the reason. */
export function namingBrokenWeights(error: unknown): unknown {
  if (!(error instanceof TelltaleError) || error.code !== "BAD_MODEL") return error;
  const tensors = [...new Set(error.log.flatMap((line) => INVALID_DATA.exec(line)?.[1] ?? []))];
  if (tensors.length === 0) return error;
  const { phase, model, log } = error;
  const named = tensors.slice(0, SHOWN).map((name) => quoted(name));
  const more = tensors.length > SHOWN ? ` and ${tensors.length - SHOWN} more tensors` : "";
  return new TelltaleError(
    "BAD_MODEL",
    `The weights of ${model} hold NaN or infinity, in ${named.join(", ")}${more}. Download the file again, or take another conversion.`,
    { ...(phase !== undefined && { phase }), ...(model !== undefined && { model }), log, cause: error },
  );
}
