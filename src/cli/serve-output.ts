import { TelltaleError } from "../errors.js";
import type { ServerEvent } from "../serve/events.js";
import type { Server } from "../serve/server.js";
import { escapeForTerminal, jsonLine } from "./terminal/escape.js";

/** Says on stdout that the server is ready: a line a model and the address, or one line of JSON. */
export function announceServer({ url, host, port, models }: Server, json: boolean): void {
  if (json) {
    process.stdout.write(jsonLine({ url, host, port, models: models.map(({ id, facts }) => ({ id, facts })) }));
    return;
  }
  for (const { id, facts } of models) {
    const { model, context } = facts;
    const where = `${context.device}, ${context.threads} ${context.threads === 1 ? "thread" : "threads"}`;
    const layout = `${context.nSequences} sequences of ${context.nCtxSequence} tokens, batch ${context.nBatch}`;
    process.stdout.write(`${escapeForTerminal(`${id}: ${model.description}, ${where}, ${layout}`)}\n`);
  }
  process.stdout.write(`Listening on ${escapeForTerminal(url)}\n`);
}

/** Logs what goes wrong to stderr; with `verbose` every request, too. */
export function logServerEvent(verbose: boolean): (event: ServerEvent) => void {
  return (event) => {
    const line = lineOf(event, verbose);
    if (line !== null) process.stderr.write(`${new Date().toISOString()} ${escapeForTerminal(line)}\n`);
  };
}

function lineOf(event: ServerEvent, verbose: boolean): string | null {
  switch (event.type) {
    case "opened":
      return event.again ? `${event.model}: opened again` : null;
    case "failed": {
      const { error } = event;
      const code = error instanceof TelltaleError ? `${error.code}: ` : "";
      return `${event.model}: ${code}${error instanceof Error ? error.message : String(error)}`;
    }
    case "answered": {
      if (!verbose) return null;
      const tokens = event.tokens === 0 ? "" : `, ${event.tokens} tokens`;
      return `${event.method} ${event.path} ${event.status} ${event.seconds.toFixed(3)} s${tokens}`;
    }
  }
}
