import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RemoteOptions } from "#telltale/engine/remote/options.js";
import { MODELS, rejection } from "../models.js";
import { type ForeignModel, openForeignModel } from "./foreign-model.js";
import { type Behaviour, send, startForeignServer } from "./foreign-server.js";
import { openRemote } from "./support.js";

let model: ForeignModel;
let other: ForeignModel;
beforeAll(async () => {
  model = await openForeignModel(MODELS.base);
  other = await openForeignModel(MODELS.organism);
});
afterAll(async () => {
  await model.close();
  await other.close();
});

type Values = (number | null)[];
const shiftedDown = (values: Values): Values => [...values.slice(1), null];
const shiftedBehindNull = (values: Values): Values => [null, ...values.slice(2), -1];
const shiftedUp = (values: Values): Values => [null, -1, ...values.slice(1, -1)];
const changed =
  (change: (value: number, i: number) => number | null) =>
  (values: Values): Values =>
    values.map((value, i) => (value === null ? null : change(value, i)));

/** What a server does, what it is opened for, and what is said of it. */
const REFUSED: [what: string, behaviour: Omit<Behaviour, "model">, options: Partial<RemoteOptions>, said: RegExp][] = [
  [
    "tells no log-probabilities of given texts",
    { owner: "llamacpp", tells: { echo: false, promptLogprobs: false } },
    { generates: false },
    /tells no log-probabilities of a given text.*generating only, and `telltale serve` for scoring/s,
  ],
  [
    "refuses to echo",
    {
      intercept: ({ body }, response) => {
        if (body.echo !== true && body.prompt_logprobs === undefined) return false;
        send(response, 400, { error: { message: "no \u001b[31mecho" } });
        return true;
      },
    },
    { generates: false },
    /tells no log-probabilities of a given text.*status 400: "no \\u\{1b\}\[31mecho"/s,
  ],
  ["gives the log-probability of the next token", { alterScores: shiftedDown }, {}, /offset by one/],
  ["does so behind a first null", { alterScores: shiftedBehindNull }, {}, /offset by one/],
  ["gives the log-probability of the token before", { alterScores: shiftedUp }, {}, /offset by one/],
  [
    "puts BOS before token ids",
    { alterPrompt: (ids, areIds) => (areIds ? [0, ...ids] : ids) },
    {},
    /puts a token before given token ids, as a rule BOS/,
  ],
  [
    "puts BOS before token ids and only generates",
    { alterPrompt: (ids, areIds) => (areIds ? [0, ...ids] : ids), tells: { echo: false, promptLogprobs: false } },
    { scores: false },
    /puts a token before given token ids/,
  ],
  [
    "applies a chat template",
    { alterPrompt: (ids) => [1, 400, 401, 402, ...ids, 2, 403] },
    {},
    /seems to apply a chat template/,
  ],
  [
    "tells the likeliest tokens only",
    { alterScores: changed((x) => (x < -6 ? null : x)) },
    {},
    /no log-probability \(null/,
  ],
  [
    "writes minus infinity for others",
    { alterScores: changed((x) => (x < -6 ? -9999 : x)) },
    {},
    /no log-probability \(-9999/,
  ],
  [
    "writes a floor for others",
    { alterScores: changed((x) => Math.max(x, -6)) },
    {},
    /same lowest log-probability \(-6\)/,
  ],
  [
    "renormalises over the likeliest",
    { alterScores: changed((x) => Math.min(0, x + 0.7)) },
    {},
    /other log-probabilities: 0\.\d+ nats/,
  ],
  ["gives figures that are none", { alterScores: changed((x) => -x) }, {}, /no log-probability/],
  ["gives figures of nothing", { alterScores: changed(() => 0) }, {}, /log-probability 0/],
  [
    "gives figures by chance",
    { alterScores: changed((x) => x - 4 * Math.random()) },
    {},
    /when a later one changes|offset by one/,
  ],
  [
    "gives figures that do not depend on the tokens",
    { alterScores: changed((_, i) => -1 - ((i * 7919) % 97) / 20) },
    {},
    /the same log-probability, so its figures are not those of the tokens/,
  ],
  [
    "gives the figure after greedy sampling",
    { alterGenerated: (values) => values.map(() => 0) },
    {},
    /after sampling \(every token/,
  ],
  [
    "gives figures after temperature",
    { alterGenerated: (values, t) => (t === 0 || t === 1 ? values : values.map((x) => x * t)) },
    {},
    /after sampling \(a token has .* at temperature 0 and .* at temperature 0\.05\).*raw_logprobs/s,
  ],
  [
    "does not tell tokens apart",
    { ids: { tokenIds: false, strings: false }, write: () => "\ufffd" },
    { scores: false },
    /generates nothing that can be told/,
  ],
  ["takes no token ids", { takesIds: false }, {}, /tells no log-probabilities.*prompt must be a string/s],
];

describe("what would be wrong without a word is refused", () => {
  it.each(REFUSED)("%s", async (_, behaviour, options, said) => {
    const server = await startForeignServer({ ...behaviour, model });
    const error = await rejection(() => openRemote(server.url, MODELS.base, options));
    expect(error).toMatchObject({ code: "ENDPOINT_UNSUITABLE" });
    expect((error as Error).message).toMatch(said);
    expect((error as Error).message).toContain(`"${server.url}"`);
    await server.close();
  });

  it("another vocabulary than the one given, whether it is to score or to generate", async () => {
    const server = await startForeignServer({ model });
    for (const options of [{ generates: false }, { scores: false }]) {
      const error = await rejection(() => openRemote(server.url, MODELS.baseB, options));
      expect(error).toMatchObject({ code: "ENDPOINT_UNSUITABLE" });
      expect((error as Error).message).toMatch(/has another vocabulary: .*GGUF file of the model it serves/);
    }
    await server.close();
  });

  it("no vocabulary where completions are wanted", async () => {
    const server = await startForeignServer({ model });
    const error = await rejection(() => openRemote(server.url, null));
    expect(error).toMatchObject({ code: "ENDPOINT_UNSUITABLE" });
    expect((error as Error).message).toMatch(/--finetuned-tokenizer FILE.gguf or --reference-tokenizer/);
    await server.close();
  });

  it.each([[{ generates: false }], [{ scores: false }]])(
    "two endpoints of different models, opened with %j",
    async (options) => {
      const tells = "scores" in options ? { tells: { echo: false, promptLogprobs: false } } : {};
      const servers = [
        await startForeignServer({ model, ...tells }),
        await startForeignServer({ model: other, ...tells }),
      ];
      const error = await rejection(() =>
        openRemote(
          servers.map(({ url }) => url),
          MODELS.base,
          options,
        ),
      );
      expect(error).toMatchObject({ code: "ENDPOINT_UNSUITABLE" });
      expect((error as Error).message).toMatch(
        /do not serve the same model: of one text they give other log-probabilities/,
      );
      for (const server of servers) await server.close();
    },
  );
});

describe("models", () => {
  it("are named where a server has several, and refused where it has not", async () => {
    const several: Behaviour["intercept"] = ({ path }, response) => {
      if (path !== "/v1/models") return false;
      send(response, 200, { data: [{ id: "small" }, { id: "other\n" }] });
      return true;
    };
    const server = await startForeignServer({ model, intercept: several });
    const open = (url: string) => rejection(() => openRemote(url, MODELS.base, { generates: false }));
    expect(await open(server.url)).toMatchObject({
      code: "ENDPOINT_UNSUITABLE",
      message: expect.stringMatching(/several models: "small", "other\\n"\. Say which with #NAME/),
    });
    expect(await open(`${server.url}#tall`)).toMatchObject({
      message: expect.stringMatching(/does not serve "tall", but "small", "other\\n"/),
    });
    const engine = await openRemote(`${server.url}#small`, MODELS.base, { generates: false });
    expect(engine.facts.model.name).toBe("small");
    expect(engine.facts.endpoints[0]?.server).toBe("unknown");
    await engine.close();
    await server.close();
  });

  it("are found where /v1 was left away", async () => {
    const server = await startForeignServer({ model });
    const engine = await openRemote(server.url.replace("/v1", ""), MODELS.base);
    expect(engine.facts.endpoints[0]?.url).toBe(server.url);
    await engine.close();
    await server.close();
  });
});
