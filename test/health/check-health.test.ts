import { describe, expect, it } from "vitest";
import { checkHealth, type HealthOptions } from "#telltale/health/check-health.js";
import { HEALTH_CHECKS, type HealthCheck, type HealthReport } from "#telltale/health/report.js";
import { BASE_A, BASE_B, failureOf, scratch } from "../engine/gguf/support.js";
import { array, scalar } from "../fixtures/gguf-writer.js";
import * as sick from "../fixtures/sick-models.js";
import { withKey } from "../fixtures/tiny-model.js";

const file = scratch();
const ONE_THREAD = { context: { threads: 1 } };

const examined = (bytes: Buffer, options: HealthOptions = {}): Promise<HealthReport> =>
  checkHealth(file("sick.gguf", bytes), { ...ONE_THREAD, ...options });
const check = ({ checks }: HealthReport, name: string): HealthCheck | undefined =>
  checks.find((each) => each.name === name);
const states = ({ checks }: HealthReport): Record<string, string> =>
  Object.fromEntries(checks.map(({ name, state }) => [name, state]));

describe("a healthy model", () => {
  it.each([
    ["of byte pairs", BASE_A],
    ["of sentence pieces", BASE_B],
  ])("%s passes every check, with the same numbers in whatever batch", async (_, path) => {
    const seen: string[] = [];
    const report = await checkHealth(path, { ...ONE_THREAD, onCheck: ({ name }) => seen.push(name) });
    expect(states(report)).toEqual(Object.fromEntries(HEALTH_CHECKS.map((name) => [name, "ok"])));
    expect(seen).toEqual(report.checks.map(({ name }) => name));
    expect(report).toMatchObject({ model: path, ok: true });
    for (const name of ["twice in a batch", "alone or in a batch"])
      expect(check(report, name)?.detail).toBe("the same numbers, 0 tolerated");
    expect(check(report, "round trip")?.detail).toContain("200 of them random Unicode");
  });
});

describe("a sick model that loads", () => {
  it("with NaN in its weights is found by looking through them, and by its numbers", async () => {
    const found = await examined(sick.nanWeight());
    expect(check(found, "finite numbers")).toMatchObject({ state: "failed", code: "BAD_MODEL" });
    expect(check(found, "finite numbers")?.detail).toMatch(/hold NaN or infinity, in "blk.0.ffn_up.weight"/);
    const computed = await examined(sick.nanWeight(), { model: { checkTensors: false } });
    expect(check(computed, "finite numbers")).toMatchObject({ state: "failed", code: "NON_FINITE" });
    expect(check(computed, "finite numbers")?.detail).toMatch(/NaN or infinite: English/);
    expect(computed.ok).toBe(false);
    const trained = await examined(await sick.trainedWithNan("q8_0"));
    expect(check(trained, "finite numbers")?.detail).toMatch(/hold NaN or infinity, in "blk.1.ffn_up.weight"/);
  });

  it("with the same score for every token is found by its scores and by what suits it better", async () => {
    const report = await examined(sick.trainedWithEqualScores());
    expect(check(report, "token scores")).toMatchObject({ state: "warning" });
    expect(check(report, "token scores")?.detail).toContain("every token has the score -1000");
    expect(check(report, "tokenizer")).toMatchObject({ state: "warning" });
    expect(check(report, "tokenizer")?.detail).toMatch(/trained with other tokens than llama.cpp makes/);
    expect(check(report, "bits per byte")).toMatchObject({ state: "warning" });
    expect(check(await examined(sick.trainedWithEqualScores(), { maxBitsPerByte: 4 }), "bits per byte")?.state).toBe(
      "ok",
    );
    expect(report.ok).toBe(true);
  });

  it("without tokens for some bytes is told which", async () => {
    const report = await examined(sick.withoutByteTokens());
    expect(check(report, "byte tokens")).toMatchObject({ state: "warning" });
    expect(check(report, "byte tokens")?.detail).toContain("115 of the 243 bytes");
    expect(check(report, "byte tokens")?.detail).toMatch(/: 0x80-0xBF, 0xC2-0xF4$/);
    expect(check(report, "round trip")).toMatchObject({ state: "failed" });
    expect(check(report, "round trip")?.detail).toMatch(/of them not at all/);
    expect(check(report, "file")?.state).toBe("ok");
  });

  it("with an end of generation out of range, or of ordinary text, is told so", async () => {
    const ending = (id: number) =>
      sick.tinySick((model) => withKey(model, "tokenizer.ggml.eos_token_id", scalar("uint32", id)));
    const outside = await examined(ending(999));
    expect(outside.checks).toEqual([
      { name: "file", state: "failed", code: "BAD_MODEL", detail: expect.stringMatching(/names 999 as its eos token/) },
    ]);
    const ordinary = check(await examined(ending(259)), "end of generation");
    expect(ordinary).toMatchObject({ state: "warning" });
    expect(ordinary?.detail).toBe('the text ends at token 259, "a", which is marked as ordinary text');
  });

  it.each([
    ["never ends", sick.ENDLESS_TEMPLATE, /does not come to an end/],
    ["throws", sick.THROWING_TEMPLATE, /refuses the conversation: "not \\u\{1b\}\[31mtoday"/],
    ["is no template", "{% if %}", /cannot be rendered/],
  ])("with a chat template that %s is told so", async (_, template, sentence) => {
    const found = check(await examined(sick.withTemplate(template)), "chat template");
    expect(found?.state).toBe("warning");
    expect(found?.detail).toMatch(sentence);
  });

  it("with weights that nobody trained tells text from noise no better than chance", async () => {
    const report = await examined(sick.tinySick());
    expect(check(report, "bits per byte")).toMatchObject({ state: "failed" });
    expect(check(report, "finite numbers")?.state).toBe("ok");
    expect(report.ok).toBe(false);
  });

  it("with oddities in its file, and scores that are no numbers, is told each", async () => {
    const odd = sick.tinySick((model) => {
      const named = withKey(model, "tokenizer.ggml.padding_token_id", scalar("uint32", 999));
      return withKey(named, "tokenizer.ggml.scores", undefined);
    });
    const report = await examined(odd);
    expect(check(report, "file")).toMatchObject({
      state: "warning",
      detail: expect.stringContaining("999 as its padding token"),
    });
    expect(check(report, "token scores")).toMatchObject({
      state: "warning",
      detail: expect.stringContaining("has none"),
    });
    const types = array("int32", new Array<number>(260).fill(1));
    const scores = array("float32", new Array<number>(260).fill(Number.NaN));
    const nan = sick.tinySick((model) =>
      withKey(withKey(model, "tokenizer.ggml.token_type", types), "tokenizer.ggml.scores", scores),
    );
    expect(check(await examined(nan), "token scores")?.detail).toMatch(/NaN or infinity for a score/);
  });
});

describe("what is not the model's own fault", () => {
  it("is thrown", async () => {
    expect((await failureOf(checkHealth(file("x", "x").replace(/x$/, "nothing")))).code).toBe("FILE_UNREADABLE");
    expect((await failureOf(checkHealth(BASE_A, { context: { threads: 0 } }))).code).toBe("BAD_ARGUMENT");
    const signal = AbortSignal.abort();
    expect((await failureOf(checkHealth(BASE_A, { ...ONE_THREAD, signal }))).code).toBe("CANCELLED");
  });
});
