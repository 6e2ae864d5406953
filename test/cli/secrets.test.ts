import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BASE_A, ORGANISM_A, temporaryFolder } from "../audit/fixture.js";
import { type HubServer, startHub } from "../hub/hub-server.js";
import { ask } from "../serve/served.js";
import { type ManyCase, manyCommand, resultsIn } from "./many-commands.js";
import { ROOT } from "./run-cli.js";
import { filesWithSecrets, SECRETS, secretsIn, startEchoServer } from "./secrets.js";
import { startWatched, type Watched } from "./watched.js";

const { folder, remove } = temporaryFolder();
const own = (name: string): string => path.join(ROOT, name);
/** Outside of the folder that is searched: what the user keeps. */
const { folder: kept, remove: removeKept } = temporaryFolder();
const dump = path.join(kept, "tools.txt");

interface SecretCase extends ManyCase {
  status: number;
}

/** As a user's shell might hold them. */
function environment(): Record<string, string> {
  const keyFile = path.join(kept, "key");
  writeFileSync(keyFile, `${SECRETS.fileKey}\n`, { mode: 0o600 });
  const tool = path.join(kept, "tool");
  writeFileSync(tool, `#!/bin/sh\nenv >> '${dump}'\necho tool 1\n`, { mode: 0o755 });
  mkdirSync(path.join(folder, "home"));
  return {
    PATH: process.env.PATH ?? "",
    HOME: path.join(folder, "home"),
    HF_TOKEN: SECRETS.hub,
    TELLTALE_API_KEY: SECRETS.anyKey,
    TELLTALE_FINETUNED_API_KEY: SECRETS.finetunedKey,
    TELLTALE_REFERENCE_API_KEY: SECRETS.referenceKey,
    TELLTALE_API_KEY_FILE: keyFile,
    TELLTALE_SERVE_TOKEN: SECRETS.serveToken,
    AWS_SECRET_ACCESS_KEY: SECRETS.cloud,
    CXX: tool,
  };
}

function expectNothing({ stdout, stderr, children }: Watched): void {
  expect(secretsIn(stdout.toString("latin1"))).toEqual([]);
  expect(secretsIn(stderr.toString("latin1"))).toEqual([]);
  const knowing = children.filter((child) => secretsIn(`${child.commandLine}\n${child.environment}`).length > 0);
  expect(knowing.map(({ commandLine }) => commandLine.replaceAll("\0", " "))).toEqual([]);
}

