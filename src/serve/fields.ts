import { badField, Refusal } from "./refusal.js";

/** The fields of a request as JSON gave them. One that is null is as one that is absent. */
export type Fields = Readonly<Record<string, unknown>>;

export function parseFields(body: Buffer): Fields {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    throw new Refusal(400, "The body is not JSON.", { code: "invalid_json" });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Refusal(400, "The body must be a JSON object.", { code: "invalid_json" });
  }
  return value as Fields;
}

export function numberField(fields: Fields, name: string, min: number, max: number, otherwise: number): number {
  const value = fields[name] ?? otherwise;
  if (typeof value === "number" && value >= min && value <= max) return value;
  throw badField(name, `${name} must be a number from ${min} to ${max}.`);
}

export function integerField(fields: Fields, name: string, min: number, max: number, otherwise: number): number {
  const value = fields[name] ?? otherwise;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return value;
  throw badField(name, `${name} must be a whole number from ${min} to ${max}.`);
}

export function flagField(fields: Fields, name: string, otherwise: boolean): boolean {
  const value = fields[name] ?? otherwise;
  if (typeof value === "boolean") return value;
  throw badField(name, `${name} must be true or false.`);
}

/** A text that may be absent. */
export function textField(fields: Fields, name: string): string | undefined {
  const value = fields[name] ?? undefined;
  if (value === undefined || typeof value === "string") return value;
  throw badField(name, `${name} must be a text.`);
}

/** Int32Array of token ids of a vocabulary of `size`. */
export function tokenIds(value: readonly unknown[], name: string, size: number): Int32Array {
  const tokens = new Int32Array(value.length);
  for (let i = 0; i < value.length; i += 1) {
    const id = value[i];
    if (typeof id !== "number" || !Number.isInteger(id) || id < 0 || id >= size) {
      throw badField(name, `${name} holds what is no token id: they are whole numbers from 0 to ${size - 1}.`);
    }
    tokens[i] = id;
  }
  return tokens;
}
