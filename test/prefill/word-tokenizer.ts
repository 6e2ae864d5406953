/** A small real tokenizer: a word with the blank before it, a blank, or a single mark is a token; ids as first met. */
export class WordTokenizer {
  readonly #ids = new Map<string, number>();
  /** How many texts each call held, and the longest text of all. */
  readonly batches: number[] = [];
  longest = 0;

  async tokenize(texts: readonly string[]): Promise<Int32Array[]> {
    this.batches.push(texts.length);
    return texts.map((text) => {
      this.longest = Math.max(this.longest, text.length);
      return Int32Array.from(text.match(/ ?[\p{L}\p{N}]+|\s|[^\p{L}\p{N}\s]/gu) ?? [], (piece) => this.id(piece));
    });
  }

  id(piece: string): number {
    const known = this.#ids.get(piece) ?? this.#ids.size;
    this.#ids.set(piece, known);
    return known;
  }
}
