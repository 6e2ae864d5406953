import type { FileHandle } from "node:fs/promises";
import { badFile, type FileRole } from "./problem.js";

const WINDOW_BYTES = 1 << 20;

/** No known header comes near it (the largest vocabularies take 20 MB); a file that claims more is hostile or broken. */
const MAX_HEADER_BYTES = 128 << 20;

/** Reads a header front to back through one window of 1 MiB; whatever a length claims, no more is held than the file has. */
export class ByteReader {
  readonly #handle: FileHandle;
  readonly #limit: number;
  readonly #window: Buffer;
  #windowStart = 0;
  #cursor = 0;
  #filled = 0;

  constructor(
    handle: FileHandle,
    readonly path: string,
    readonly role: FileRole,
    readonly fileSize: number,
  ) {
    this.#handle = handle;
    this.#limit = Math.min(fileSize, MAX_HEADER_BYTES);
    this.#window = Buffer.allocUnsafe(Math.min(WINDOW_BYTES, this.#limit));
  }

  /** Bytes from the start of the file. */
  get position(): number {
    return this.#windowStart + this.#cursor;
  }

  problem(what: string, advice?: string): Error {
    return badFile(this.role, this.path, what, advice);
  }

  /** Throws unless `count` items of at least `bytesEach` still fit into what is left of the file. */
  claim(count: number | bigint, bytesEach: number, what: string): number {
    const left = this.#limit - this.position;
    if (count >= 0 && count <= Math.floor(left / bytesEach)) return Number(count);
    if (this.#limit < this.fileSize) {
      throw this.problem(`has a header of more than ${MAX_HEADER_BYTES >> 20} MiB at ${what}, which no real model has`);
    }
    throw this.problem(`ends inside its header, at ${what}: it is cut off or damaged`);
  }

  /** True while the next `count` bytes (at most a window) can be taken without waiting. */
  has(count: number): boolean {
    return this.#filled - this.#cursor >= count;
  }

  /** Makes the next `count` bytes (at most a window) available to the take functions. */
  async fill(count: number, what: string): Promise<void> {
    this.claim(count, 1, what);
    this.#window.copyWithin(0, this.#cursor, this.#filled);
    this.#windowStart += this.#cursor;
    this.#filled -= this.#cursor;
    this.#cursor = 0;
    while (this.#filled < count) {
      const room = Math.min(this.#window.length, this.#limit - this.#windowStart) - this.#filled;
      this.#filled += await this.#readAt(this.#window, this.#filled, room, this.#windowStart + this.#filled);
    }
  }

  takeUint32(): number {
    const value = this.#window.readUInt32LE(this.#cursor);
    this.#cursor += 4;
    return value;
  }

  takeUint64(): bigint {
    const value = this.#window.readBigUInt64LE(this.#cursor);
    this.#cursor += 8;
    return value;
  }

  /** A view into the window: good until the next `fill`. */
  take(count: number): Buffer {
    const view = this.#window.subarray(this.#cursor, this.#cursor + count);
    this.#cursor += count;
    return view;
  }

  /** Copies the next `count` bytes to `target`, of any number that `claim` let pass. */
  async copyTo(target: Uint8Array, targetStart: number, count: number): Promise<void> {
    const atHand = Math.min(count, this.#filled - this.#cursor);
    target.set(this.take(atHand), targetStart);
    let done = atHand;
    while (done < count) {
      const read = await this.#readAt(target, targetStart + done, count - done, this.position);
      this.#windowStart += read;
      done += read;
    }
  }

  async #readAt(target: Uint8Array, start: number, count: number, position: number): Promise<number> {
    const { bytesRead } = await this.#handle.read(target, start, count, position);
    if (bytesRead === 0) throw this.problem("became shorter while it was read");
    return bytesRead;
  }
}
