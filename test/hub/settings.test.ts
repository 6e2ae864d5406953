import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pathWithin } from "#telltale/hub/safe-path.js";
import { hubSettings } from "#telltale/hub/settings.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "telltale-hub-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("the hub's settings", () => {
  it("come from options before the environment, and have defaults", () => {
    const nowhere = { HF_TOKEN_PATH: join(folder, "nowhere") };
    expect(hubSettings({}, nowhere)).toMatchObject({
      endpoint: "https://huggingface.co",
      token: undefined,
      cacheFolder: join(homedir(), ".cache", "telltale"),
      modelCache: join(homedir(), ".cache", "huggingface", "hub"),
      links: true,
      offline: false,
    });
    const env = { HF_ENDPOINT: "https://mirror.example/hub/", HF_TOKEN: " hf_x\n", XDG_CACHE_HOME: "/xdg" };
    expect(hubSettings({}, env)).toMatchObject({
      endpoint: "https://mirror.example/hub",
      token: "hf_x",
      cacheFolder: "/xdg/telltale",
      modelCache: "/xdg/huggingface/hub",
    });
    expect(hubSettings({}, { ...env, TELLTALE_CACHE: "/own" }).cacheFolder).toBe("/own");
    const options = { endpoint: "http://localhost:1", token: "other", cacheFolder: "/given", modelCache: "/models" };
    expect(hubSettings(options, env)).toMatchObject(options);
  });

  it("find the Hugging Face tools' cache, switches and token where those do", async () => {
    const home = { HF_HOME: join(folder, "home") };
    expect(hubSettings({}, home)).toMatchObject({ modelCache: join(folder, "home", "hub"), token: undefined });
    expect(hubSettings({}, { ...home, HUGGINGFACE_HUB_CACHE: "/old" }).modelCache).toBe("/old");
    expect(hubSettings({}, { ...home, HUGGINGFACE_HUB_CACHE: "/old", HF_HUB_CACHE: "~/new" }).modelCache).toBe(
      join(homedir(), "new"),
    );
    await mkdir(home.HF_HOME);
    await writeFile(join(home.HF_HOME, "token"), "hf_kept\n");
    expect(hubSettings({}, home).token).toBe("hf_kept");
    expect(hubSettings({}, { ...home, HF_TOKEN: "hf_set" }).token).toBe("hf_set");
    expect(hubSettings({ token: "" }, home).token).toBeUndefined();
    expect(hubSettings({}, { ...home, HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" }).token).toBeUndefined();
    await writeFile(join(folder, "elsewhere"), "hf_elsewhere");
    expect(hubSettings({}, { ...home, HF_TOKEN_PATH: join(folder, "elsewhere") }).token).toBe("hf_elsewhere");
    for (const [value, offline] of [
      ["1", true],
      ["true", true],
      ["0", false],
      ["", false],
    ] as const) {
      expect(hubSettings({}, { ...home, HF_HUB_OFFLINE: value }).offline).toBe(offline);
    }
    expect(hubSettings({}, { ...home, HF_HUB_DISABLE_SYMLINKS: "YES" }).links).toBe(false);
  });

  it("name the token's file where what it holds is no token, without repeating it", async () => {
    const path = join(folder, "broken");
    await writeFile(path, "secret\nsecret");
    expect(() => hubSettings({}, { HF_TOKEN_PATH: path })).toThrow(
      expect.objectContaining({ code: "BAD_ARGUMENT", message: expect.stringMatching(/broken/) }),
    );
    expect(() => hubSettings({}, { HF_TOKEN_PATH: path })).not.toThrow(/secret/);
    expect(() => hubSettings({}, { HF_TOKEN_PATH: folder })).toThrow(
      expect.objectContaining({ code: "FILE_UNREADABLE" }),
    );
  });

  it.each(["ftp://x", "huggingface.co", "https://user:pass@x", "https://x?token=1"])("refuse %s", (endpoint) => {
    expect(() => hubSettings({ endpoint }, {})).toThrow(expect.objectContaining({ code: "BAD_ARGUMENT" }));
  });

  it("refuse a token that is none, without repeating it", () => {
    const refusal = expect.objectContaining({ code: "BAD_ARGUMENT", message: expect.not.stringContaining("secret") });
    expect(() => hubSettings({ token: "secret\nx: y" }, {})).toThrow(refusal);
  });
});

describe("file names from the hub", () => {
  it("stay within the folder, whatever they are", () => {
    const part = fc.oneof(fc.constantFrom("..", ".", "", "a", "c:", "\\", "..\\x", "x."), fc.string({ maxLength: 5 }));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        let path: string;
        try {
          path = pathWithin("/cache/root", parts.join("/"));
        } catch (error) {
          expect(error).toMatchObject({ code: "DOWNLOAD_FAILED" });
          return;
        }
        expect(path).toBe(`/cache/root/${parts.join("/")}`);
        expect(path.split("/")).not.toContain("..");
      }),
      { numRuns: 2000 },
    );
  });

  it("are kept where they are ordinary", () => {
    expect(pathWithin("/c", "data/train-00000-of-00001-fe3a6ad.parquet")).toBe(
      "/c/data/train-00000-of-00001-fe3a6ad.parquet",
    );
    expect(pathWithin("/c", "a b/ünï=1.jsonl.gz")).toBe("/c/a b/ünï=1.jsonl.gz");
  });
});
