import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { ROOT } from "../cli/run-cli.js";

const script = (name: string) => import(pathToFileURL(path.join(ROOT, "scripts", name)).href);
const { namesUsed, readApi } = await script("llama-api.mjs");
const { describe: described, drift, moveLayoutCheck } = await script("llama-drift.mjs");

const headers = path.join(ROOT, "scripts/llama-headers.mjs");
const folders = execFileSync(process.execPath, [headers], { encoding: "utf8" }).trim().split("\n");
const api = readApi(folders, namesUsed(ROOT));

describe("what is used of llama.cpp", () => {
  it("is found in its headers", () => {
    expect(Object.keys(api.functions).length).toBeGreaterThan(100);
    expect(Object.entries(api.functions).filter(([, signature]) => signature === null)).toEqual([]);
    expect(api.functions.llama_n_ctx).toMatch(
      /^LLAMA_API uint32_t llama_n_ctx ?\(const struct llama_context \* ctx\)$/,
    );
    expect(api.structs.llama_context_params).toEqual(expect.arrayContaining(["n_ctx", "cb_eval", "kv_unified"]));
    expect(api.structs.llama_sampler_i).toEqual(expect.arrayContaining(["backend_apply"]));
    expect(api.constants).toEqual(expect.arrayContaining(["GGML_TYPE_Q8_0", "LLAMA_TOKEN_NULL"]));
    expect(api.missing).toEqual([]);
  });

  it("has not drifted from itself, and what has is named", () => {
    const facts = { "size llama_batch": "56 bytes", "default llama_context_params.n_ctx": "512" };
    const before = { api, facts };
    expect(drift(before, before).flatMap(({ changes }: { changes: unknown[] }) => changes)).toEqual([]);
    const after = {
      api: { ...api, functions: { ...api.functions, llama_decode: null } },
      facts: { "size llama_batch": "64 bytes", "default llama_context_params.n_ctx": "512" },
    };
    const found = drift(before, after).filter(({ changes }: { changes: unknown[] }) => changes.length > 0);
    expect(found.map(({ title, stops }: { title: string; stops: boolean }) => [title, stops])).toEqual([
      ["functions", true],
      ["sizes of structs", false],
    ]);
    expect(described(found[1])).toBe(
      "sizes of structs: 1 changed\n  ~ llama_batch: 56 bytes\n                 64 bytes",
    );
  });

  it("is checked in native/ by defaults, which move with them", () => {
    const source = readFileSync(path.join(ROOT, "native/llama_library.cpp"), "utf8");
    const fields = Array.from(source.matchAll(/(!?)\b(context|model)\.(\w+)(?: == (\w+))?(?= &&|;)/g), (match) => {
      const [, not, owner, field, literal] = match;
      const value = literal === undefined ? (not === "!" ? "0" : "1") : literal === "nullptr" ? "null" : literal;
      return [`default llama_${owner}_params.${field}`, value];
    });
    const today = Object.fromEntries(fields);
    expect(fields.length).toBeGreaterThan(10);
    expect(moveLayoutCheck(source, today)).toEqual({ source, left: [] });
    const { "default llama_model_params.vocab_only": _gone, ...rest } = today;
    const then = {
      ...rest,
      "default llama_context_params.n_ctx": "1024",
      "default llama_context_params.embeddings": "1",
      "default llama_context_params.samplers": "set",
    };
    const moved = moveLayoutCheck(source, then);
    expect(moved.source).toContain("context.n_ctx == 1024 &&");
    expect(moved.source).toContain(" context.embeddings &&");
    expect(moved.left).toEqual(["context.samplers is not null any more", "model.vocab_only is not there any more"]);
  });
});
