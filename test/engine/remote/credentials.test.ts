import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readApiKey } from "#telltale/engine/remote/credentials.js";
import { MODELS, rejection } from "../models.js";
import { openForeignModel } from "./foreign-model.js";
import { send, startForeignServer } from "./foreign-server.js";
import { openRemote } from "./support.js";

const KEY = "sk-very-secret-0123456789";
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "telltale-key-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function keyFile(name: string, content: string, mode: number): string {
  const file = path.join(folder, name);
  writeFileSync(file, content);
  chmodSync(file, mode);
  return file;
}

describe("the key for a role's endpoints", () => {
  it("comes from the role's variable, else the common one, else a file", async () => {
    const file = keyFile("key", `${KEY}-file\n`, 0o600);
    const env = {
      TELLTALE_FINETUNED_API_KEY: `${KEY}-f`,
      TELLTALE_API_KEY: ` ${KEY}-any\n`,
      TELLTALE_API_KEY_FILE: file,
    };
    expect(await readApiKey("finetuned", { env })).toBe(`${KEY}-f`);
    expect(await readApiKey("reference", { env })).toBe(`${KEY}-any`);
    expect(await readApiKey("reference", { env: { TELLTALE_API_KEY_FILE: file } })).toBe(`${KEY}-file`);
    expect(await readApiKey("reference", { env: { TELLTALE_API_KEY: "" }, file })).toBe(`${KEY}-file`);
    expect(await readApiKey("reference", { env: {} })).toBeUndefined();
  });

  it.skipIf(process.platform === "win32").each([0o640, 0o604, 0o660, 0o644])(
    "is not taken from a file of mode %o",
    async (mode) => {
      const file = keyFile(`open ${mode}`, KEY, mode);
      const error = (await rejection(() => readApiKey("finetuned", { env: {}, file }))) as Error;
      expect(error).toMatchObject({ code: "BAD_ARGUMENT" });
      expect(error.message).toContain(`chmod 600 '${file}'`);
      expect(error.message).not.toContain(KEY);
    },
  );

  it("is refused where it is none, without being shown", async () => {
    for (const wrong of [`${KEY} two`, `${KEY}\u00e9`, `${KEY}\n${KEY}`, "\u0000"]) {
      const error = (await rejection(() => readApiKey("finetuned", { env: { TELLTALE_API_KEY: wrong } }))) as Error;
      expect(error).toMatchObject({ code: "BAD_ARGUMENT" });
      expect(error.message).toContain("TELLTALE_API_KEY");
      expect(error.message).not.toContain("sk-very");
    }
    for (const file of [keyFile("empty", "", 0o600), keyFile("large", KEY.repeat(1000), 0o600), folder]) {
      expect(await rejection(() => readApiKey("finetuned", { env: {}, file }))).toMatchObject({
        code: expect.stringMatching(/^(BAD_ARGUMENT|FILE_UNREADABLE)$/),
      });
    }
    expect(await rejection(() => readApiKey("finetuned", { env: {}, file: path.join(folder, "none") }))).toMatchObject({
      code: "FILE_UNREADABLE",
    });
  });

  it("goes to the endpoints, and into no message, fact or other server", async () => {
    const model = await openForeignModel(MODELS.base);
    const elsewhere = await startForeignServer({ model });
    const server = await startForeignServer({ model });
    const engine = await openRemote(server.url, MODELS.base, { apiKey: KEY, generates: false });
    expect(new Set(server.received.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${KEY}`]));
    expect(JSON.stringify(engine.facts)).not.toContain(KEY);
    await engine.close();
    await server.close();
    const rude = await startForeignServer({
      model,
      intercept: ({ authorization, path: asked }, response) => {
        if (asked === "/v1/models") return false;
        send(response, 401, { error: { message: `Incorrect API key: ${authorization}` } });
        return true;
      },
    });
    const refused = (await rejection(() => openRemote(rude.url, MODELS.base, { apiKey: KEY }))) as Error;
    expect(refused.message).toContain("Incorrect API key: Bearer [key]");
    expect(`${refused.message}${refused.stack}${JSON.stringify(refused)}`).not.toContain(KEY);
    await rude.close();
    const leading = await startForeignServer({
      model,
      intercept: (_, response) => {
        send(response, 307, {}, { location: `${elsewhere.url}/models` });
        return true;
      },
    });
    expect(await rejection(() => openRemote(leading.url, MODELS.base, { apiKey: KEY }))).toMatchObject({
      code: "ENDPOINT_FAILED",
      message: expect.stringMatching(/status 307.*Redirects are not followed/),
    });
    expect(elsewhere.received).toEqual([]);
    await leading.close();
    await elsewhere.close();
    await model.close();
  });
});
