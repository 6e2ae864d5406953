/** Bytes of a file's start that `describeStart` needs at most. */
export const START_BYTES = 512;

const MAGICS: readonly (readonly [string, string, string])[] = [
  ["lmgg", "is an old GGML model", "Convert the original model to GGUF: this format ended in 2023."],
  ["fmgg", "is an old GGMF model", "Convert the original model to GGUF: this format ended in 2023."],
  ["tjgg", "is an old GGJT model", "Convert the original model to GGUF: this format ended in 2023."],
  ["algg", "is an old GGLA adapter", "Convert the original adapter with llama.cpp's convert_lora_to_gguf.py."],
  [
    "PK\x03\x04",
    "is a zip archive, such as a PyTorch checkpoint",
    "Convert it with llama.cpp's convert_hf_to_gguf.py.",
  ],
  ["\x80\x02", "is a Python pickle, such as an old PyTorch checkpoint", "Convert the model to GGUF."],
  ["\x89HDF", "is an HDF5 file", "Convert the model to GGUF."],
  ["\x1f\x8b", "is compressed with gzip", "Unpack it first."],
  ["\x28\xb5\x2f\xfd", "is compressed with zstd", "Unpack it first."],
  ["FUGG", "is a GGUF file for big-endian machines", "Take the little-endian file, or convert the model again."],
];

/** What a file that is no GGUF looks like by its first bytes, and what to do: [clause, advice]. */
export function describeStart(start: Buffer): [what: string, advice: string] {
  const latin = start.toString("latin1");
  for (const [magic, what, advice] of MAGICS) if (latin.startsWith(magic)) return [what, advice];
  if (isSafetensors(start)) {
    return ["is a safetensors file", "Convert the model with llama.cpp's convert_hf_to_gguf.py."];
  }
  const text = latin.trimStart().toLowerCase();
  if (text.startsWith("version https://git-lfs.github.com/spec/")) {
    return [
      "is a Git LFS pointer, not the model itself",
      "Run `git lfs pull` where you cloned it, or download the file.",
    ];
  }
  if (text.startsWith("<!doctype html") || text.startsWith("<html") || text.startsWith("<?xml")) {
    return ["is a web page: the download failed", "Download the file itself; a login or licence may be needed."];
  }
  if (text.startsWith("{")) return ["is a JSON file", "Give the .gguf file of the model."];
  if (start.every((byte) => byte === 0)) {
    return ["begins with zeros only: a download that never arrived", "Download the file again."];
  }
  return ["is not a GGUF file", "Give a model in GGUF format (its first four bytes are GGUF)."];
}

/** Safetensors: eight bytes of a length, then that many bytes of JSON. */
function isSafetensors(start: Buffer): boolean {
  return start.length > 9 && start.readBigUInt64LE(0) < 1n << 32n && start[8] === 0x7b;
}
