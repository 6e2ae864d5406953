import path from "node:path";
import { describe, expect, it } from "vitest";
import { audit } from "#telltale/audit/audit.js";
import type { AuditOptions } from "#telltale/audit/options.js";
import { temporaryFolder } from "../audit/fixture.js";
import { BASE_A, BASE_A_F16, failureOf, scratch } from "../engine/gguf/support.js";
import * as sick from "../fixtures/sick-models.js";

const file = scratch();

/** An audit of one model against another, of a few short completions; the notes that it made. */
async function audited(finetuned: string, reference: string, changes: Partial<AuditOptions> = {}): Promise<string[]> {
  const { folder, remove } = temporaryFolder();
  const notes: string[] = [];
  const directory = path.join(folder, "run");
  const small = { limit: 4, maxTokens: 8, context: { threads: 1, sequences: 4 } };
  try {
    await audit(
      { finetuned, reference, directory, ...small, ...changes },
      { onEvent: (event) => event.type === "note" && notes.push(event.message) },
    );
  } finally {
    remove();
  }
  return notes;
}

describe("an audit of a sick model that loads", () => {
  it("ends with NON_FINITE where it gives no numbers, whichever of the two it is", async () => {
    const spoilt = file("nan.gguf", await sick.trainedWithNan("f16"));
    for (const [finetuned, reference] of [[spoilt, BASE_A_F16] as const, [BASE_A_F16, spoilt] as const]) {
      const error = await failureOf(audited(finetuned, reference));
      expect(error).toMatchObject({ code: "NON_FINITE", exitCode: 9, model: spoilt });
      expect(error.message).toMatch(/weights hold NaN or infinity/);
    }
  });

  it("ends before it computes where its weights are looked through", async () => {
    const spoilt = file("nan-q8.gguf", await sick.trainedWithNan("q8_0"));
    const error = await failureOf(audited(spoilt, BASE_A, { model: { checkTensors: true } }));
    expect(error).toMatchObject({ code: "BAD_MODEL", exitCode: 5, model: spoilt });
    expect(error.message).toMatch(/hold NaN or infinity, in "blk.1.ffn_up.weight"/);
  });

  it.each([
    ["never ends", sick.ENDLESS_TEMPLATE, /does not come to an end/],
    ["throws", sick.THROWING_TEMPLATE, /refuses the conversation/],
  ])(
    "leaves the chat format out where the template %s, and says so; asked for by name it is an error",
    async (_, template, sentence) => {
      const model = file("template.gguf", sick.withTemplate(template));
      const notes = await audited(model, model, { prefillTokens: 4 });
      expect(
        notes.filter((note) => note.startsWith("The chat format is left out") && sentence.test(note)),
      ).toHaveLength(1);
      const error = await failureOf(audited(model, model, { prefillTokens: 4, formats: ["chat"] }));
      expect(error.code).toBe("NO_CHAT_TEMPLATE");
      expect(error.message).toMatch(sentence);
    },
  );
});
