import type { RunNoise } from "../journal/noise.js";
import type { RunFigures } from "../rank/figures.js";
import type { PhraseReport } from "../rank/phrases/report.js";
import type { RankProblem } from "../rank/problems.js";
import type { Ranking, Rankings } from "../rank/schema.js";
import type { TokenDetail } from "../rank/token-detail.js";

/** Everything a report shows of a run. */
export interface ReportData {
  /** Ranked by every statistic, filters as set. */
  rankings: Rankings;
  /** The same without any filter, so that a reader can see both lists; null where no filter is on. */
  unfiltered: Ranking[] | null;
  /** What its pictures are drawn from. */
  figures: RunFigures;
  /** What the top of the main ranking says. */
  phrases: PhraseReport;
  /** The null's own rankings, its models' roles changed: what a list without any finding looks like. */
  nullTop: Ranking[] | null;
  /** By id, every listed completion of the run token by token. */
  tokens: ReadonlyMap<string, TokenDetail>;
  /** The same of the null. */
  nullTokens: ReadonlyMap<string, TokenDetail>;
  /** Lines that had to be left out. */
  problems: RankProblem[];
  /** run.json as it is; null where there is none. */
  manifest: unknown;
  /** performance.json as it is; null likewise. */
  performance: unknown;
  /** What the run measured of its own noise; null where it did not. */
  noise: RunNoise | null;
  /** Without a summary a run is unfinished. */
  finished: boolean;
}
