// Some of many, at random and yet the same ones again.

/** So many of a list, in an order that follows from the seed. */
export function sampled<T>(list: readonly T[], size: number, seed: number): T[] {
  const random = xorshift(seed)
  return list
    .map((each) => ({ each, key: random() }))
    .sort((one, other) => one.key - other.key)
    .slice(0, size)
    .map(({ each }) => each)
}

/** The same numbers for the same seed (Marsaglia's xorshift32); from 0 it would never move. */
function xorshift(seed: number): () => number {
  let state = seed === 0 ? 1 : seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}
