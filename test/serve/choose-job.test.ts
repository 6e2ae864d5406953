import { describe, expect, it } from "vitest";
import { chooseJob, type JobLimits } from "#telltale/serve/choose-job.js";
import type { GenerateWork, ScoreWork, Ticket, Work } from "#telltale/serve/work.js";

const LIMITS: JobLimits = { kept: new Int32Array(0), nCtx: 4096, tokens: 10_000, sequences: 16, share: true };
const unused = { resolve: () => {}, reject: () => {} };
const range = (from: number, length: number) => Int32Array.from({ length }, (_, i) => from + i);

function score(tokens: Int32Array, over: Partial<ScoreWork> = {}): ScoreWork {
  const prefix = over.prefix ?? null;
  return {
    kind: "score",
    ticket: { gone: false },
    tokens,
    prefix,
    turn: 0,
    alone: false,
    given: (prefix ?? 0) + 1,
    top: false,
    ...unused,
    ...over,
  };
}

function generate(tokens: Int32Array, over: Partial<GenerateWork> = {}): GenerateWork {
  const common = { ticket: { gone: false }, tokens, prefix: null, turn: 0, alone: false, ...unused };
  return { kind: "generate", ...common, maxTokens: 8, samples: 1, sampling: null, place: 0, ...over };
}

const joined = (...parts: Int32Array[]) => Int32Array.from(parts.flatMap((part) => Array.from(part)));

describe("the next job", () => {
  it("begins with whose turn it is, and takes what goes with it in turn", () => {
    const works: Work[] = [
      score(range(0, 5), { turn: 3 }),
      generate(range(9, 5), { turn: 2 }),
      score(range(20, 5), { turn: 1 }),
      score(range(30, 5), { turn: 2, top: true }),
    ];
    const job = chooseJob(works, LIMITS);
    expect(job).toEqual({ works: [works[2], works[0]], head: 0, shared: null });
  });

  it("takes no more tokens than a job may hold, but one work always, and completions for every slot", () => {
    const scores = Array.from({ length: 10 }, (_, i) => score(range(100 * i, 40), { turn: i }));
    expect(chooseJob(scores, { ...LIMITS, tokens: 100 }).works).toEqual(scores.slice(0, 2));
    expect(chooseJob(scores, { ...LIMITS, tokens: 1 }).works).toEqual(scores.slice(0, 1));
    const completions = Array.from({ length: 100 }, (_, i) => generate(range(100 * i, 4), { turn: i }));
    expect(chooseJob(completions, { ...LIMITS, tokens: 1 }).works).toHaveLength(64);
  });

  it("has the head that was asked for, with the works that ask for the same", () => {
    const head = range(0, 10);
    const works = [
      score(joined(head, range(50, 3)), { prefix: 10 }),
      score(joined(head, range(60, 3)), { prefix: 9 }),
      score(joined(range(1, 10), range(60, 3)), { prefix: 10 }),
      score(joined(head, range(70, 3)), { prefix: 10 }),
      score(joined(head, range(80, 3))),
    ];
    expect(chooseJob(works, LIMITS)).toEqual({ works: [works[0], works[3]], head: 10, shared: null });
  });

  it("generates together what has equal settings; with a seed the places of one request in a row", () => {
    const [one, two]: [Ticket, Ticket] = [{ gone: false }, { gone: false }];
    const drawn = (ticket: Ticket, place: number, seed?: number): GenerateWork =>
      generate(range(50 * place, 4), {
        ticket,
        place,
        sampling: { temperature: 1, topK: 0, topP: 1, minP: 0, ...(seed === undefined ? {} : { seed }) },
      });
    const seeded = [drawn(one, 0, 3), drawn(two, 0, 3), drawn(one, 1, 3), drawn(one, 3, 3), drawn(one, 1, 4)];
    expect(chooseJob(seeded, LIMITS).works).toEqual([seeded[0], seeded[2]]);
    const free = [drawn(one, 0), drawn(two, 0), drawn(one, 5), drawn(two, 1, 3)];
    expect(chooseJob(free, LIMITS).works).toEqual(free.slice(0, 3));
  });

  it("runs alone what ran in a job that failed", () => {
    const works = [score(range(0, 5), { alone: true }), score(range(0, 5)), score(range(0, 5))];
    expect(chooseJob(works, LIMITS).works).toEqual([works[0]]);
    expect(chooseJob(works.slice().reverse(), LIMITS).works).toEqual([works[2], works[1]]);
  });
});

describe("a beginning in common", () => {
  const head = range(0, 100);
  const behind = (count: number, length = 100) =>
    Array.from({ length: count }, (_, i) => score(joined(head.slice(0, length), range(1000 + 10 * i, 5))));

  it("is used where it saves more than it costs", () => {
    const four = behind(4);
    expect(chooseJob(four, LIMITS)).toEqual({ works: four, head: 99, shared: head });
    // Decoded twice, for its own scores and for the slots: two works gain nothing.
    expect(chooseJob(four.slice(0, 2), LIMITS).shared).toBeNull();
    // Where its tokens are given it is decoded once.
    const given = four.slice(0, 2).map((work) => ({ ...work, given: 101 }));
    expect(chooseJob(given, LIMITS)).toEqual({ works: given, head: 99, shared: head });
    // Less than 32 tokens are never worth it; nor are 4 times 100 against copying a large context.
    expect(chooseJob(behind(50, 31), LIMITS).shared).toBeNull();
    expect(chooseJob(four, { ...LIMITS, nCtx: 1 << 20 }).shared).toBeNull();
    expect(chooseJob(four, { ...LIMITS, share: false }).shared).toBeNull();
  });

  it("leaves others for later, and each work a token of its own after what is kept", () => {
    const works = [...behind(4), score(range(5000, 30)), score(head), score(head)];
    const job = chooseJob(works, LIMITS);
    expect(job.shared).toEqual(head.slice(0, 99));
    expect(job.head).toBe(98);
    expect(job.works).toEqual([...works.slice(0, 4), works[5], works[6]]);
  });

  it("prefers the longer one where that saves more", () => {
    const far = Array.from({ length: 9 }, (_, i) => score(joined(head.slice(0, 40), range(3000 + 99 * i, 60))));
    const close = behind(20);
    expect(chooseJob([...close, ...far], LIMITS)).toMatchObject({ works: close, head: 99 });
  });

  it("that is still there serves a single work", () => {
    const [one] = behind(1) as [ScoreWork];
    expect(chooseJob([one], { ...LIMITS, kept: head })).toEqual({ works: [one], head: 99, shared: head });
    expect(chooseJob([one], { ...LIMITS, kept: range(1, 100) }).shared).toBeNull();
    // The whole of a work cannot be kept: nothing would be left to decode.
    expect(chooseJob([score(head)], { ...LIMITS, kept: head }).shared).toBeNull();
  });
});
