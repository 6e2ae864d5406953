import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One file as the server lists and serves it. */
export interface ServedFile {
  path: string;
  bytes: Buffer;
  /** In LFS: listed with a SHA-256 and served through a redirect to the second origin. */
  lfs: boolean;
  /** What the listing says instead of the true hash. */
  listedHash?: string;
}

export interface Seen {
  host: "hub" | "storage";
  url: string;
  authorization: string | undefined;
  range: string | undefined;
}

/** A hub with one repository on two origins of this machine, in the hub's own protocol: info, paged listing, resolve. */
export interface HubServer {
  endpoint: string;
  seen: Seen[];
  /** Bytes after which the next body breaks off; taken back once it has happened. */
  breakAfter: number | undefined;
  /** Answers with this status to everything, while set. */
  status: number | undefined;
  /** Answers with this status to requests for files, while set: the repository is gated. */
  gated: 401 | 403 | undefined;
  /** Where the branches stand. */
  commit: string;
  /** False: Range is ignored, and the whole file sent with 200. */
  ranges: boolean;
  /** Where an LFS file is redirected to, instead of the storage origin. */
  redirect: string | undefined;
  close(): Promise<void>;
}

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

export async function startHub(
  name: string,
  files: readonly ServedFile[],
  kind: "dataset" | "model" = "dataset",
): Promise<HubServer> {
  const state: HubServer = {
    endpoint: "",
    seen: [],
    breakAfter: undefined,
    status: undefined,
    gated: undefined,
    commit: COMMIT,
    ranges: true,
    redirect: undefined,
    close: async () => {
      await Promise.all([hub, storage].map(stop));
    },
  };
  const note = (host: Seen["host"], request: IncomingMessage) =>
    state.seen.push({
      host,
      url: request.url ?? "",
      authorization: request.headers.authorization,
      range: request.headers.range,
    });

  const storage = createServer((request, response) => {
    note("storage", request);
    const path = decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname.slice(1));
    const file = files.find((one) => one.path === path);
    if (file === undefined) response.writeHead(404).end();
    else serve(state, request, response, file.bytes);
  });
  const storageOrigin = await listen(storage, "127.0.0.1");

  const hub = createServer((request, response) => {
    note("hub", request);
    if (state.status !== undefined) {
      response.writeHead(state.status, { "content-type": "application/json" }).end('{"error":"<b>no</b>"}');
      return;
    }
    const url = new URL(request.url ?? "/", "http://x");
    const resolvePrefix = `${kind === "dataset" ? "/datasets" : ""}/${name}/resolve/${state.commit}/`;
    if (url.pathname.startsWith(`/api/${kind}s/${name}/revision/`)) {
      json(response, { _id: "1", id: name, sha: state.commit, private: false, downloads: 0, likes: 0, gated: false });
    } else if (url.pathname === `/api/${kind}s/${name}/tree/${state.commit}`) {
      list(response, state.endpoint, url, files);
    } else if (url.pathname.startsWith(resolvePrefix) && state.gated !== undefined) {
      response.writeHead(state.gated, { "x-error-code": "GatedRepo" }).end("Access is restricted.");
    } else if (url.pathname.startsWith(resolvePrefix)) {
      const path = decodeURIComponent(url.pathname.slice(resolvePrefix.length));
      const file = files.find((one) => one.path === path);
      if (file === undefined) response.writeHead(404).end();
      else if (file.lfs) {
        const location = state.redirect ?? `${storageOrigin}/${encodeURIComponent(path)}?signature=secret`;
        response.writeHead(302, { location }).end();
      } else serve(state, request, response, file.bytes);
    } else response.writeHead(404).end();
  });
  state.endpoint = await listen(hub, "127.0.0.1");
  return state;
}

export function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function list(response: ServerResponse, endpoint: string, url: URL, files: readonly ServedFile[]): void {
  const page = Number(url.searchParams.get("cursor") ?? "0");
  const entries = files.map((file) => ({
    type: "file",
    path: file.path,
    size: file.bytes.length,
    oid: gitHash(file.bytes),
    ...(file.lfs
      ? { lfs: { oid: file.listedHash ?? sha256(file.bytes), size: file.bytes.length, pointerSize: 134 } }
      : {}),
  }));
  const more = page + 2 < entries.length;
  url.searchParams.set("cursor", String(page + 2));
  const headers = more ? { link: `<${endpoint}${url.pathname}${url.search}>; rel="next"` } : {};
  json(
    response,
    [...(page === 0 ? [{ type: "directory", path: "data" }] : []), ...entries.slice(page, page + 2)],
    headers,
  );
}

function serve(state: HubServer, request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
  const from = state.ranges ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? "-1") : -1;
  const body = from >= 0 ? bytes.subarray(from) : bytes;
  response.writeHead(from >= 0 ? 206 : 200, {
    "content-length": body.length,
    ...(from >= 0 ? { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
  });
  if (state.breakAfter === undefined) {
    response.end(body);
    return;
  }
  const sent = body.subarray(0, state.breakAfter);
  state.breakAfter = undefined;
  response.write(sent, () => setTimeout(() => response.destroy(), 100));
}

function gitHash(bytes: Buffer): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

function json(response: ServerResponse, value: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
}

async function listen(server: Server, host: string): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
