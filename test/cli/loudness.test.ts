import { describe, expect, it } from "vitest";
import { BASE_A } from "../audit/fixture.js";
import { runCli } from "./run-cli.js";

const TEXT = ["tokenize", BASE_A, "Once upon a time"];

describe("how much a command says", () => {
  it("is the result and a note or two; with --quiet the result alone, wherever that stands", async () => {
    const [usual, quiet, before] = await Promise.all(
      [TEXT, [...TEXT, "-q"], ["--quiet", ...TEXT]].map((args) => runCli(args)),
    );
    expect(usual).toMatchObject({ status: 0, stderr: "5 tokens\n" });
    expect(quiet).toMatchObject({ status: 0, stderr: "", stdout: usual?.stdout });
    expect(before).toEqual(quiet);
  });

  it("is with --verbose llama.cpp's log, too, from a child and from this process, and how long it took", async () => {
    const score = ["score", BASE_A, "LICENSE", "--threads", "1", "--verbose"];
    const [child, here] = await Promise.all([score, [...score, "--in-process"]].map((args) => runCli(args)));
    for (const result of [child, here]) {
      expect(result?.status).toBe(0);
      expect(result?.stdout).toMatch(/^perplexity [\d.]+, [\d.]+ bits per byte\n/);
      expect(result?.stderr).toMatch(/^llama\.cpp: llama_model_loader: loaded meta data/m);
      expect(result?.stderr).toMatch(/^models\/base-a-q8_0\.gguf \(llama, .*\) on CPU; 1 thread, /m);
      expect(result?.stderr).toMatch(/^score took [\d.]+ s; this process held [\d.]+ MB of memory at most\.$/m);
    }
  });

  it("never leaves an error out, and not both are wanted", async () => {
    const [missing, both] = await Promise.all([
      runCli(["tokenize", "no-such.gguf", "text", "--quiet"]),
      runCli([...TEXT, "--quiet", "--verbose"]),
    ]);
    expect(missing).toMatchObject({ status: 3, stdout: "" });
    expect(missing.stderr).toContain("no-such.gguf");
    expect(both).toMatchObject({ status: 2, stdout: "" });
    expect(both.stderr).toContain("cannot be used with");
  });
});
