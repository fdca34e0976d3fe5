/** Memory for bytes whose number is known only once they have been read. @module */

/** Most bytes that the images of one file may take, 4 GiB: ninety times those of Fashion-MNIST. */
export const MOST_BYTES = 2 ** 32;

/**
 * The same bytes with room for `needed` in all, or for twice as many, so that this is called seldom;
 * `bytes` is empty afterwards.
 *
 * @param name what an error calls the file
 * @param most room for more than this is not made; `MOST_BYTES` if omitted
 * @throws {Error} where `needed` is more than `most`, or more than this machine can give
 */
export function enlarged(
  bytes: Uint8Array<ArrayBuffer>,
  needed: number,
  name: string,
  most = MOST_BYTES,
): Uint8Array<ArrayBuffer> {
  if (needed > most) {
    throw new Error(`${name}: its images take more than ${most} bytes, which are not read.`);
  }
  const size = Math.min(2 * needed, most);
  try {
    return new Uint8Array(bytes.buffer.transfer(size));
  } catch (cause) {
    throw new Error(`${name}: this machine cannot give the ${size} bytes that its images take.`, {
      cause,
    });
  }
}
