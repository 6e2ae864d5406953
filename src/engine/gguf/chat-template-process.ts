import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { TelltaleError } from "../../errors.js";
import type { RenderOutcome, RenderRequest } from "./chat-template-child.js";

const CHILD = fileURLToPath(new URL("./chat-template-child.js", import.meta.url));
const HEAP_MEGABYTES = 96;
/** How others end a process: people, shells, and the system when memory is short. V8 out of memory aborts instead. */
const FROM_OUTSIDE: readonly (NodeJS.Signals | null)[] = ["SIGKILL", "SIGTERM", "SIGHUP"];
/** For starting Node on a busy machine, on top of the time the template may take. */
const STARTING_MS = 10_000;

export type BoundedOutcome = RenderOutcome | { kind: "died" };

/**
 * Renders in a child process. A worker thread will not do: V8 ends the whole process, not the thread, when one large
 * allocation goes past a thread's limit, and `range(1000000000)` in a template is enough for that.
 */
export function boundedRender(request: RenderRequest): Promise<BoundedOutcome> {
  return new Promise((resolve, reject) => {
    const child = fork(CHILD, [], {
      execArgv: [`--max-old-space-size=${HEAP_MEGABYTES}`],
      // What V8 prints when it runs out of memory is of no use to anybody here.
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      env: childEnvironment(),
    });
    let outcome: BoundedOutcome = { kind: "died" };
    const timer = setTimeout(() => {
      outcome = { kind: "timeout" };
      child.kill("SIGKILL");
    }, request.timeLimitMs + STARTING_MS);
    child.once("message", (message) => {
      outcome = message as RenderOutcome;
      child.kill("SIGKILL");
    });
    child.once("error", (error) => {
      clearTimeout(timer);
      const sentence = "No process could be started for the chat template. Check the limits on processes and memory.";
      reject(new TelltaleError("ENGINE_FAILED", sentence, { phase: "chat template", cause: error }));
    });
    child.once("exit", (_status, signal) => {
      clearTimeout(timer);
      if (outcome.kind !== "died" || !FROM_OUTSIDE.includes(signal)) resolve(outcome);
      else reject(endedFromOutside(signal));
    });
    child.send(request, () => undefined);
  });
}

/** Says nothing of the template: going on without the chat format would be another audit. */
function endedFromOutside(signal: NodeJS.Signals | null): TelltaleError {
  const sentence = `The process that renders the chat template was ended from outside (${signal}). Try again; if the system did so for want of memory, give it more.`;
  return new TelltaleError("ENGINE_DIED", sentence, { phase: "chat template" });
}

/** No secrets for a process that runs a template; Windows cannot start one without its root. */
function childEnvironment(): NodeJS.ProcessEnv {
  const { SystemRoot } = process.env;
  return SystemRoot === undefined ? { ELECTRON_RUN_AS_NODE: "1" } : { ELECTRON_RUN_AS_NODE: "1", SystemRoot };
}
