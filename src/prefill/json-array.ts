import { TelltaleError } from "../errors.js";
import { quoted } from "../safe-text.js";
import { readBytes } from "./bytes.js";
import { type CorpusDocument, recordText } from "./document.js";
import { checkRecordSize, decodeRecord, parseRecord } from "./lines.js";

const [QUOTE, BACKSLASH, COMMA, NEWLINE] = [0x22, 0x5c, 0x2c, 0x0a];
const OPENERS = new Set([0x5b, 0x7b]);
const CLOSERS = new Set([0x5d, 0x7d]);
const BLANKS = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);

interface Element {
  number: number;
  /** The line on which it ends. */
  line: number;
  bytes: Buffer;
}

/** Documents of a file that holds one JSON array: its strings, or its objects' `column`. Read element by element. */
export async function* readJsonArray(path: string, label: string, column: string): AsyncGenerator<CorpusDocument> {
  for await (const element of readElements(path, label)) {
    const where = `${quoted(label)}, element ${element.number} (up to line ${element.line}),`;
    const record = parseRecord(decodeRecord(element.bytes, where), where);
    yield { text: recordText(record, column, where), source: `${label}:${element.number}` };
  }
}

/** Finds where the outermost array's elements begin and end; what is inside them is JSON.parse's to judge. */
async function* readElements(path: string, label: string): AsyncGenerator<Element> {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let ended = false;
  let line = 1;
  let number = 0;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const broken = (what: string) => new TelltaleError("BAD_CORPUS", `${quoted(label)}, line ${line}: ${what}.`);

  for await (const chunk of readBytes(path, label)) {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      if (byte === NEWLINE) line++;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
        continue;
      }
      if (depth === 0) {
        if (BLANKS.has(byte)) continue;
        if (ended) throw broken("something stands after the end of the array");
        if (byte !== 0x5b)
          throw broken("a .json corpus must be one array of texts or objects; JSON Lines end in .jsonl");
        depth = 1;
        start = at + 1;
        continue;
      }
      if (byte === QUOTE) inString = true;
      else if (OPENERS.has(byte)) depth++;
      else if (depth === 1 && (byte === COMMA || byte === 0x5d)) {
        pending.push(chunk.subarray(start, at));
        const bytes = Buffer.concat(pending);
        pending = [];
        pendingBytes = 0;
        start = at + 1;
        ended = byte === 0x5d;
        depth = ended ? 0 : 1;
        if (!ended || number > 0 || !bytes.every((value) => BLANKS.has(value))) {
          number++;
          yield { number, line, bytes };
        }
      } else if (CLOSERS.has(byte)) depth = Math.max(1, depth - 1);
    }
    if (depth > 0) {
      pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
      checkRecordSize(pendingBytes, `${quoted(label)}, element ${number + 1},`);
    }
  }
  if (!ended) throw broken("the array does not end; the file is empty or cut off");
}
