import { readFileSync } from "node:fs";
import path from "node:path";
import type { Job } from "../job.js";
import { ROOT } from "../peer-tools.js";
import type { Contender } from "../rounds.js";
import { libraryTurn } from "./library-turn.js";
import type { TelltaleOptions } from "./telltale-turn.js";

const manifest = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as { version: string };
export const TELLTALE_VERSION = manifest.version;

/** Telltale's engine; under another name where one contest has it do several jobs. */
export function telltale(job: Job, options: TelltaleOptions = {}, name = "telltale"): Contender {
  return {
    name,
    version: TELLTALE_VERSION,
    settings: settingsOf(job, options),
    run: () => libraryTurn("telltale", options, job, name),
  };
}

function settingsOf(job: Job, { host = false }: TelltaleOptions): Contender["settings"] {
  const { sequences, contextSequence, batch, threads } = job;
  return { sequences, contextSequence, batch, threads, process: host ? "engine in a child process" : "one process" };
}
