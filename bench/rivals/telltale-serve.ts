import { Agent, request } from "node:http";
import path from "node:path";
import { type Job, sequencesOf } from "../job.js";
import { ROOT } from "../peer-tools.js";
import { type Background, startProgram } from "../processes.js";
import type { Contender, Sample } from "../rounds.js";
import { TELLTALE_VERSION } from "./telltale.js";

const COMMAND = path.join(ROOT, "dist", "cli", "main.js");
const START_MS = 120_000;
/** Requests that meet every buffer before time is taken, a few for each connection. */
const WARMING = 2;

/** `telltale serve` in a process of its own, asked by so many connections, each for one text at a time. */
export function telltaleServe(job: Job, connections: number, name: string): Contender {
  const { sequences, contextSequence, batch, threads } = job;
  return {
    name,
    version: TELLTALE_VERSION,
    settings: { sequences, contextSequence, batch, threads, connections, process: "engine in a child of the server" },
    async run() {
      const server = startProgram(process.execPath, [
        ...[COMMAND, "serve", `model=${job.model}`, "--port", "0", "--json"],
        ...["--sequences", `${sequences}`, "--context-size", `${contextSequence}`, "--batch", `${batch}`],
        ...["--threads", `${threads}`],
      ]);
      const agent = new Agent({ keepAlive: true, maxSockets: connections });
      try {
        const url = await ready(server);
        const prompts = sequencesOf(job).map((ids) => Array.from(ids));
        await ask(url, agent, prompts.slice(0, WARMING * connections), connections, job);
        return await ask(url, agent, prompts, connections, job);
      } finally {
        agent.destroy();
        await server.stop();
      }
    },
  };
}

/** Every connection takes the next text as soon as it has an answer. */
async function ask(
  url: string,
  agent: Agent,
  prompts: readonly number[][],
  connections: number,
  job: Job,
): Promise<Sample> {
  let next = 0;
  let tokens = 0;
  const connection = async (): Promise<void> => {
    for (let prompt = prompts[next++]; prompt !== undefined; prompt = prompts[next++]) {
      const scored = await scoredTokens(url, agent, prompt, job);
      tokens += scored;
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: connections }, connection));
  const seconds = (performance.now() - started) / 1000;
  const wanted = prompts.reduce((sum, prompt) => sum + prompt.length - 1, 0);
  if (tokens !== wanted) throw new Error(`telltale serve scored ${tokens} tokens instead of ${wanted}.`);
  return { tokens, seconds };
}

/** Scores one text as a client does; returns how many log-probabilities came back. */
async function scoredTokens(url: string, agent: Agent, prompt: readonly number[], { work }: Job): Promise<number> {
  const top = work.kind === "score" && work.top === true;
  // With the likeliest tokens it is the form lm-evaluation-harness sends: one more token, which nobody reads.
  const fields = top ? { max_tokens: 1, logprobs: 1, seed: 1234 } : { max_tokens: 0, logprobs: 0 };
  const body = JSON.stringify({ model: "model", prompt, temperature: 0, echo: true, ...fields });
  const answer = JSON.parse(await post(`${url}/v1/completions`, agent, body)) as {
    choices: { logprobs: { token_logprobs: (number | null)[] } }[];
  };
  const figures = answer.choices[0]?.logprobs.token_logprobs.slice(1, prompt.length) ?? [];
  return figures.filter((figure) => figure !== null).length;
}

function post(url: string, agent: Agent, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(parts).toString("utf8");
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`telltale serve answered ${response.statusCode}: ${text}`));
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The address on the line the server prints when it is ready. */
async function ready(server: Background): Promise<string> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && server.child.exitCode === null && server.child.pid !== undefined) {
    const line = server
      .output()
      .split("\n")
      .find((each) => each.startsWith("{") && each.endsWith("}"));
    if (line !== undefined) return (JSON.parse(line) as { url: string }).url;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`telltale serve did not start:\n${server.output()}`);
}
