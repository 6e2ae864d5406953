import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeFloat32, encodeFloat32 } from "#telltale/journal/float32.js";

it("writes little-endian floats: 1 is 00 00 80 3f", () => {
  expect(encodeFloat32(Float32Array.of(1))).toBe(Buffer.from([0x00, 0x00, 0x80, 0x3f]).toString("base64"));
});

it("gives every float back bit for bit, from a view at any offset", () => {
  fc.assert(
    fc.property(fc.float32Array(), fc.nat(3), (values, skip) => {
      const view = new Float32Array([...new Float32Array(skip), ...values]).subarray(skip);
      const back = decodeFloat32(encodeFloat32(view));
      expect(new Uint8Array(back.buffer)).toEqual(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }),
  );
});

it("leaves the array it encodes as it was", () => {
  const values = Float32Array.of(-0.5, -12.25);
  encodeFloat32(values);
  expect([...values]).toEqual([-0.5, -12.25]);
});

it.each(["AAAA", "AACAP", "AACAPw", "AACAPw=", "AA-APw==", "not base64!", "AACAPw==\n"])("refuses %j", (text) => {
  expect(() => decodeFloat32(text)).toThrow(expect.objectContaining({ code: "BAD_RUN" }));
});
