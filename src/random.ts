/**
 * The one source of chance: NumPy's legacy Mersenne Twister, so that splits equal scikit-learn's
 * index for index, and weights, batches and folds repeat on every machine.
 *
 * @module
 */
import { mersenne } from "pure-rand/generator/mersenne";

/** Draws from MT19937 as `numpy.random.RandomState(seed)` makes them (NumPy 2.4, `legacy-distributions.c`). */
export interface RandomState {
  /** An integer in [0, 2^32). */
  uint32(): number;
  /** A multiple of 2^-53 in [0, 1): `random_sample()`. */
  float64(): number;
  /** An integer in [0, max], by masked rejection: `random_interval(max)`. `max` is at most 2^32 - 1. */
  interval(max: number): number;
}

/** The generator that `numpy.random.RandomState(seed)` starts with; `seed` is an integer in [0, 2^32). */
export function randomState(seed: number): RandomState {
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    throw new RangeError(`A seed is an integer from 0 to 4294967295; got ${seed}.`);
  }
  const generator = mersenne(seed | 0);
  const uint32 = () => generator.next() >>> 0;
  return {
    uint32,
    float64: () => ((uint32() >>> 5) * 67108864 + (uint32() >>> 6)) / 9007199254740992,
    interval(max) {
      if (max === 0) return 0;
      const mask = max >= 0x80000000 ? 0xffffffff : (1 << (32 - Math.clz32(max))) - 1;
      let value;
      do value = (uint32() & mask) >>> 0; while (value > max);
      return value;
    },
  };
}

/** Shuffles in place as `RandomState.shuffle` does: Fisher-Yates from the end. */
export function shuffle(values: Uint32Array | Int32Array, random: RandomState): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.interval(i);
    const kept = values[i];
    values[i] = values[j];
    values[j] = kept;
  }
}

/** `numpy.random.RandomState(seed).permutation(n)`: the integers from 0 to n - 1 in random order. */
export function permutation(seed: number, n: number): Uint32Array {
  const values = Uint32Array.from({ length: n }, (_, i) => i);
  shuffle(values, randomState(seed));
  return values;
}

/**
 * A seed for one purpose out of the study's seed, so that streams do not depend on the order in
 * which they are drawn: FNV-1a (32 bits) of `"<seed>/<purpose>"`.
 */
export function seedFor(seed: number, purpose: string): number {
  let hash = 2166136261;
  for (const byte of new TextEncoder().encode(`${seed}/${purpose}`)) {
    hash = Math.imul(hash ^ byte, 16777619);
  }
  return hash >>> 0;
}
