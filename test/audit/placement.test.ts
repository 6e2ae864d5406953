import { beforeAll, describe, expect, it } from "vitest";
import { decidePlacement } from "#telltale/audit/placement.js";
import type { LocalEngine } from "#telltale/engine/engine.js";
import { checkModelFile } from "#telltale/engine/gguf/check.js";
import type { GgufHeader } from "#telltale/engine/gguf/types.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import { BASE_A, ORGANISM_A } from "./fixture.js";

const MEGABYTE = 1024 * 1024;
let headers: { finetuned: GgufHeader; reference: GgufHeader; shared: boolean };
let facts: LocalEngine["facts"];

beforeAll(async () => {
  headers = { finetuned: await checkModelFile(ORGANISM_A), reference: await checkModelFile(BASE_A), shared: false };
  const [engine] = await openNativeEngines({ path: ORGANISM_A }, [{ threads: 1, contextSequence: 256 }]);
  if (engine === undefined) throw new Error("no engine");
  facts = engine.facts;
  await engine.close();
});

describe("decidePlacement", () => {
  it("puts both models side by side where both fit", () => {
    const decision = decidePlacement("auto", headers, facts, "f16", 4096 * MEGABYTE);
    expect(decision.placement).toBe("side-by-side");
    expect(decision.finetuned + decision.reference).toBeLessThan(4096 * MEGABYTE);
  });

  it("runs them one after the other where they do not fit together", () => {
    const { finetuned, reference } = decidePlacement("auto", headers, facts, "f16", 4096 * MEGABYTE);
    expect(decidePlacement("auto", headers, facts, "f16", finetuned + reference).placement).toBe("side-by-side");
    const tight = decidePlacement("auto", headers, facts, "f16", finetuned + reference - 1);
    expect(tight.placement).toBe("one-after-the-other");
    expect(tight.reason).toMatch(/do not fit in memory together \(.* needed, .* free\)/);
  });

  it("counts weights that both share once", () => {
    const apart = decidePlacement("auto", headers, facts, "f16", 0);
    const shared = decidePlacement("auto", { ...headers, shared: true }, facts, "f16", 0);
    expect(apart.reference - shared.reference).toBeGreaterThan(1.5 * MEGABYTE);
  });

  it("obeys", () => {
    expect(decidePlacement("side-by-side", headers, facts, "f16", 0).placement).toBe("side-by-side");
    expect(decidePlacement("one-after-the-other", headers, facts, "f16", 1e15).placement).toBe("one-after-the-other");
  });
});
