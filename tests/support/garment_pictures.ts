/** Pictures that anybody can have: drawn garments on a light ground, and noise. @module */
import { encode } from "fast-png";
import { join } from "node:path";
import { drawGarments } from "../../src/data/synthetic.ts";
import { randomState } from "../../src/random.ts";

/** Height and width, and how often a pixel of a garment is repeated. */
const [HEIGHT, WIDTH, TIMES] = [300, 320, 8];

/** Height and width of what is alike in noise. */
const SQUARE = 10;

/** The drawn garments, by name and class. */
const GARMENTS = { trouser: 1, bag: 8, boot: 9 } as const;

const png = (data: Uint8Array) => encode({ width: WIDTH, height: HEIGHT, channels: 1, data });

/** A drawn garment, dark on a light ground, as PNG. */
export function garmentPicture(name: keyof typeof GARMENTS): Uint8Array {
  const { images, labels } = drawGarments(10, 1);
  const garment = images.data.subarray(labels.data.indexOf(GARMENTS[name]) * 784);
  return png(Uint8Array.from({ length: HEIGHT * WIDTH }, (_, i) => {
    const y = Math.floor((Math.floor(i / WIDTH) - 40) / TIMES);
    const x = Math.floor((i % WIDTH - 50) / TIMES);
    const inside = y >= 0 && y < 28 && x >= 0 && x < 28;
    return 245 - Math.round((inside ? garment[y * 28 + x] : 0) * 245 / 255);
  }));
}

/** Writes `bag.png`, `boot.png`, `noise.png` and `trouser.png`. */
export async function writePictures(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const write = (name: string, bytes: Uint8Array) =>
    Deno.writeFile(join(folder, `${name}.png`), bytes);
  for (const name of ["trouser", "bag", "boot"] as const) await write(name, garmentPicture(name));
  // In squares: finer noise would be one grey once it is as small as the study's images.
  const random = randomState(1);
  const squares = Uint8Array.from(
    { length: HEIGHT * WIDTH / SQUARE ** 2 },
    () => random.interval(255),
  );
  const noise = Uint8Array.from({ length: HEIGHT * WIDTH }, (_, i) => {
    const [y, x] = [Math.floor(i / WIDTH), i % WIDTH];
    return squares[Math.floor(y / SQUARE) * WIDTH / SQUARE + Math.floor(x / SQUARE)];
  });
  await write("noise", png(noise));
}
