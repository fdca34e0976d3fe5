/** Pictures that anybody can have: drawn garments on a light ground, and noise. @module */
import { encode } from "fast-png";
import { join } from "node:path";
import { drawGarments } from "../../src/data/synthetic.ts";
import { randomState } from "../../src/random.ts";

/** Height and width, and how often a pixel of a garment is repeated. */
const [HEIGHT, WIDTH, TIMES] = [300, 320, 8];

/** Writes `bag.png`, `boot.png`, `noise.png` and `trouser.png`. */
export async function writePictures(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const write = (name: string, data: Uint8Array) =>
    Deno.writeFile(
      join(folder, `${name}.png`),
      encode({ width: WIDTH, height: HEIGHT, channels: 1, data }),
    );
  const { images, labels } = drawGarments(10, 1);
  for (const [name, label] of [["trouser", 1], ["bag", 8], ["boot", 9]] as const) {
    const garment = images.data.subarray(labels.data.indexOf(label) * 784);
    await write(
      name,
      Uint8Array.from({ length: HEIGHT * WIDTH }, (_, i) => {
        const y = Math.floor((Math.floor(i / WIDTH) - 40) / TIMES);
        const x = Math.floor((i % WIDTH - 50) / TIMES);
        const inside = y >= 0 && y < 28 && x >= 0 && x < 28;
        return 245 - Math.round((inside ? garment[y * 28 + x] : 0) * 245 / 255);
      }),
    );
  }
  const random = randomState(1);
  await write("noise", Uint8Array.from({ length: HEIGHT * WIDTH }, () => random.interval(255)));
}
