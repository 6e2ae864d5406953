import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ERROR_EXIT_CODES } from "#telltale/errors.js";
import { CONTEXT, ignore, type Natives, openNatives, scoreRequest } from "./entries.js";
import { type Accepts, entryTable, type Row, WHOLE } from "./entry-table.js";
import { HOSTILE, THROWING } from "./hostile-values.js";

let natives: Natives;
beforeAll(async () => {
  natives = await openNatives();
});
afterAll(() => {
  natives.context.close();
  natives.model.close();
});

/** Calls, waits for what is promised, closes what was opened. The error, or undefined. */
async function outcome(run: () => unknown): Promise<unknown> {
  try {
    const result = (await run()) as { close?: () => void } | null | undefined;
    result?.close?.();
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The argument lists with one argument, or one property of one, put in the place of the right one. */
function* replaced(
  row: Row,
  value: () => unknown,
): Generator<[place: string, accepts: Accepts | undefined, given: unknown[]]> {
  const [, , valid, accepts] = row;
  for (const [i, accept] of accepts.entries()) {
    const given = valid();
    if (typeof accept === "function") {
      yield [`argument ${i}`, accept as Accepts, given.with(i, value())];
      continue;
    }
    yield [`argument ${i}`, accept[WHOLE], given.with(i, value())];
    for (const [property, inner] of Object.entries(accept)) {
      yield [property, inner as Accepts, given.with(i, { ...(given[i] as object), [property]: value() })];
    }
  }
}

describe.each(entryTable(() => natives))("%s", (...row) => {
  const [, run, valid] = row;

  it("takes what is right", async () => {
    const error = await outcome(() => run(...valid()));
    if (error !== undefined) expect(error).toMatchObject({ code: "BAD_ADAPTER" }); // of a file that is not there
  });

  it("refuses everything else as BAD_ARGUMENT", async () => {
    for (const [name, value] of Object.entries(HOSTILE)) {
      for (const [place, accepts, given] of replaced(row, value)) {
        if (accepts?.(value()) === true) {
          await outcome(() => run(...given)); // of the right kind, whatever becomes of it
        } else {
          expect(await outcome(() => run(...given)), `${name} as ${place}`).toMatchObject({ code: "BAD_ARGUMENT" });
        }
      }
    }
  });

  it.each(Object.entries(THROWING))("hands on what %s throws, or refuses it", async (_, [name, value]) => {
    for (const [place, , given] of replaced(row, value)) {
      const error = (await outcome(() => run(...given))) as { name: string; code?: string };
      expect(error.code ?? error.name, place).toMatch(new RegExp(`^(${name}|BAD_ARGUMENT)$`));
    }
  });

  it("does nothing worse than refuse nothing at all, and any arguments", async () => {
    expect(await outcome(() => run())).toMatchObject({ code: "BAD_ARGUMENT" });
    const anything = fc.anything({
      withBigInt: true,
      withDate: true,
      withNullPrototype: true,
      withSparseArray: true,
      withTypedArray: true,
      withMap: true,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 4 }), async (given) => {
        const error = await outcome(() => run(...given));
        if (error !== undefined) expect(Object.keys(ERROR_EXIT_CODES)).toContain((error as { code: string }).code);
      }),
      { numRuns: 40, seed: 6 },
    );
  });
});

it("gives its methods no other object to work on", () => {
  const { model, context } = natives;
  for (const [owner, stranger] of [
    [model, context],
    [context, model],
  ] as unknown as [Record<string, () => unknown>, object][]) {
    for (const name of ["facts", "close", "tokenize", "score", "progress", "cancel"]) {
      const method = owner[name];
      if (method === undefined) continue;
      for (const receiver of [stranger, {}, Object.create(owner), null, undefined, 1]) {
        expect(() => method.call(receiver as never), name).toThrow(TypeError);
      }
    }
  }
  expect(context.facts().nSequences).toBe(CONTEXT.sequences);
});

it("makes an object of its classes that is closed from the beginning", () => {
  const { model, context } = natives;
  const bare = [model, context].map((object) => new (object.constructor as new () => Natives["model"])());
  for (const object of bare) {
    expect(() => object.facts()).toThrow(/closed/);
    object.close();
  }
});

it("reads a request before it looks whether it may start, so that a getter cannot close what is used", async () => {
  const { model } = natives;
  const context = await model.createContext(CONTEXT);
  const request = {
    ...scoreRequest(),
    get head() {
      context.close();
      return Int32Array.of(1);
    },
  };
  expect(await outcome(() => context.score(request, ignore))).toMatchObject({ code: "ENGINE_UNAVAILABLE" });
});
