import { afterEach, describe, expect, it, vi } from "vitest";
import { reportError } from "#telltale/cli/terminal/report-error.js";
import { TelltaleError } from "#telltale/errors.js";

afterEach(() => {
  vi.restoreAllMocks();
});

function reported(error: unknown): string[] {
  let text = "";
  vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
    text += chunk;
    return true;
  });
  reportError(error);
  vi.restoreAllMocks();
  return text.trimEnd().split("\n");
}

describe("an error in the terminal", () => {
  it("says what was going on with which model, unless the sentence names the model", () => {
    const details = { phase: "score reference", model: "base\u001b[2J.gguf" };
    expect(reported(new TelltaleError("NON_FINITE", "A model gave NaN.", details))).toEqual([
      "telltale: A model gave NaN.",
      "  code NON_FINITE, exit status 9, while: score reference, model: base\\u{1b}[2J.gguf",
    ]);
    const named = { phase: "load", model: "base.gguf" };
    expect(reported(new TelltaleError("BAD_MODEL", "base.gguf has no tensors.", named))).toEqual([
      "telltale: base.gguf has no tensors.",
      "  code BAD_MODEL, exit status 5",
    ]);
  });

  it("repeats those lines of llama.cpp's log that speak of an error, not those that describe the file", () => {
    const log = [
      "llama_model_loader: - kv  12: general.name str = fail-safe",
      "print_info: file type   = unknown, may be wrong",
      "load_tensors: layer 3 of an unknown kind",
      "llama_model_load: error loading model: missing tensor 'output.weight'",
    ];
    expect(reported(new TelltaleError("ENGINE_FAILED", "It failed.", { log }))).toEqual([
      "telltale: It failed.",
      "  code ENGINE_FAILED, exit status 9",
      "  llama.cpp: llama_model_load: error loading model: missing tensor 'output.weight'",
    ]);
  });

  it("shows the stack of an error that nobody foresaw", () => {
    const lines = reported(new RangeError("a bug"));
    expect(lines[0]).toMatch(/^telltale: .*report/);
    expect(lines[1]).toBe("RangeError: a bug");
    expect(lines[2]).toMatch(/^ +at /);
  });

  it("lets nothing of such an error steer the terminal, whatever was thrown", () => {
    expect(reported(new RangeError("a\u001b[2J\u009b5m\u202e bug"))[1]).toBe(
      "RangeError: a\\u{1b}[2J\\u{9b}5m\\u{202e} bug",
    );
    expect(reported("\u001b]0;x\u0007")[1]).toBe("\\u{1b}]0;x\\u{7}");
    expect(reported(Object.create(null))[1]).toBe("a thrown object without a text");
  });
});
