import type { JobWork } from "../engine/engine.js";
import type { JobChoice } from "./choose-job.js";
import type { Generated, Scored, Work } from "./work.js";

/** What one model has done since the server was opened. */
export interface ModelMetrics {
  done(work: Work, result: Scored | Generated[]): void;
  started(job: JobChoice): void;
  worked(work: JobWork): void;
  engineEnded(): void;
  read(): Record<ModelCounter, number>;
}

export type ModelCounter =
  | "scored"
  | "generated"
  | "jobs"
  | "jobItems"
  | "prefixHits"
  | "prefixTokens"
  | "seconds"
  | "engineEnds";

export function createModelMetrics(): ModelMetrics {
  const counts: Record<ModelCounter, number> = {
    scored: 0,
    generated: 0,
    jobs: 0,
    jobItems: 0,
    prefixHits: 0,
    prefixTokens: 0,
    seconds: 0,
    engineEnds: 0,
  };
  return {
    done(_work, result) {
      if (Array.isArray(result)) for (const { tokens } of result) counts.generated += tokens.length;
      else counts.scored += result.logprobs.length;
    },
    started({ works, head }) {
      counts.jobs += 1;
      counts.jobItems += works.length;
      if (head > 0) {
        counts.prefixHits += works.length;
        counts.prefixTokens += works.length * head;
      }
    },
    worked({ decodeSeconds, logSoftmaxSeconds, samplingSeconds, copySeconds }) {
      counts.seconds += decodeSeconds + logSoftmaxSeconds + samplingSeconds + copySeconds;
    },
    engineEnded() {
      counts.engineEnds += 1;
    },
    read: () => ({ ...counts }),
  };
}

/** Answers by path and status. */
export interface RequestMetrics {
  answered(path: string, status: number): void;
  read(): { path: string; status: number; count: number }[];
}

export function createRequestMetrics(): RequestMetrics {
  const counts = new Map<string, { path: string; status: number; count: number }>();
  return {
    answered(path, status) {
      const key = `${path} ${status}`;
      const entry = counts.get(key) ?? { path, status, count: 0 };
      entry.count += 1;
      counts.set(key, entry);
    },
    read: () => [...counts.values()],
  };
}

const MODEL_LINES: readonly [ModelCounter, name: string, help: string][] = [
  ["scored", "telltale_scored_tokens_total", "Tokens whose log-probability was computed."],
  ["generated", "telltale_generated_tokens_total", "Tokens generated."],
  ["jobs", "telltale_engine_jobs_total", "Jobs that the engine was given."],
  ["jobItems", "telltale_engine_items_total", "Prompts that those jobs held."],
  ["prefixHits", "telltale_prefix_hits_total", "Prompts whose beginning was decoded once for several."],
  ["prefixTokens", "telltale_prefix_tokens_total", "Tokens of those beginnings, which were not decoded again."],
  ["seconds", "telltale_engine_seconds_total", "Seconds that the engine has worked."],
  ["engineEnds", "telltale_engine_ends_total", "Times that the engine's process ended by itself."],
];

/** Everything in the text form that Prometheus reads. */
export function metricsText(
  requests: RequestMetrics,
  models: readonly { id: string; waiting: number; counts: Record<ModelCounter, number> }[],
): string {
  const lines = header("telltale_requests_total", "counter", "Requests answered.");
  for (const { path, status, count } of requests.read()) {
    lines.push(`telltale_requests_total{path="${label(path)}",status="${status}"} ${count}`);
  }
  lines.push(...header("telltale_queue_items", "gauge", "Prompts that wait for the engine."));
  for (const { id, waiting } of models) lines.push(`telltale_queue_items{model="${label(id)}"} ${waiting}`);
  for (const [counter, name, help] of MODEL_LINES) {
    lines.push(...header(name, "counter", help));
    for (const { id, counts } of models) lines.push(`${name}{model="${label(id)}"} ${counts[counter]}`);
  }
  return `${lines.join("\n")}\n`;
}

function header(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function label(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === "\n" ? "\\n" : `\\${character}`));
}
