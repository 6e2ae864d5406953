import { listAt, numberAt, textAt } from "./manifest.js";

/** What run.json says of a model or an adapter; null where it does not. */
export interface ModelFacts {
  /** Name of the file, or of the first of its parts, without folders; of a model behind endpoints the name they know it by. */
  file: string;
  /** Hex, of each part. */
  sha256: string[];
  architecture: string | null;
  /** Quantisation of most weights, e.g. "Q8_0". */
  fileType: string | null;
  parameters: number | null;
}

/** The endpoints of a model that was not run where the audit was; null for a file. */
export function endpointsOf(manifest: unknown, role: "finetuned" | "reference"): string | null {
  return textAt(manifest, "files", role, "name") === null ? null : textAt(manifest, "files", role, "path");
}

/** Null where the run has no such file, or does not say. */
export function modelFacts(manifest: unknown, role: "finetuned" | "reference" | "adapter"): ModelFacts | null {
  const path = textAt(manifest, "files", role, "path");
  if (path === null) return null;
  const engine = ["engines", role, "model"];
  return {
    file: textAt(manifest, "files", role, "name") ?? (path.split(/[\\/]/).at(-1) || path),
    sha256: listAt(manifest, "files", role, "parts").flatMap((part) => textAt(part, "sha256") ?? []),
    architecture: textAt(manifest, ...engine, "architecture"),
    fileType: textAt(manifest, ...engine, "fileType"),
    parameters: numberAt(manifest, ...engine, "parameters"),
  };
}
