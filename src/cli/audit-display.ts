import type { AuditEvent } from "../audit/events.js";
import type { EngineFacts, LocalFacts, RemoteFacts } from "../engine/engine.js";
import { quoted } from "../safe-text.js";
import { downloadStep } from "./model-files.js";
import { formatCompact } from "./terminal/numbers.js";
import type { Progress } from "./terminal/progress.js";

/** Shows an event of an audit: its phases as progress, everything else a person should know as a line above it. */
export function showEvent(progress: Progress, event: AuditEvent): void {
  if (event.type === "phase") progress.phase(event.phase, event.completions);
  else if (event.type === "step") progress.step(`${event.step} ${event.configuration}`);
  else if (event.type === "progress") {
    progress.update({ done: Math.floor(event.completionsDone), tokens: event.tokensDone });
  } else if (event.type === "download") {
    // What follows a download, cutting documents into tokens, has no events of its own.
    progress.step(event.bytesDone === event.bytesTotal ? `reading ${event.file}` : downloadStep(event));
  } else if (event.type === "note") progress.note(event.message);
  else if (event.type === "engine") progress.note(`${event.role}: ${engineLine(event.facts)}`);
}

/** What a model really runs on, in one line. */
export function engineLine(facts: EngineFacts): string {
  return facts.kind === "local" ? localLine(facts) : remoteLine(facts);
}

function remoteLine({ model, tokenizer, endpoints, concurrency, itemsRequest }: RemoteFacts): string {
  const servers = endpoints.map(({ url, server, prompts, scoring, generation, added }) => {
    const ways = [scoring && `scores by ${scoring}`, generation && `tells generated tokens by ${generation}`];
    const beginning = added > 0 ? `, ${plural(added, "token")} put before every text` : "";
    return `${url} (${[server, `takes ${prompts}`, ...ways.filter(Boolean)].join(", ")}${beginning})`;
  });
  const most = model.trainedContext === null ? "" : `, ${model.trainedContext} tokens at most`;
  const tokens = tokenizer === null ? "tokens known to the servers only" : `${tokenizer.vocabularySize} tokens`;
  const asked = `${concurrency} requests of ${plural(itemsRequest, "text")} at a time`;
  return `${quoted(model.name)} (${tokens}${most}) behind ${servers.join(", ")}; ${asked}`;
}

function localLine({ model, context }: LocalFacts): string {
  const kind = `${model.architecture}, ${formatCompact(model.parameters)} parameters, ${model.fileType}`;
  const where = context.gpuLayers > 0 ? `${context.device}, ${context.gpuLayers} layers there` : context.device;
  const facts = [
    plural(context.threads, "thread"),
    `${plural(context.nSequences, "sequence")} of ${context.nCtxSequence} tokens`,
    `batch ${context.nBatch}`,
    `KV ${context.kvTypeK}`,
    context.flashAttention ? "flash attention" : "no flash attention",
    `log-softmax ${logSoftmaxPlace(context)}`,
    ...context.adapters.map(({ path, scale }) => `adapter ${path} x ${scale}`),
  ];
  return `${model.path} (${kind}) on ${where}; ${facts.join(", ")}`;
}

function logSoftmaxPlace({ reduction, reductionNotice, kernel }: LocalFacts["context"]): string {
  if (reduction === "device") return "on the device";
  return reductionNotice ? `${kernel} on the host (${reductionNotice.replace(/\.$/, "")})` : kernel;
}

function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
