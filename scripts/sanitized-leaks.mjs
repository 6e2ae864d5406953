// Uses everything the addon has, in ways that succeed, fail, and are broken off, closes it all and ends: what then is still
// allocated and not to be reached from anywhere, LeakSanitizer reports, and ends the process with another status.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import { openNativeTokenizer } from "#telltale/engine/native/tokenizer.js";

const base = "test/fixtures/models/base-a-f16.gguf";
const lora = "test/fixtures/models/organism-a-glass-lora.gguf";
const context = { threads: 2, sequences: 8, contextSequence: 256, batch: 128 };
const head = Int32Array.of(1, 2, 3);
const prefills = Array.from({ length: 100 }, (_, i) => Int32Array.of(i, i + 1));
const items = prefills.map((prefill) => ({ context: prefill, targets: Int32Array.of(5, 6, 7) }));

const failed = async (run) => {
  try {
    await run();
  } catch {
    return;
  }
  throw new Error("This was to fail.");
};
const all = async (batches) => {
  for await (const batch of batches) batch.length;
};

const [plain, adapted, device] = await openNativeEngines({ path: base }, [
  context,
  { ...context, adapters: [{ path: lora }], kvType: "q8_0" },
  { ...context, reduction: "device" },
]);
const tokenizer = await openNativeTokenizer(base);
for (const engine of [plain, adapted, device]) {
  await engine.detokenize(await engine.tokenize(["one text", "another"]));
  await all(engine.generate({ head, prefills, maxTokens: 4 }));
  await all(engine.generate({ head, prefills, maxTokens: 4, samples: 3, sampling: { topK: 5, topP: 0.9 } }));
  await all(engine.score({ head, items }));
  for await (const batch of engine.score({ head, items })) if (batch.length > 0) break;
  await failed(() => all(engine.generate({ head, prefills: [Int32Array.of(-1)], maxTokens: 4 })));
  await failed(() => all(engine.score({ head, items }, { signal: AbortSignal.timeout(1) })));
}
const running = failed(() => all(plain.generate({ head, prefills, maxTokens: 200 })));
await sleep(20);
await Promise.all([plain.close(), adapted.close(), device.close(), tokenizer.close(), running]);

const folder = mkdtempSync(path.join(tmpdir(), "telltale-leaks-"));
const broken = path.join(folder, "broken.gguf");
writeFileSync(broken, "GGUF, but no more");
await failed(() => openNativeEngines({ path: broken }, [context]));
await failed(() => openNativeEngines({ path: base }, [{ ...context, adapters: [{ path: broken }] }]));
await failed(() => openNativeEngines({ path: base }, [{ ...context, batch: 1 }]));
rmSync(folder, { recursive: true });

globalThis.gc();
await sleep(100);
globalThis.gc();
console.log("Nothing is open any more.");
