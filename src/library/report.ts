import { definedOnly } from "../defined.js";
import type { ReportData } from "../report/data.js";
import { readReport } from "../report/read.js";
import { type RankOptions, rankSettings } from "./rank-options.js";

/**
 * Everything that a report shows of a run, finished or not, for renderHtml, renderMarkdown, renderCsv and renderJsonLines. The
 * statistics of the options come first, the main one before all, then every other.
 *
 * Throws BAD_ARGUMENT for wrong options, FILE_UNREADABLE, BAD_RUN for a directory that holds no completions, CANCELLED.
 */
export async function report(run: string, options: RankOptions = {}): Promise<ReportData> {
  const { signal, onEvent } = options;
  const data = await readReport(run, await rankSettings(run, options), definedOnly({ signal }));
  for (const problem of data.problems) onEvent?.({ type: "problem", run, problem });
  return data;
}
