/** The value at a path of keys in something that was JSON once; undefined where there is none. */
export function valueAt(value: unknown, ...path: readonly (string | number)[]): unknown {
  let at: unknown = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string | number, unknown>)[key];
  }
  return at;
}

/** The same where it is a text or a number; null else. */
export function textAt(value: unknown, ...path: readonly (string | number)[]): string | null {
  const found = valueAt(value, ...path);
  return typeof found === "string" && found !== "" ? found : typeof found === "number" ? String(found) : null;
}

export function numberAt(value: unknown, ...path: readonly (string | number)[]): number | null {
  const found = valueAt(value, ...path);
  return typeof found === "number" && Number.isFinite(found) ? found : null;
}

export function listAt(value: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const found = valueAt(value, ...path);
  return Array.isArray(found) ? found : [];
}

/** A model's name: that of its file without folders and ending. */
export function fileName(path: string): string {
  const name = path.split(/[\\/]/).at(-1) ?? path;
  return name.replace(/\.gguf$/i, "") || path;
}

/** What was audited, by the manifest: the adapter where there is one, else the finetuned model; the run's name without either. */
export function auditedName(manifest: unknown, run: string): string {
  return modelName(manifest, "adapter") ?? modelName(manifest, "finetuned") ?? run;
}

export function referenceName(manifest: unknown): string | null {
  return modelName(manifest, "reference");
}

function modelName(manifest: unknown, role: "finetuned" | "reference" | "adapter"): string | null {
  const path = textAt(manifest, "files", role, "path");
  return textAt(manifest, "files", role, "name") ?? (path === null ? null : fileName(path));
}
