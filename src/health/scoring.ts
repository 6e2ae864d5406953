import type { LocalEngine, ScoreItem, Vocabulary } from "../engine/engine.js";

/** A model that is examined. */
export interface Patient {
  engine: LocalEngine;
  vocabulary: Vocabulary;
  /** Int32Array [0 or 1]: BOS where the vocabulary asks for it. */
  head: Int32Array;
  /** Tokens that fit behind the head. */
  room: number;
  signal: AbortSignal | undefined;
}

export async function patientOf(engine: LocalEngine, signal: AbortSignal | undefined): Promise<Patient> {
  const { addBos, bos } = engine.facts.model;
  const head = Int32Array.from(addBos && bos >= 0 ? [bos] : []);
  const room = engine.facts.context.nCtxSequence - head.length;
  return { engine, vocabulary: await engine.vocabulary(), head, room, signal };
}

/** Sequences of at least two tokens as items: scored whole, but for the first token where nothing stands before it. */
export function itemsOf({ head, room }: Patient, sequences: readonly Int32Array[]): ScoreItem[] {
  const given = head.length === 0 ? 1 : 0;
  return sequences.map((tokens) => ({ context: tokens.slice(0, given), targets: tokens.slice(given, room) }));
}

/** Float32Array [nTargets] of every item, nats, in the order of the items; all of them in one job. */
export async function logprobsOf(patient: Patient, items: readonly ScoreItem[]): Promise<Float32Array[]> {
  const { engine, head, signal } = patient;
  const all: Float32Array[] = items.map(() => new Float32Array(0));
  for await (const batch of engine.score({ head, items }, signal && { signal }))
    for (const { item, logprobs } of batch) all[item] = logprobs;
  return all;
}
