import { rmSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkModelFile } from "#telltale/engine/gguf/check.js";
import { draft, type GgufDraft, scalar, writeGguf } from "../../fixtures/gguf-writer.js";
import { tinyModel, withKey } from "../../fixtures/tiny-model.js";
import { failureOf, scratch } from "./support.js";

const file = scratch();

function numbered(model: GgufDraft, part: number, tensors: number): GgufDraft {
  const counted = withKey(model, "split.count", scalar("uint16", 2));
  const placed = withKey(counted, "split.no", scalar("uint16", part));
  return withKey(placed, "split.tensors.count", scalar("int32", tensors));
}

/** The tiny model in two files; the paths of both. */
function twoParts(name: string, change: (part: GgufDraft, index: number) => GgufDraft = (part) => part): string[] {
  const { tensors, ...rest } = tinyModel();
  const parts = [
    numbered({ ...rest, tensors: tensors.slice(0, 4) }, 0, tensors.length),
    numbered(draft([], tensors.slice(4)), 1, tensors.length),
  ];
  return parts.map((part, index) => file(`${name}-0000${index + 1}-of-00002.gguf`, writeGguf(change(part, index))));
}

describe("models in several files", () => {
  it("are read as one from their first part", async () => {
    const [first = "", second = ""] = twoParts("whole");
    const header = await checkModelFile(first);
    const single = await checkModelFile(file("single.gguf", writeGguf(tinyModel())));
    expect([...header.tensors.keys()]).toEqual([...single.tensors.keys()]);
    expect(header.fileSize).toBe(statSync(first).size + statSync(second).size);
    expect(header.parts).toEqual([first, second]);
    expect(single.parts).toEqual([single.path]);
  });

  it("are refused by another part", async () => {
    const [, second = ""] = twoParts("second");
    expect((await failureOf(checkModelFile(second))).message).toMatch(
      /is part 2 of a model in 2 files. Give the first part/,
    );
  });

  it("are refused with a part missing or cut off", async () => {
    const [first = "", second = ""] = twoParts("gap");
    file(
      "gap-00002-of-00002.gguf",
      writeGguf(numbered(draft([], tinyModel().tensors.slice(4)), 1, 11)).subarray(0, 900),
    );
    expect((await failureOf(checkModelFile(first))).message).toMatch(/gap-00002.*is cut off/);
    rmSync(second);
    const { code, message } = await failureOf(checkModelFile(first));
    expect(code).toBe("BAD_MODEL");
    expect(message).toMatch(/is part 1 of 2, and part 2 cannot be read: .*gap-00002-of-00002.gguf/);
  });

  it("are refused under another name", async () => {
    const path = file("renamed.gguf", writeGguf(numbered(tinyModel(), 0, 11)));
    expect((await failureOf(checkModelFile(path))).message).toMatch(/was renamed.*-00001-of-00002.gguf/);
  });

  it("are refused where the parts contradict each other", async () => {
    const wrongNumber = twoParts("number", (part, index) => (index === 1 ? numbered(part, 0, 11) : part));
    expect((await failureOf(checkModelFile(wrongNumber[0] ?? ""))).message).toMatch(/calls itself part 1/);
    const wrongCount = twoParts("count", (part) => withKey(part, "split.tensors.count", scalar("int32", 99)));
    expect((await failureOf(checkModelFile(wrongCount[0] ?? ""))).message).toMatch(/promises 99 tensors/);
    const repeated = twoParts("twice", (part, index) => ({
      ...part,
      tensors: index === 1 ? tinyModel().tensors : part.tensors,
    }));
    expect((await failureOf(checkModelFile(repeated[0] ?? ""))).message).toMatch(
      /repeats the tensor "token_embd.weight"/,
    );
  });
});
