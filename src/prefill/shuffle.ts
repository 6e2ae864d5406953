/**
 * Numbers in [0, 1), 32 bits each, the same for a seed everywhere: Mulberry32, a Weyl sequence of step 0x6D2B79F5
 * whose every state is mixed by two multiply-xorshift rounds. Only the seed's low 32 bits count.
 */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The items in an order that depends on the seed and their number alone: Fisher-Yates from the last place down. */
export function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const order = [...items];
  const random = randomNumbers(seed);
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as Item, order[last] as Item];
  }
  return order;
}
