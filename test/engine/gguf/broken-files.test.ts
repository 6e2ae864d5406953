import { chmodSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkModelFile } from "#telltale/engine/gguf/check.js";
import { writeGguf } from "../../fixtures/gguf-writer.js";
import { bytesOf } from "../../fixtures/hostile/broken-file.js";
import { HEADERS } from "../../fixtures/hostile/headers.js";
import { NO_MODELS } from "../../fixtures/hostile/no-models.js";
import { NOT_GGUF } from "../../fixtures/hostile/not-gguf.js";
import { tinyModel } from "../../fixtures/tiny-model.js";
import { failureOf, scratch } from "./support.js";

const file = scratch();

describe("files that are no usable GGUF", () => {
  it.each([...NOT_GGUF, ...HEADERS, ...NO_MODELS].map((broken) => [broken[0], broken] as const))(
    "%s",
    async (name, broken) => {
      const path = file(`${name.replaceAll(/\W/g, "-")}.gguf`, bytesOf(broken));
      const start = performance.now();
      const error = await failureOf(checkModelFile(path));
      expect(performance.now() - start).toBeLessThan(2_000);
      expect(error.code).toBe("BAD_MODEL");
      expect(error.message).toMatch(broken[2]);
      expect(error.message).toContain(path);
      expect(error.model).toBe(path);
      expect(error.message).not.toMatch(/[\p{Cc}]/u);
    },
  );

  it("says that a file is missing, or a directory, or no file at all", async () => {
    const path = file("there.gguf", "x");
    const missing = await failureOf(checkModelFile(`${path}.not`));
    expect(missing).toMatchObject({ code: "FILE_UNREADABLE", exitCode: 3 });
    expect(missing.message).toContain("does not exist");
    const directory = join(dirname(path), "directory.gguf");
    mkdirSync(directory);
    expect((await failureOf(checkModelFile(directory))).message).toContain("is a directory");
    expect((await failureOf(checkModelFile(join(path, "below")))).code).toBe("FILE_UNREADABLE");
  });

  it.runIf(process.platform === "linux")("does not wait for devices", async () => {
    expect((await failureOf(checkModelFile("/dev/zero"))).message).toContain("is not a regular file");
  });

  it.runIf(process.platform !== "win32" && process.getuid?.() !== 0)("says that a file may not be read", async () => {
    const path = file("secret.gguf", writeGguf(tinyModel()));
    chmodSync(path, 0);
    expect((await failureOf(checkModelFile(path))).message).toContain("permissions");
  });
});
