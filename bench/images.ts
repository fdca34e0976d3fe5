/** What the benches train on. @module */
import { encodeNpy } from "../src/files/npy.ts";
import { randomState } from "../src/random.ts";

/**
 * Writes `images.npy`, `[count, 32, 32, 1]`, and `labels.npy`, `[count]`, both uint8, into a folder,
 * which it makes. The images have no pattern; the speed does not depend on it.
 */
export async function writeImages(directory: string, count: number): Promise<void> {
  await Deno.mkdir(directory, { recursive: true });
  const random = randomState(0);
  const write = (name: string, shape: readonly number[], draw: () => number) => {
    const data = Uint8Array.from({ length: shape.reduce((product, n) => product * n) }, draw);
    return Deno.writeFile(`${directory}/${name}.npy`, encodeNpy({ shape, data }));
  };
  await write("images", [count, 32, 32, 1], () => random.uint32() >>> 24);
  await write("labels", [count], () => random.interval(9));
}
