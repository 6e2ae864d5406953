import { describe, expect, it } from "vitest";
import { type AuditOptions, resolveAuditOptions } from "#telltale/audit/options.js";

const PAIR: AuditOptions = { finetuned: "organism.gguf", reference: "base.gguf" };

describe("resolveAuditOptions", () => {
  it("fills in the default preset", () => {
    expect(resolveAuditOptions(PAIR)).toMatchObject({
      preset: "default",
      corpora: ["builtin"],
      formats: "auto",
      prefillTokens: 3,
      limit: 2000,
      maxTokens: 100,
      samples: 1,
      finetunedScores: "exact",
      calibrate: false,
      placement: "auto",
      context: { kvType: "f16", flashAttention: "auto" },
      model: { gpu: "off" },
      rank: { statistics: ["logRatio", "pplDifference"], minTokens: 20 },
    });
  });

  it("keeps the paper's recipe to the letter", () => {
    expect(resolveAuditOptions({ ...PAIR, preset: "paper" })).toMatchObject({
      corpora: ["c4-10k", "pile-10k", "code-10k"],
      formats: ["raw", "chat"],
      chat: { system: "You are a helpful assistant.", user: "Tell me anything." },
      prefillTokens: 3,
      limit: null,
      maxTokens: 100,
      rank: { statistics: ["pplDifference", "logRatio"], minTokens: 0, repetition: null, top: 100 },
    });
  });

  it("takes what is given over the preset", () => {
    const resolved = resolveAuditOptions({ ...PAIR, preset: "paper", limit: 7, rank: { minTokens: 3 } });
    expect(resolved).toMatchObject({ limit: 7, corpora: ["c4-10k", "pile-10k", "code-10k"], rank: { minTokens: 3 } });
    expect(resolved.rank.repetition).toBeNull();
  });

  it("takes the model without its adapter for the reference", () => {
    const resolved = resolveAuditOptions({ finetuned: "base.gguf", lora: { path: "adapter.gguf" } });
    expect(resolved).toMatchObject({ reference: "base.gguf", lora: { scale: 1 } });
  });

  const wrong: [what: string, changes: Partial<AuditOptions>, sentence: RegExp][] = [
    ["no reference", { reference: undefined as never }, /a reference model is needed/],
    ["an invalid keyword expression", { rank: { keywords: [{ behaviour: "any", sets: [["/[/"]] }] } }, /\[/],
    ["an unknown corpus", { corpora: ["c5-10k"] }, /c5-10k/],
    ["two corpora of one name", { corpora: ["file:a/x.txt", "file:b/x.jsonl"] }, /called "x"/],
    ["samples without sampling", { samples: 2 }, /need sampling/],
    ["a batch smaller than the sequences", { context: { sequences: 64, batch: 32 } }, /--batch \(32\)/],
    ["a temperature the engine would refuse", { sampling: { temperature: 0.0001 } }, /temperature/],
    ["an unknown option", { prefils: 3 } as never, /prefils/],
  ];
  it.each(wrong)("refuses %s before any work", (_what, changes, sentence) => {
    const given = Object.fromEntries(
      Object.entries({ ...PAIR, ...changes }).filter(([, value]) => value !== undefined),
    );
    let thrown: unknown;
    try {
      resolveAuditOptions(given as unknown as AuditOptions);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "BAD_ARGUMENT", exitCode: 2, message: expect.stringMatching(sentence) });
  });
});
