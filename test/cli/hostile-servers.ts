import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { STEERING } from "./hostile-files.js";

/** Servers that answer each in a hostile way, by the first part of the path. */
export interface HostileServer {
  /** The base of an endpoint that answers so. */
  url(behaviour: keyof typeof BEHAVIOURS): string;
  close(): Promise<void>;
}

const json = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, { "content-type": "application/json", server: "owned\u009b2J" }).end(JSON.stringify(body));
};
const models = (...ids: string[]): unknown => ({
  data: ids.map((id) => ({ id, object: "model", owned_by: STEERING, max_model_len: 512 })),
});

export const BEHAVIOURS = {
  /** Lists several models, so that one has to be chosen. */
  several: (_path: string, response: ServerResponse) => json(response, 200, models(STEERING, `${STEERING}2`)),
  /** Serves a model of a hostile name and refuses every text in its own words. */
  refuses: (path: string, response: ServerResponse) =>
    path.endsWith("/models")
      ? json(response, 200, models(STEERING))
      : json(response, 400, { error: { message: STEERING, type: STEERING } }),
  /** A proxy's page. */
  forbids: (_path: string, response: ServerResponse) => {
    response.writeHead(403).end(`<html>${STEERING}`);
  },
  detail: (_path: string, response: ServerResponse) => json(response, 404, { detail: STEERING }),
  redirects: (_path: string, response: ServerResponse) => {
    response.writeHead(302, { location: "http://owned\u009b2J/" }).end(STEERING);
  },
  wrong: (_path: string, response: ServerResponse) => json(response, 200, { data: [{ id: { [STEERING]: STEERING } }] }),
} as const;

export async function startHostileServer(): Promise<HostileServer> {
  const server = createServer((request, response) => {
    const [, first = "", ...rest] = (request.url ?? "/").split("/");
    request.resume().on("end", () => {
      const behaviour = BEHAVIOURS[first as keyof typeof BEHAVIOURS];
      if (behaviour === undefined) json(response, 404, {});
      else behaviour(`/${rest.join("/")}`, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: (behaviour) => `http://127.0.0.1:${port}/${behaviour}/v1`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
