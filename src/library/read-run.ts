import { runPaths } from "../journal/files.js";
import { readJson } from "../journal/json-file.js";
import { type RunNoise, readNoise as readNoiseFile } from "../journal/noise.js";
import { type RunVocabulary, readVocabulary as readVocabularyFile } from "../journal/vocabulary.js";

/**
 * What a run records of how it was made, run.json as it is: what was asked, the files' hashes, what the engines really used, versions.
 *
 * Throws FILE_UNREADABLE where there is none, BAD_RUN where it is not JSON.
 */
export function readManifest(run: string): Promise<unknown> {
  return readJson(runPaths(run).run);
}

/** How far a run's figures depend on what they are computed beside; null where it was not measured. Throws BAD_RUN if damaged. */
export function readNoise(run: string): Promise<RunNoise | null> {
  return readNoiseFile(runPaths(run).noise);
}

/** The bytes of every token of a run, for decode and decodeText; null in a run without them. Throws BAD_RUN if damaged. */
export function readVocabulary(run: string): Promise<RunVocabulary | null> {
  return readVocabularyFile(runPaths(run).vocabulary);
}
