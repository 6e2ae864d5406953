/** What no argument is. Made anew each time, since some of them can be used only once. */
export const HOSTILE: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  NaN: () => Number.NaN,
  "-1": () => -1,
  "1.5": () => 1.5,
  infinity: () => Number.POSITIVE_INFINITY,
  "2 ** 31": () => 2 ** 31,
  "2 ** 53": () => 2 ** 53,
  "a bigint": () => 10n,
  "a text": () => "no such thing",
  "a text with NUL": () => "a\0b",
  "half a surrogate pair": () => "\ud800",
  "a symbol": () => Symbol("s"),
  "an empty object": () => ({}),
  "an object without prototype": () => Object.create(null),
  "an array of null": () => [null],
  "an array of numbers": () => [1, -1],
  "a sparse array": () => new Array(2 ** 32 - 1),
  "an array that grows while it is read": () => growing(),
  "a function": () => () => {},
  "a date": () => new Date(Number.NaN),
  "a promise": () => Promise.resolve(),
  "a proxy of an object": () => new Proxy({}, {}),
  "a proxy of an array": () => new Proxy([], {}),
  "a proxy of a typed array": () => new Proxy(new Int32Array(4), {}),
  "an object that imitates a typed array": () => ({ length: 4, byteLength: 16, buffer: new ArrayBuffer(16), 0: 1 }),
  "an Int8Array": () => new Int8Array(3),
  "a clamped array": () => new Uint8ClampedArray(3),
  "a Uint16Array": () => new Uint16Array(3),
  "a BigInt64Array": () => new BigInt64Array(3),
  "a DataView": () => new DataView(new ArrayBuffer(12)),
  "an ArrayBuffer": () => new ArrayBuffer(12),
  "a short Uint8Array": () => new Uint8Array(1),
  "an Int32Array": () => Int32Array.of(-1, 4096, 2 ** 31 - 1),
  "a Uint32Array": () => Uint32Array.of(2 ** 32 - 1, 2 ** 32 - 1),
  "a Float32Array": () => Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY),
  "a Float64Array": () => Float64Array.of(Number.NaN, 1e300, -1),
  "a detached Int32Array": () => detached(new Int32Array(4)),
  "a detached Uint32Array": () => detached(new Uint32Array(4)),
  "a detached Float32Array": () => detached(new Float32Array(4)),
  "a detached Float64Array": () => detached(new Float64Array(4)),
  "a detached Uint8Array": () => detached(new Uint8Array(4)),
  "a shared Int32Array": () => new Int32Array(new SharedArrayBuffer(16)),
  "a shared Uint8Array": () => new Uint8Array(new SharedArrayBuffer(16)),
  "an Int32Array cut off by its own buffer": () => cutOff(),
};

/** What throws when it is read, and the name of the error. */
export const THROWING: Record<string, [error: string, value: () => object]> = {
  "a getter": [
    "RangeError",
    () =>
      new Proxy(
        {},
        {
          get(_, name) {
            throw new RangeError(`read ${String(name)}`);
          },
        },
      ),
  ],
  "a revoked proxy": [
    "TypeError",
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
  ],
};

function detached<T extends ArrayBufferView>(array: T): T {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}

function cutOff(): Int32Array {
  const buffer = new (ArrayBuffer as unknown as new (bytes: number, options: object) => ArrayBuffer)(64, {
    maxByteLength: 128,
  });
  const array = new Int32Array(buffer, 16, 8);
  (buffer as unknown as { resize(bytes: number): void }).resize(8);
  return array;
}

function growing(): unknown[] {
  const array: unknown[] = ["a"];
  Object.defineProperty(array, 0, { enumerable: true, get: () => array.push("more") && "a" });
  return array;
}
