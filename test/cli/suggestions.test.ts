import { describe, expect, it } from "vitest";
import { didYouMean } from "#telltale/cli/did-you-mean.js";
import { runMany } from "./many-commands.js";
import { HAS_PTY } from "./pty.js";

/** What was typed, and the sentence that helps. */
const TYPED: [args: string[], sentence: string][] = [
  [["audti"], "Unknown command 'audti'. Did you mean audit? See telltale --help."],
  [["audit", "--refrence", "b"], "Unknown option '--refrence'. Did you mean --reference? See telltale audit --help."],
  [["rank", "run", "--quite"], "Did you mean --quiet?"],
  [["rank", "run", "--preset", "papr"], "Did you mean paper?"],
  [["rank", "run", "--statistic", "logratio"], "Did you mean logRatio?"],
  [["audit", "m", "--format", "chta"], "Did you mean chat?"],
  [["audit", "m", "--gpu", "cudo"], "Did you mean cuda?"],
  [["organisms", "glass-brige"], "Did you mean glass-bridge?"],
  [["help", "enviroment"], "Did you mean environment?"],
  [["help", "phrase"], "Did you mean phrases?"],
  [["rank"], "Missing required argument 'run'. See telltale rank --help."],
];

describe.skipIf(!HAS_PTY)("what is typed wrongly", () => {
  it("is answered with what may have been meant, and one look for every error", async () => {
    const results = await runMany(
      200,
      TYPED.map(([args]) => ({ args, env: { NO_COLOR: "1" } })),
    );
    for (const [i, [args, sentence]] of TYPED.entries()) {
      expect({ args, status: results[i]?.status, text: results[i]?.text }).toMatchObject({ args, status: 2 });
      expect(results[i]?.text).toContain(sentence);
      expect(results[i]?.text).toMatch(/^\s*telltale: \S.*\r\n {2}code BAD_ARGUMENT, exit status 2\r\n/);
    }
  });
});

describe("the nearest word", () => {
  it.each([
    ["papr", " Did you mean paper?"],
    ["PAPER", " Did you mean paper?"],
    ["max-tokens", " Did you mean maxTokens?"],
    ["something else", ""],
    ["", ""],
  ])("of %j is%s", (word, hint) => {
    expect(didYouMean(word, ["default", "paper", "quick", "maxTokens"])).toBe(hint);
  });
});
