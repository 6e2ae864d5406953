import { describe, expect, it } from "vitest";
import { seedOf } from "#telltale/engine/remote/fields.js";
import { isRemote, parseRemote } from "#telltale/engine/remote/spec.js";
import { rejection } from "../models.js";

describe("endpoints on the command line", () => {
  it("are told from files and names by their beginning", () => {
    expect(["http://a/v1", "HTTPS://a", "https://a#m"].map(isRemote)).toEqual([true, true, true]);
    expect(["a.gguf", "./http://a", "hf:a/b", "ftp://a", "http:/a", ""].map(isRemote)).toEqual(Array(6).fill(false));
  });

  it("are read with the model's name behind them", () => {
    expect(parseRemote("http://a:8000/v1, https://B/x/v1/#org/model:q4#2")).toEqual({
      text: "http://a:8000/v1,https://b/x/v1#org/model:q4#2",
      endpoints: ["http://a:8000/v1", "https://b/x/v1"],
      model: "org/model:q4#2",
    });
    expect(parseRemote("http://127.0.0.1:80")).toEqual({
      text: "http://127.0.0.1",
      endpoints: ["http://127.0.0.1"],
      model: null,
    });
  });

  it.each([
    ["http://user:secretpass@a/v1", /user name or password.*TELLTALE_API_KEY/s],
    ["http://:secretpass@a/v1", /user name or password/],
    ["http://a/v1?key=secretpass", /a query/],
    ["http://a/v1,ftp://b", /"ftp:\/\/b" is no address/],
    ["http://a/v1,", /"" is no address/],
    ["http://secretpass@[/v1", /One of the endpoints is no address/],
    ["http://a/v1,http://A:80/v1/", /"http:\/\/a\/v1" twice/],
    ["http://a/v1#", /names no model after #/],
  ])("%s is refused, secrets unsaid", async (text, said) => {
    const error = (await rejection(async () => parseRemote(text))) as Error;
    expect(error).toMatchObject({ code: "BAD_ARGUMENT" });
    expect(error.message).toMatch(said);
    expect(error.message).not.toContain("secretpass");
  });
});

describe("seeds of drawn completions", () => {
  it("depend on seed, place and sample, all of them, and fit in 31 bits", () => {
    const seeds = new Set<number>();
    for (const seed of [0, 1, 2 ** 31, 2 ** 32, 2 ** 52]) {
      for (let place = 0; place < 50; place++) {
        for (let sample = 0; sample < 10; sample++) seeds.add(seedOf(seed, place, sample));
      }
    }
    // Of 2,500 draws from 2^31 numbers two are the same with a probability of 0.0015: these are not.
    expect(seeds.size).toBe(2500);
    expect([...seeds].every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31)).toBe(true);
    expect(seedOf(7, 3, 1)).toBe(seedOf(7, 3, 1));
  });
});