describe.skipIf(process.platform !== "linux")("planted secrets", () => {
  let env: Record<string, string>;
  let hub: HubServer;
  let echo: Awaited<ReturnType<typeof startEchoServer>>;

  beforeAll(async () => {
    env = environment();
    const bytes = readFileSync(own(BASE_A));
    hub = await startHub("owned/x", [{ path: "x.gguf", bytes, lfs: true }], "model");
    echo = await startEchoServer();
  });
  afterAll(async () => {
    await hub.close();
    await echo.close();
    remove();
    removeKept();
  });

  it("reach no output, file or child of any command", async () => {
    const server = startWatched([process.execPath, "dist/cli/main.js", "serve", own(BASE_A), ...SERVE], {
      ...env,
      TELLTALE_SERVE_TOKEN: SECRETS.referenceKey,
    });
    const url = (await server.says(/http:\/\/[\d.:]+/)).trim();
    const authorization = `Bearer ${SECRETS.client}`;
    for (const asked of [`/health?token=${SECRETS.client}`, `/v1/models?key=${SECRETS.client}`]) {
      await ask({ url }, asked, { headers: { authorization } });
    }
    const { command, remove: forget } = manyCommand(cases(url));
    const { status, ...rest } = await startWatched(command, env).ended;
    forget();
    server.signal("SIGTERM");
    const served = await server.ended;

    expect(status).toBe(0);
    const ends = resultsIn(rest.stdout).map((result) => result.status);
    expect(ends).toEqual(cases(url).map((one) => one.status));
    // What there was to be found was there: each kind of child ran, each server was sent its secret.
    for (const kind of ["host/child.js", "chat-template-child.js", "probe-child.js"]) {
      expect(rest.children.filter(({ commandLine }) => commandLine.includes(kind))).not.toEqual([]);
    }
    expect(served.children.filter(({ commandLine }) => commandLine.includes("host/child.js"))).not.toEqual([]);
    expect(hub.seen.filter(({ authorization }) => authorization === `Bearer ${SECRETS.hub}`)).not.toEqual([]);
    expect(hub.seen.filter(({ host, authorization }) => host === "storage" && authorization !== undefined)).toEqual([]);
    expect([...echo.keys].sort()).toEqual([SECRETS.finetunedKey, SECRETS.referenceKey].sort());
    expect(served.stderr.toString()).toMatch(/ GET \/v1\/models 401 /);

    expectNothing({ status, ...rest });
    expectNothing(served);
    expect(readFileSync(dump, "utf8")).toContain("PATH=");
    expect(secretsIn(readFileSync(dump, "utf8"))).toEqual([]);
    expect(filesWithSecrets(folder)).toEqual([]);
  }, 120_000);

  it("would be found, were they there", async () => {
    const script = `require("node:child_process").spawn("sleep", ["0.3"]); console.log(process.env.HF_TOKEN)`;
    const { stdout, children } = await startWatched([process.execPath, "--eval", script], env).ended;
    expect(secretsIn(stdout.toString())).toEqual(["hub"]);
    const [sleeper] = children.filter(({ commandLine }) => commandLine.startsWith("sleep"));
    expect(secretsIn(sleeper?.environment ?? "").length).toBeGreaterThan(5);
    const planted = path.join(kept, "planted");
    mkdirSync(planted);
    writeFileSync(path.join(planted, "a"), Buffer.from(`x${SECRETS.cloud}`).toString("base64"));
    expect(filesWithSecrets(planted)).toHaveLength(1);
  });

  function cases(url: string): SecretCase[] {
    const [base, organism] = [own(BASE_A), own(ORGANISM_A)];
    const run = path.join(folder, "run");
    const text = path.join(folder, "text");
    writeFileSync(text, "A few words by the sea.");
    const small = ["--threads", "1", "--limit", "4", "--max-tokens", "24", "--min-tokens", "1"];
    const audit = (name: string, finetuned: string, reference: string, ...more: string[]): string[] => [
      ...["audit", finetuned, "--reference", reference, ...small, "-o", path.join(folder, name), ...more],
    ];
    const fromHub = { HF_ENDPOINT: hub.endpoint };
    const noKeys = { TELLTALE_API_KEY: "", TELLTALE_REFERENCE_API_KEY: "" };
    return [
      { args: audit("run", organism, base, "--gpu", "auto"), status: 0 },
      { args: audit("remote", organism, `${url}/v1`, "--format", "raw"), status: 0 },
      { args: audit("echo-1", `${echo.url}/open`, base, "--finetuned-tokenizer", base), status: 10 },
      { args: audit("echo-2", base, `${echo.url}/shut`), status: 10 },
      { args: audit("echo-3", base, `${echo.url}/text`), status: 10 },
      // A key where its file belongs, and addresses with what they must not hold.
      { args: audit("key", base, url), env: { ...noKeys, TELLTALE_API_KEY_FILE: SECRETS.fileKey }, status: 3 },
      { args: audit("url", base, url.replace("//", `//me:${SECRETS.url}@`)), status: 2 },
      { args: audit("query", base, `${url}/?key=${SECRETS.url}`), status: 2 },
      { args: audit("port", base, `http://127.0.0.1:99999/?key=${SECRETS.url}`), status: 2 },
      { args: ["score", `http://me:${SECRETS.url}@127.0.0.1/`, text], status: 2 },
      ...[
        `https://me:${SECRETS.url}@hub.invalid?x=1`,
        `https://hub.invalid/?token=${SECRETS.url}`,
        `x:${SECRETS.url}@y`,
      ].map((address) => ({ args: ["tokenize", "hf:owned/x", "a"], env: { HF_ENDPOINT: address }, status: 2 })),
      { args: ["tokenize", "hf:owned/x", "a"], env: { HF_TOKEN: `${SECRETS.hub} b`, ...fromHub }, status: 2 },
      { args: ["tokenize", "hf:owned/none", "a"], env: fromHub, status: 6 },
      { args: ["score", "hf:owned/x", text, "--threads", "1"], env: fromHub, status: 0 },
      { args: ["serve", base, ...SERVE], paths: ["/v1/completions", `/?token=${SECRETS.client}`], status: 0 },
      { args: ["bench", base, "--seconds", "0.05", "--sequences", "2", "--batch", "64", "--threads", "1"], status: 0 },
      { args: ["doctor"], status: 0 },
      { args: ["doctor", "--json"], status: 0 },
      { args: ["doctor", "hf:owned/x", "--threads", "1"], env: fromHub, status: 0 },
      { args: ["audit", "--resume", run, "--threads", "1", "--rows", "0"], status: 0 },
      {
        args: ["audit", "--resume", path.join(folder, "remote"), "--rows", "0"],
        env: { TELLTALE_API_KEY: "" },
        status: 0,
      },
      ...["rank", "top", "show", "phrases", "report"].map((name) => ({ args: [name, run], status: 0 })),
      { args: ["keywords", run, "--keyword", "glass"], status: 0 },
      { args: ["compare", run, path.join(folder, "remote"), "--all"], status: 0 },
      { args: ["show", path.join(folder, "remote"), "--json"], status: 0 },
      { args: ["organisms", "--json"], status: 0 },
      { args: ["--owned"], status: 2 },
    ];
  }
});

const SERVE = ["--port", "0", "--verbose", "--threads", "1"];
