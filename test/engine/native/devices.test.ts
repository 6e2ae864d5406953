import { describe, expect, it } from "vitest";
import type { DeviceFacts } from "#telltale/engine/engine.js";
import { deviceBudget } from "#telltale/engine/host/plan.js";
import { chooseDevices, devicesInUse } from "#telltale/engine/native/devices.js";
import { type FoundBackend, preferredGpu } from "#telltale/engine/native/probe.js";

const device = (name: string, kind: DeviceFacts["kind"], memoryFree = 0): DeviceFacts => ({
  name,
  description: `a ${kind}`,
  kind,
  memoryFree,
  memoryTotal: memoryFree,
});
const MACHINE = [
  device("CUDA0", "gpu", 80),
  device("CUDA1", "gpu", 20),
  device("iGPU", "igpu", 4),
  device("CPU", "cpu"),
];

describe("chooseDevices", () => {
  it("leaves the choice to llama.cpp, takes those that are named, and none on the processor", () => {
    expect(chooseDevices("cuda", MACHINE, {})).toBeNull();
    expect(chooseDevices("cuda", MACHINE, { devices: ["CUDA1"] })).toEqual(["CUDA1"]);
    expect(chooseDevices("off", MACHINE, {})).toEqual([]);
  });

  it.each<[string, string, { devices?: string[]; tensorSplit?: number[] }, RegExp]>([
    ["an unknown device", "cuda", { devices: ["CUDA7"] }, /no device "CUDA7".*CUDA0 \(a gpu\), CUDA1/],
    ["the processor as a GPU", "cuda", { devices: ["CPU"] }, /CPU is no GPU: use --gpu off/],
    ["a device twice", "cuda", { devices: ["CUDA0", "CUDA0"] }, /named twice/],
    ["too few shares", "cuda", { tensorSplit: [1] }, /has 1 shares.*2 devices \(CUDA0, CUDA1\)/],
    ["too many shares", "cuda", { devices: ["CUDA0"], tensorSplit: [1, 1] }, /2 shares.*1 devices/],
    ["no shares at all", "cuda", { tensorSplit: [0, 0] }, /without a share/],
    ["a split on the processor", "off", { tensorSplit: [1, 1] }, /leave --tensor-split out/],
    ["a device on the processor", "off", { devices: ["CUDA0"] }, /leave --device out/],
  ])("refuses %s", (_, gpu, asked, sentence) => {
    expect(() => chooseDevices(gpu, MACHINE, asked)).toThrow(
      expect.objectContaining({ code: "BAD_ARGUMENT", message: expect.stringMatching(sentence) }),
    );
  });
});

describe("deviceBudget", () => {
  it("is the sum, or what the tightest device allows for its share", () => {
    const gpus = devicesInUse(MACHINE, undefined);
    const free = (split?: number[]) => deviceBudget(gpus, split, ({ memoryFree }) => memoryFree);
    expect(free()).toBe(100);
    expect(free([1, 1])).toBe(40);
    expect(free([4, 1])).toBe(100);
    expect(free([1, 0])).toBe(80);
  });
});

describe("preferredGpu", () => {
  const works = { ok: true, kernel: "avx2" } as const;
  const missing = { ok: false, part: "library", code: "NO_BACKEND", message: "" } as const;

  it("takes the first backend with a GPU and says which", () => {
    const found: FoundBackend[] = [
      { backend: "vulkan", result: { ...works, devices: [device("Vulkan0", "gpu")] } },
      { backend: "cuda", result: { ...works, devices: MACHINE } },
    ];
    expect(preferredGpu(found)).toMatchObject({ gpu: "cuda", reason: expect.stringContaining("CUDA0 (a gpu)") });
    expect(preferredGpu(found.slice(0, 1))).toMatchObject({ gpu: "vulkan" });
  });

  it("falls to the processor with the reason for each", () => {
    const found: FoundBackend[] = [
      { backend: "cuda", result: { ...works, devices: [device("CPU", "cpu")] } },
      { backend: "vulkan", result: missing },
    ];
    expect(preferredGpu(found)).toEqual({
      gpu: "off",
      reason: "no GPU can be used: cuda finds no device, vulkan is not installed",
      devices: [],
    });
  });
});
