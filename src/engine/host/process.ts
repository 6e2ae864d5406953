import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { definedOnly } from "../../defined.js";
import { TelltaleError } from "../../errors.js";
import type { JobProgress } from "../engine.js";
import { tellLlamaLog } from "../llama-log.js";
import { scrubbedEnvironment } from "../native/environment.js";
import type { FromChild, Request, ToChild } from "./protocol.js";

const CHILD = fileURLToPath(new URL("./child.js", import.meta.url));

/** The memory is for the model; JavaScript only hands results on. */
const LEAN = ["--expose-gc", "--optimize-for-size"];
const LOG_LINES = 60;

/** One call under way. */
interface Pending {
  phase: string;
  resolve(result: unknown): void;
  reject(error: unknown): void;
  onBatch?: ((batch: unknown[]) => void) | undefined;
  onProgress?: ((progress: JobProgress) => void) | undefined;
}

export interface Call {
  done: Promise<unknown>;
  cancel(): void;
}

/** A child process with a model in it: calls go in, answers come out, its death rejects every call with ENGINE_DIED. */
export interface EngineProcess {
  readonly pid: number | undefined;
  call(request: Request, hooks?: Pick<Pending, "onBatch" | "onProgress">): Call;
  /** Ends the process and waits for its end. */
  end(): Promise<void>;
}

export function startEngineProcess(model: string): EngineProcess {
  const child = fork(CHILD, [], {
    env: scrubbedEnvironment(),
    execArgv: LEAN,
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const log = keepLog(child);
  const pending = new Map<number, Pending>();
  let nextId = 1;
  let death: TelltaleError | undefined;

  const exited = new Promise<void>((resolve) => {
    const onEnd = (how: string): void => {
      const phase = [...pending.values()].at(-1)?.phase;
      death ??= new TelltaleError("ENGINE_DIED", deathSentence(model, phase ?? "idle", how, log), {
        phase: phase ?? "idle",
        model,
        log: [...log],
      });
      for (const call of pending.values()) call.reject(death);
      pending.clear();
      resolve();
    };
    // "close" comes after the last of stderr, which holds the reason.
    child.once("close", (code, signal) => onEnd(signal ?? `exit status ${code}`));
    child.once("error", (error) => onEnd(error.message));
  });

  child.on("message", (message: FromChild) => {
    const call = pending.get(message.id);
    if (call === undefined) return;
    if ("batch" in message) return call.onBatch?.(message.batch);
    if ("progress" in message) return call.onProgress?.(message.progress);
    pending.delete(message.id);
    if ("result" in message) return call.resolve(message.result);
    const { code, message: sentence, ...details } = message.error;
    call.reject(new TelltaleError(code, sentence, definedOnly(details)));
  });

  const send = (message: ToChild): void => {
    child.send(message, () => {}); // a failure to send shows as the child's end
  };

  return {
    pid: child.pid,
    call(request, hooks = {}) {
      if (death !== undefined) return { done: Promise.reject(death), cancel: () => {} };
      const id = nextId++;
      const done = new Promise<unknown>((resolve, reject) => {
        pending.set(id, { phase: request.call, resolve, reject, ...hooks });
      });
      try {
        send({ id, request });
      } catch (cause) {
        const sentence = `The request to ${request.call} holds what cannot be sent to the engine's process: ${(cause as Error).message}.`;
        pending.get(id)?.reject(new TelltaleError("BAD_ARGUMENT", sentence, { phase: request.call, model, cause }));
        pending.delete(id);
      }
      return { done, cancel: () => send({ id, cancel: true }) };
    },
    async end() {
      child.kill("SIGKILL"); // it has nothing to save
      await exited;
    },
  };
}

function keepLog(child: ChildProcess): string[] {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = "";
    stream?.setEncoding("utf8");
    stream?.on("data", (text: string) => {
      const parts = (rest + text).split("\n");
      rest = (parts.pop() ?? "").slice(-10_000);
      const whole = parts.map((line) => line.slice(0, 2000));
      tellLlamaLog(whole);
      lines.push(...whole);
      lines.splice(0, Math.max(0, lines.length - LOG_LINES));
    });
    stream?.on("end", () => {
      if (rest === "") return;
      tellLlamaLog([rest]);
      lines.push(rest);
    });
  }
  return lines;
}

function deathSentence(model: string, phase: string, how: string, log: readonly string[]): string {
  const reason =
    how === "SIGKILL"
      ? "killed, most likely by the system for lack of memory: use fewer --sequences, a smaller model, or --placement one-after-the-other"
      : how === "SIGABRT"
        ? "llama.cpp gave up on a failed check"
        : how === "SIGSEGV" || how === "SIGBUS"
          ? "a memory fault in llama.cpp: the file may be broken"
          : how;
  const last = log.filter((line) => line.trim() !== "").at(-1);
  return `The engine process of ${model} ended during "${phase}" (${how === reason ? how : `${how}: ${reason}`}).${last === undefined ? "" : ` Its last line: ${last}`}`;
}
