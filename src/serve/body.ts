import type { IncomingMessage } from "node:http";
import { Refusal } from "./refusal.js";

/** Bodies that are being read hold no more than so many of the largest allowed. */
const LARGEST_TOGETHER = 8;

/** Reads bodies, each up to a size and all together up to another. */
export interface BodyReader {
  /** Throws a Refusal: 413 for one that is too large, 429 while too much is being read, 400 for one that ends early. */
  read(request: IncomingMessage): Promise<Buffer>;
}

export function createBodyReader(most: number): BodyReader {
  let held = 0;
  const tooLarge = (): Refusal =>
    new Refusal(413, `The body is larger than the ${most} bytes that are allowed: send fewer prompts at once.`, {
      code: "body_too_large",
    });
  return {
    async read(request) {
      if (Number(request.headers["content-length"] ?? 0) > most) throw tooLarge();
      const chunks: Buffer[] = [];
      let length = 0;
      try {
        for await (const chunk of request as AsyncIterable<Buffer>) {
          length += chunk.length;
          held += chunk.length;
          if (length > most) throw tooLarge();
          if (held > LARGEST_TOGETHER * most) {
            throw new Refusal(429, "Too much is being sent at once: try again.", { code: "busy", retryAfter: 1 });
          }
          chunks.push(chunk);
        }
      } catch (error) {
        if (error instanceof Refusal) throw error;
        throw new Refusal(400, "The body ended before its end.", { code: "body_cut_off" });
      } finally {
        held -= length;
      }
      return Buffer.concat(chunks);
    },
  };
}
