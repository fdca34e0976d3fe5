/** On which images predictions are right, as bits. @module */

/**
 * Which predictions are right, a bit an image as NumPy's `packbits` packs them: the first image is the
 * highest bit of the first byte, and the last byte is filled with zeros. Both arrays have one length.
 */
export function rightBits(predicted: ArrayLike<number>, truth: ArrayLike<number>): Uint8Array {
  const bits = new Uint8Array(Math.ceil(truth.length / 8));
  for (let i = 0; i < truth.length; i++) {
    if (predicted[i] === truth[i]) bits[i >> 3] |= 128 >> (i & 7);
  }
  return bits;
}

/** How many bits are set. */
export function countBits(bits: Uint8Array): number {
  let sum = 0;
  for (let byte of bits) for (; byte > 0; byte &= byte - 1) sum++;
  return sum;
}
