// What native/ uses of llama.cpp's headers, read from their text: functions with their signatures, structs with their fields, constants.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** Enumerations that are compared whole: src/ knows their numbers, too (tensor types of GGUF files, attribute bits of tokens). */
const WHOLE = ["ggml_type", "llama_token_attr", "llama_vocab_type"];

const HEADERS = ["llama.h", "ggml.h", "ggml-backend.h", "ggml-alloc.h", "ggml-cpu.h", "ggml-opt.h", "gguf.h"];

const withoutComments = (text) => text.replace(/\/\*[\s\S]*?\*\//g, " ").replace(/\/\/[^\n]*/g, " ");

/** Text of the C headers in these folders, without comments. */
function textOf(folders) {
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => HEADERS.includes(name))
      .map((name) => path.join(folder, name)),
  );
  const text = files.map((file) => readFileSync(file, "utf8")).join("\n");
  return withoutComments(text);
}

const squeezed = (text) => text.replace(/\s+/g, " ").trim();

/** The declaration of a function, in one line; undefined where the headers have none. */
function signatureOf(name, text) {
  const at = new RegExp(`\\b${name}\\s*\\(`).exec(text)?.index;
  if (at === undefined) return undefined;
  const from = Math.max(...[";", "{", "}"].map((end) => text.lastIndexOf(end, at))) + 1;
  return squeezed(text.slice(from, text.indexOf(";", at)));
}

/** What stands between the braces behind an index. */
function bodyFrom(text, open) {
  let depth = 1;
  let at = open;
  while (depth > 0 && at < text.length) {
    if (text[at] === "{") depth += 1;
    if (text[at] === "}") depth -= 1;
    at += 1;
  }
  return text.slice(open, at - 1);
}

/** Names of the members of a struct, in order; those within a union of its own are passed over, the union is not. */
function fieldsOf(body) {
  const flat = body.replace(/\{[\s\S]*\}/g, "");
  return flat.split(";").flatMap((declaration) => {
    const text = squeezed(declaration);
    if (text === "" || /^(?:enum|struct)\s+\w+$/.test(text)) return [];
    const pointer = /\(\s*\*\s*(\w+)\s*\)/.exec(text);
    if (pointer !== null) return [pointer[1]];
    return text.split(",").map((part) => /(\w+)\s*(?:\[[^\]]*\]\s*)*$/.exec(part.trim())?.[1] ?? part);
  });
}

/** Every struct and enumeration with a body. */
function bodies(text) {
  const structs = {};
  const enums = {};
  for (const match of text.matchAll(/\b(struct|enum)\s+(\w+)\s*\{/g)) {
    const body = bodyFrom(text, match.index + match[0].length);
    if (match[1] === "struct") structs[match[2]] = fieldsOf(body);
    else enums[match[2]] = body.split(",").flatMap((entry) => /^\s*(\w+)/.exec(entry)?.[1] ?? []);
  }
  return { structs, enums };
}

/** The names with which native/ speaks to llama.cpp. */
export function namesUsed(root) {
  const folder = path.join(root, "native");
  const files = readdirSync(folder).filter((name) => /\.[ch]pp$/.test(name));
  const text = withoutComments(files.map((name) => readFileSync(path.join(folder, name), "utf8")).join("\n"));
  const table = readFileSync(path.join(folder, "llama_library.hpp"), "utf8");
  const all = (pattern) => [...new Set(Array.from(text.matchAll(pattern), ([name]) => name))].sort();
  return {
    functions: Array.from(table.matchAll(/^ {4}X\((\w+)\)/gm), ([, name]) => name),
    types: all(/\b(?:llama|ggml)_[a-z0-9_]+\b/g),
    constants: all(/\b(?:LLAMA|GGML)_[A-Z0-9_]+\b/g),
  };
}

/**
 * Of the headers in these folders what is used: `functions` (signature, or null where there is none), `structs` (members in order; those
 * whose layout the headers show) and `constants` (names that have a value).
 */
export function readApi(folders, used) {
  const text = textOf(folders);
  const { structs, enums } = bodies(text);
  const defined = Array.from(text.matchAll(/^\s*#\s*define\s+(\w+)\s+\(?-?(?:0x)?\d+u?\)?\s*$/gm), ([, name]) => name);
  const valued = new Set([...Object.values(enums).flat(), ...defined]);
  const whole = WHOLE.flatMap((name) => enums[name] ?? []);
  const functions = Object.fromEntries(used.functions.map((name) => [name, signatureOf(name, text) ?? null]));
  // What functions take and give by value is as much part of the border as what is named.
  const named = new Set([...used.types, ...Object.values(functions).flatMap((line) => line?.match(/\w+/g) ?? [])]);
  return {
    functions,
    structs: Object.fromEntries(Object.entries(structs).filter(([name]) => named.has(name))),
    constants: [...new Set([...used.constants, ...whole])].filter((name) => valued.has(name)),
    missing: used.constants.filter((name) => !text.includes(name)),
  };
}
