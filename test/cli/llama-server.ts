import { spawn } from "node:child_process";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pinnedRelease } from "#telltale/engine/native/library.js";

/** Where `npm run bench:peers` builds it. */
export const LLAMA_SERVER = path.resolve(`.cache/peers-${pinnedRelease()}/build/bin/llama-server`);

export interface LlamaServer {
  url: string;
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts llama-server on a free port; resolves once it answers. */
export async function llamaServer(model: string): Promise<LlamaServer> {
  const port = await freePort();
  const layout = ["-c", "2048", "-np", "4", "-t", "1", "-tb", "1"];
  const child = spawn(LLAMA_SERVER, ["-m", model, "--host", "127.0.0.1", "--port", String(port), ...layout], {
    stdio: "ignore",
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const end = async (signal: NodeJS.Signals = "SIGTERM"): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  while (child.exitCode === null) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.ok) return { url, end };
    await sleep(100);
  }
  throw new Error(`llama-server ended with ${child.exitCode}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject()));
    });
  });
}
