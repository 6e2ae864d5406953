import { Command } from "commander";
import { TelltaleError } from "../errors.js";
import { runPaths } from "../journal/files.js";
import { readJson } from "../journal/json-file.js";
import { readNoise } from "../journal/noise.js";
import { exists } from "../journal/open-file.js";
import { completionFigures } from "../rank/completion-figures.js";
import { findIdsWith } from "../rank/find-ids.js";
import { tokenLogRatios } from "../rank/log-ratios.js";
import { withWorkers } from "../rank/pool.js";
import type { RankProblem } from "../rank/problems.js";
import { rankRunWith } from "../rank/run.js";
import type { Ranking, Rankings } from "../rank/schema.js";
import type { RankTasks } from "../rank/tasks.js";
import type { TokenDetail } from "../rank/token-detail.js";
import { readTokenDetailsWith } from "../rank/token-details.js";
import { distinctRankings } from "../report/main-ranking.js";
import { quoted } from "../safe-text.js";
import { chooseRanking } from "./choose-ranking.js";
import { examples } from "./help-format.js";
import { note, noteUnfinished } from "./notes.js";
import { startingSettings } from "./run-settings.js";
import { type CompletionPage, type CompletionPlace, renderCompletion } from "./terminal/completion-page.js";
import { jsonLine } from "./terminal/escape.js";
import { renderRun } from "./terminal/run-page.js";
import { colourDepth, columnsOf, hasLightBackground } from "./terminal/stream.js";
import type { ListStyle } from "./terminal/top-list.js";

const EXAMPLES = `Examples:
  telltale show runs/organism
  telltale show runs/organism builtin/chat/12
  telltale show runs/organism raw/7 raw/8 --json
`;

/** Completions on the page of a run. */
const FIRST = 3;

/** `telltale show`: a run on a page, or completions token by token. */
export function showCommand(): Command {
  return new Command("show")
    .summary("show a run on a page, or completions token by token")
    .description(
      "Without an id shows what was audited, how, and what came of it. With ids shows those completions in full: the text shaded by how much likelier the finetuned model finds each token than the reference, every statistic, and a table of the tokens. No model is needed.",
    )
    .argument("<run>", "directory of a run")
    .argument("[id...]", 'ids of completions, or the end of one, e.g. "raw/12"')
    .addHelpText("before", examples(EXAMPLES))
    .optionsGroup("Output:")
    .option("--json", "write what is shown to stdout as JSON")
    .action(show);
}

async function show(directory: string, ids: readonly string[], { json = false }: { json?: boolean }): Promise<void> {
  const settings = await startingSettings(directory, undefined);
  const style = {
    columns: columnsOf(process.stdout),
    depth: colourDepth(process.stdout),
    light: hasLightBackground(),
  };
  const shown = await withWorkers({}, async (tasks) => {
    const onProblem = ({ sentence }: RankProblem): void => note(sentence);
    const rankings = await rankRunWith(tasks, directory, settings, { onProblem });
    if (ids.length === 0) return runText(tasks, directory, rankings, json, style);
    const pages = await completionPages(tasks, directory, ids, rankings);
    if (json) return jsonLine({ run: rankings.run, completions: pages.map(completionJson) });
    return pages.map((page) => renderCompletion(page, style)).join("\n");
  });
  process.stdout.write(shown);
}

async function runText(
  tasks: RankTasks,
  directory: string,
  rankings: Rankings,
  json: boolean,
  style: ListStyle,
): Promise<string> {
  const paths = runPaths(directory);
  const [manifest, performance, noise, finished] = await Promise.all([
    jsonOrNull(paths.run),
    jsonOrNull(paths.performance),
    // A damaged file has been told of when the run was ranked.
    readNoise(paths.noise).catch(() => null),
    exists(paths.summary),
  ]);
  if (json) return jsonLine({ run: rankings.run, finished, manifest, performance, noise, rankings });
  await noteUnfinished(directory, rankings);
  const main = chooseRanking(rankings.rankings);
  const entries = main.top.slice(0, FIRST);
  const details = await readTokenDetailsWith(tasks, directory, new Set(entries.map(({ id }) => id)));
  const distinct = distinctRankings(rankings.rankings);
  const listed = `${main.configuration} by ${main.statistic}`;
  const page = { rankings, manifest, performance, noise, finished, distinct, list: { entries, details }, listed };
  return renderRun(page, style);
}

/** What is known of these completions; BAD_RUN where one's line is damaged. */
async function completionPages(
  tasks: RankTasks,
  directory: string,
  asked: readonly string[],
  { rankings, settings }: Rankings,
): Promise<CompletionPage[]> {
  const ids = [...new Set(await findIdsWith(tasks, directory, asked))];
  const details = await readTokenDetailsWith(tasks, directory, new Set(ids));
  return ids.map((id) => {
    const detail = details.get(id);
    if (detail === undefined) {
      throw new TelltaleError("BAD_RUN", `The line of the completion ${quoted(id)} is damaged, so it cannot be shown.`);
    }
    const figures = completionFigures(detail, settings.countEndOfGeneration);
    return { detail, figures, places: rankings.flatMap((ranking) => placeIn(ranking, id)) };
  });
}

function placeIn({ configuration, statistic, count, top }: Ranking, id: string): CompletionPlace[] {
  const entry = top.find((other) => other.id === id);
  if (entry === undefined) return [];
  const { rank, ranks, p, q, standsFor } = entry;
  return [{ configuration, statistic, rank, ...(ranks && { ranks }), of: count, p, q, standsFor }];
}

function completionJson({ detail, figures, places }: CompletionPage): object {
  const { id, stop, captured, prefill, prefillText, completionText } = detail;
  return {
    id,
    prefill: { tokens: prefill, text: prefillText },
    completion: completionText,
    stop,
    captured,
    figures,
    places,
    tokens: tokensJson(detail),
  };
}

function tokensJson(detail: TokenDetail): object[] {
  const ratios = tokenLogRatios(detail);
  return detail.completion.map((token, i) => ({
    token,
    text: detail.texts?.[i] ?? null,
    finetuned: detail.finetuned?.[i] ?? null,
    reference: detail.reference?.[i] ?? null,
    logRatio: ratios?.[i] ?? null,
  }));
}

async function jsonOrNull(path: string): Promise<unknown> {
  try {
    return await readJson(path);
  } catch (error) {
    if (error instanceof TelltaleError && error.code === "BAD_RUN") note(error.message);
    return null;
  }
}
