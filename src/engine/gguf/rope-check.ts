import { quoted } from "../../safe-text.js";
import { textOf } from "./access.js";
import { badFile } from "./problem.js";
import type { GgufHeader } from "./types.js";

const SCALINGS = ["none", "linear", "yarn", "longrope"];
/** Architectures whose positions have several dimensions, the text of a picture among them: llama.cpp asserts on their sections. */
const IN_SECTIONS = ["qwen2vl", "paddleocr", "qwen3vl", "qwen3vlmoe", "qwen35", "qwen35moe", "qwen4exp"];
/** Sections of positions: time, height, width, and one that only some have. */
const DIMENSIONS = 3;
const MOST_IN_A_SECTION = 1 << 16;

/** Throws where positions cannot be turned into rotations: llama.cpp stops the process, or divides by zero. */
export function checkRope(header: GgufHeader, architecture: string): void {
  const scaling = textOf(header, `${architecture}.rope.scaling.type`) ?? "linear";
  if (!SCALINGS.includes(scaling)) {
    throw badFile("model", header.path, `asks for the unknown rope scaling ${quoted(scaling)}`);
  }
  const key = `${architecture}.rope.dimension_sections`;
  const sections = sectionsOf(header, key);
  if (sections === undefined && !IN_SECTIONS.includes(architecture)) return;
  const given = sections ?? [];
  if (given.some((size) => !(size >= 0 && size <= MOST_IN_A_SECTION))) {
    throw badFile("model", header.path, `has a size out of range at ${quoted(key)}`);
  }
  if (IN_SECTIONS.includes(architecture) && !given.slice(0, DIMENSIONS).some((size) => size > 0)) {
    throw badFile("model", header.path, `divides its positions into no sections (${quoted(key)})`);
  }
}

function sectionsOf(header: GgufHeader, key: string): number[] | undefined {
  const value = header.metadata.get(key);
  if (value?.type === "uint32" || value?.type === "int32") return [value.value];
  if (value?.type !== "array" || (value.of !== "uint32" && value.of !== "int32")) return undefined;
  return Array.from(value.values.subarray(0, DIMENSIONS + 1));
}
