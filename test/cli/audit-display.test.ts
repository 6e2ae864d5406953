import { describe, expect, it } from "vitest";
import type { AuditEvent } from "#telltale/audit/events.js";
import { engineLine, showEvent } from "#telltale/cli/audit-display.js";
import type { LocalFacts } from "#telltale/engine/engine.js";

/** What events ask of the progress, call by call. */
function calls(events: readonly AuditEvent[]): unknown[][] {
  const made: unknown[][] = [];
  const keep =
    (name: string) =>
    (...args: unknown[]) =>
      made.push([name, ...args]);
  const progress = {
    phase: keep("phase"),
    step: keep("step"),
    update: keep("update"),
    note: keep("note"),
    end: keep("end"),
  };
  for (const event of events) showEvent(progress, event);
  return made;
}

function factsWith(context: Partial<LocalFacts["context"]>): LocalFacts {
  return {
    kind: "local",
    model: {
      path: "m.gguf",
      description: "qwen2 7B Q8_0",
      architecture: "qwen2",
      fileType: "Q8_0",
      parameters: 7_615_616_512,
    },
    context: {
      device: "CPU",
      gpuLayers: 0,
      threads: 1,
      nCtxSequence: 256,
      nBatch: 512,
      nSequences: 1,
      kvTypeK: "f16",
      flashAttention: true,
      kernel: "avx2",
      adapters: [],
      ...context,
    },
  } as unknown as LocalFacts;
}

describe("the display of an audit", () => {
  it("counts the whole audit as one phase, in whole completions, and names the step that is under way", () => {
    expect(
      calls([
        { type: "directory", directory: "runs/x" },
        { type: "phase", phase: "audit", completions: 80 },
        { type: "step", step: "score finetuned", configuration: "builtin/chat" },
        { type: "progress", completionsDone: 10.67, tokensDone: 320 },
        { type: "note", message: "an oddity" },
      ]),
    ).toEqual([
      ["phase", "audit", 80],
      ["step", "score finetuned builtin/chat"],
      ["update", { done: 10, tokens: 320 }],
      ["note", "an oddity"],
    ]);
  });

  it("shows which file is downloaded and how much of it is there", () => {
    const file = "data/train.parquet";
    expect(
      calls([
        { type: "download", step: "download", file, bytesDone: 1_999_999, bytesTotal: 4_000_000 },
        { type: "download", step: "check", file, bytesDone: 1_000_000, bytesTotal: 4_000_000 },
        { type: "download", step: "check", file, bytesDone: 4_000_000, bytesTotal: 4_000_000 },
      ]),
    ).toEqual([
      ["step", `downloading 49% of 4.0 MB: ${file}`],
      ["step", `checking 25% of 4.0 MB: ${file}`],
      ["step", `reading ${file}`],
    ]);
  });

  it("says what a model is and what it runs on", () => {
    expect(engineLine(factsWith({}))).toBe(
      "m.gguf (qwen2, 7.6B parameters, Q8_0) on CPU; 1 thread, 1 sequence of 256 tokens, batch 512, KV f16, flash attention, log-softmax avx2",
    );
    expect(engineLine(factsWith({ reduction: "device" }))).toMatch(/, log-softmax on the device$/);
    expect(engineLine(factsWith({ reduction: "host", reductionNotice: "It lacks STEP." }))).toMatch(
      /, log-softmax avx2 on the host \(It lacks STEP\)$/,
    );
    const other = { device: "CUDA0", gpuLayers: 28, threads: 2, nSequences: 64, flashAttention: false };
    expect(engineLine(factsWith({ ...other, adapters: [{ path: "a.gguf", scale: 0.5 }] }))).toMatch(
      /on CUDA0, 28 layers there; 2 threads, 64 sequences of .*, no flash attention, .*, adapter a\.gguf x 0\.5$/,
    );
  });
});
