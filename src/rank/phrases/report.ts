/** What the top completions say far more than the rest. */
export interface PhraseReport {
  /** The ranking whose top was looked at. */
  configuration: string;
  /** What its completions are sorted by. */
  statistic: string;
  /** Completions in the top. */
  top: number;
  /** Completions they were compared with. */
  rest: number;
  /** The one that accounts for most of the top first. */
  themes: Theme[];
}

/** Phrases that come together in the same completions. */
export interface Theme {
  /** The one that accounts for most of the top, then the most distinctive first; none is only a part of another one that is in as many completions. */
  phrases: Phrase[];
  /** Completions of the top with any of them. */
  completions: number;
  /** Completions of the rest with any of them. */
  inRest: number;
  /** Ids of some of those in the top, by rank. */
  examples: string[];
}

/** Words that the top says. */
export interface Phrase {
  /** One word or several as they are written most often. */
  text: string;
  /** Weighted log-odds ratio with an informative Dirichlet prior, in standard deviations (Monroe et al. 2008). */
  z: number;
  /** Completions of the top with it. */
  inTop: number;
  /** Completions of the rest with it. */
  inRest: number;
}
