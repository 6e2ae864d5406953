import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";

/** What must not be seen again: nothing else in the tests holds any of it. */
export const SECRETS = {
  hub: "hf_PlantedHubToken0123456789",
  anyKey: "sk-PlantedAnyKey/0123456789+=",
  finetunedKey: "sk-PlantedFinetunedKey/0123456789+=",
  referenceKey: "sk-PlantedReferenceKey/0123456789+=",
  fileKey: "sk-PlantedFileKey/0123456789+=",
  serveToken: "PlantedServeToken0123456789",
  cloud: "PlantedCloudSecret0123456789",
  url: "PlantedUrlPassword0123456789",
  client: "PlantedClientToken0123456789",
} as const;

/** A secret as it is, and as JSON, an address or a header may spell it. */
export function spellings(secret: string): string[] {
  const escaped = [...secret].map((character) => `\\u00${character.charCodeAt(0).toString(16)}`).join("");
  const bytes = Buffer.from(secret);
  // Three starts, since Base64 of a text depends on where in a group of three bytes it begins.
  const encoded = [0, 1, 2].map((cut) => bytes.subarray(cut, cut + 3 * Math.floor((bytes.length - cut) / 3)));
  return [
    secret,
    secret.toLowerCase(),
    secret.replaceAll("/", "\\/"),
    encodeURIComponent(secret),
    escaped,
    bytes.toString("hex"),
    ...encoded.map((part) => part.toString("base64").slice(0, 16)),
  ];
}

/** The names of the secrets that a text holds in any spelling. */
export function secretsIn(text: string): string[] {
  return Object.entries(SECRETS).flatMap(([name, secret]) =>
    spellings(secret).some((spelling) => text.includes(spelling)) ? [name] : [],
  );
}

/** Paths of all files below a folder whose bytes or name hold a secret. */
export function filesWithSecrets(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return files.filter((file) => secretsIn(`${file}\n${readFileSync(file, "latin1")}`).length > 0);
}

/** A server that gives the key it is sent back in every way it can: names, headers, errors. */
export async function startEchoServer(): Promise<{ url: string; keys: Set<string>; close(): Promise<void> }> {
  const keys = new Set<string>();
  const server = createServer((request, response) => {
    const key = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    keys.add(key);
    const [, , ...more] = spellings(key);
    const said = [key, ...more.slice(0, 3)].join(" and ");
    const headers = { "content-type": "application/json", server: key };
    request.resume().on("end", () => {
      if (request.url?.startsWith("/open/") && request.url.endsWith("/models")) {
        const model = { id: key, object: "model", owned_by: key, max_model_len: 512 };
        response.writeHead(200, headers).end(JSON.stringify({ data: [model, { ...model, id: `${key}-2` }] }));
      } else {
        const status = request.url?.startsWith("/text/") ? 403 : 400;
        const body = status === 403 ? `<html>${said}` : `{"error":{"message":"No model for ${said}"}}`;
        response.writeHead(status, headers).end(body);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
