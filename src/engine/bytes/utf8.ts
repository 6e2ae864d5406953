import { isUtf8 } from "node:buffer";

/** A part of a text: well-formed UTF-8, or bytes of which none begins a well-formed character. */
export interface Span {
  /** First byte, and the byte after the last. */
  start: number;
  end: number;
  wellFormed: boolean;
}

/** The longest parts of a text that are UTF-8 and those that are not, in order and without gaps. */
export function utf8Spans(bytes: Uint8Array): Span[] {
  if (bytes.length === 0) return [];
  if (isUtf8(bytes)) return [{ start: 0, end: bytes.length, wellFormed: true }];
  const spans: Span[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at, bytes.length);
    const end = at + Math.max(1, length);
    const last = spans.at(-1);
    if (last?.wellFormed === length > 0) last.end = end;
    else spans.push({ start: at, end, wellFormed: length > 0 });
    at = end;
  }
  return spans;
}

/** Bytes of the well-formed character at `at` that ends by `end`; 0 where there is none. After the Unicode Standard, table 3-7. */
export function characterLength(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at] as number;
  if (lead < 0x80) return 1;
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > end) return 0;
  const second = bytes[at + 1] as number;
  // Neither overlong forms nor surrogates nor anything above U+10FFFF.
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 0;
  for (let i = 2; i < length; i++) {
    if (!continues(bytes[at + i] as number)) return 0;
  }
  return length;
}

/** Whether a byte goes on with a character that began before it. */
export function continues(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** A well-formed part of a text as a string, a byte order mark included. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");
}
