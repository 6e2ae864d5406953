import { jsonText } from "../json-text.js";
import type { ReportData } from "./data.js";
import { entryRecords } from "./entry-records.js";

/** A float32 is told from every other one by so many digits. */
const DIGITS = 9;

/**
 * Every entry of every list as JSON, one a line: an entry as in schemas/rankings.schema.json, the list, configuration and statistic
 * it stands in, and token by token the completion's texts and log-probabilities (nats), null where they are not known; where the reference has
 * another tokenizer the means over `segments` of so many tokens.
 */
export function* renderJsonLines(data: ReportData): Generator<string> {
  for (const { detail, ...entry } of entryRecords(data)) {
    const byToken = {
      texts: detail?.texts ?? null,
      ...(detail?.aligned && { segments: detail.aligned.segments }),
      finetuned: detail?.finetuned?.map(shortest) ?? null,
      reference: detail?.reference?.map(shortest) ?? null,
    };
    yield `${jsonText({ ...entry, byToken })}\n`;
  }
}

function shortest(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(DIGITS));
}
