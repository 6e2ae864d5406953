import { runInThisContext } from "node:vm";
import { Environment, Interpreter, parse, tokenize } from "@huggingface/jinja";
import { Refusal, TEMPLATE_GLOBALS } from "./chat-template-globals.js";

/** The process that `chat-template-process.ts` starts: one request in, one outcome out. */

export interface RenderRequest {
  template: string;
  bosToken: string;
  eosToken: string;
  system: string;
  user: string;
  timeLimitMs: number;
}

export type RenderOutcome =
  | { kind: "rendered"; text: string; systemMerged: boolean }
  | { kind: "failed" | "refused"; message: string }
  | { kind: "empty" | "tooLong" | "timeout" };

const MAX_TEXT_CHARACTERS = 1 << 18;
const MAX_MESSAGE_CHARACTERS = 1_000;

type Program = ReturnType<typeof parse>;

interface Message {
  role: "system" | "user";
  content: string;
}

// What ctrl-C means to the parent is the parent's to say: it goes to the whole group of processes.
process.on("SIGINT", () => {});

// Listening on keeps this process alive until its parent has the answer and ends it, or is gone itself.
process.on("message", (request: RenderRequest) => {
  process.send?.(withinTime(request));
});

/** The watchdog of `vm` also ends a loop whose parent process has gone. */
function withinTime(request: RenderRequest): RenderOutcome {
  Object.defineProperty(globalThis, "telltaleRender", { value: () => renderEither(request) });
  try {
    return runInThisContext("telltaleRender()", { timeout: request.timeLimitMs }) as RenderOutcome;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT") {
      return { kind: "timeout" };
    }
    return failure(error);
  }
}

/** With the system message; where the template raises an exception, with its text at the start of the user's. */
function renderEither(request: RenderRequest): RenderOutcome {
  const { system, user } = request;
  const template = parse(tokenize(request.template, { trim_blocks: true, lstrip_blocks: true }));
  const userMessage: Message = { role: "user", content: user };
  if (system === "") return outcome(render(template, request, [userMessage]), false);
  try {
    return outcome(render(template, request, [{ role: "system", content: system }, userMessage]), false);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const merged: Message = { role: "user", content: `${system}\n\n${user}` };
    return outcome(render(template, request, [merged]), true);
  }
}

/** Variables as Transformers gives them: no tools and no documents are None, a token that is missing is undefined. */
function render(template: Program, { bosToken, eosToken }: RenderRequest, messages: readonly Message[]): string {
  const variables = {
    ...TEMPLATE_GLOBALS,
    messages,
    add_generation_prompt: true,
    tools: null,
    documents: null,
    ...(bosToken === "" ? {} : { bos_token: bosToken }),
    ...(eosToken === "" ? {} : { eos_token: eosToken }),
  };
  const environment = new Environment();
  for (const [name, value] of Object.entries(variables)) environment.set(name, value);
  return String(new Interpreter(environment).run(template).value);
}

function outcome(text: string, systemMerged: boolean): RenderOutcome {
  if (text.length > MAX_TEXT_CHARACTERS) return { kind: "tooLong" };
  if (text === "") return { kind: "empty" };
  return { kind: "rendered", text, systemMerged };
}

function failure(error: unknown): RenderOutcome {
  if (error instanceof RangeError && error.message === "Invalid string length") return { kind: "tooLong" };
  const message = (error instanceof Error ? error.message : String(error)).slice(0, MAX_MESSAGE_CHARACTERS);
  return { kind: error instanceof Refusal ? "refused" : "failed", message };
}
