/** A byte-level BPE vocabulary of any size: all bytes, then pairs and triples of them, each made by one merge. */
export interface BenchVocabulary {
  tokens: string[];
  /** llama.cpp's token types: 1 normal, 3 control. */
  types: number[];
  merges: string[];
}

/** The last tokens of the vocabulary; their embeddings are zeros, so that no completion ends early. */
export const CONTROL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

export const CHAT_TEMPLATE =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

export function makeVocabulary(size: number): BenchVocabulary {
  const characters = byteCharacters();
  const tokens = [...characters];
  const merges: string[] = [];
  const normal = size - CONTROL_TOKENS.length;
  // Every token before it, followed by every byte, in order: pairs come first, triples after them; all differ.
  for (let left = 0; tokens.length < normal; left += 1) {
    for (const right of characters) {
      if (tokens.length === normal) break;
      tokens.push(`${tokens[left]}${right}`);
      merges.push(`${tokens[left]} ${right}`);
    }
  }
  const types = [...tokens.map(() => 1), ...CONTROL_TOKENS.map(() => 3)];
  return { tokens: [...tokens, ...CONTROL_TOKENS], types, merges };
}

/** GPT-2's printable stand-in for each of the 256 bytes, small letters first so that text makes use of the merges. */
function byteCharacters(): string[] {
  let next = 0x100;
  const characters = Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCodePoint(printable ? byte : next++);
  });
  const isLetter = (character: string): boolean => character >= "a" && character <= "z";
  return [...characters.filter(isLetter), ...characters.filter((character) => !isLetter(character))];
}
