/** Images whose pixels stand elsewhere. */
import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { moveImages, shufflePixels } from "../../src/data/rearrange.ts";
import { permutation } from "../../src/random.ts";

const images = fc.tuple(
  fc.integer({ min: 0, max: 3 }),
  fc.integer({ min: 1, max: 5 }),
  fc.integer({ min: 1, max: 5 }),
  fc.constantFrom(1, 3),
).map((shape) => {
  const data = Uint8Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => 1 + i % 251);
  return { shape, data };
});

/** The values of a pixel of an image; zeros where there is none. */
function pixel(
  { shape: [, height, width, channels], data }: { shape: readonly number[]; data: Uint8Array },
  image: number,
  row: number,
  column: number,
): number[] {
  if (row < 0 || row >= height || column < 0 || column >= width) return Array(channels).fill(0);
  const at = ((image * height + row) * width + column) * channels;
  return [...data.subarray(at, at + channels)];
}

Deno.test("pixels are shuffled in the order that the seed draws, alike in every image, colours together", () => {
  fc.assert(fc.property(images, fc.nat(1000), (given, seed) => {
    const { shape } = given;
    const [count, height, width] = shape;
    const shuffled = shufflePixels(given, seed);
    assertEquals(shuffled.shape, shape);
    const order = permutation(seed, height * width);
    for (let image = 0; image < count; image++) {
      order.forEach((from, to) => {
        assertEquals(
          pixel(shuffled, image, Math.floor(to / width), to % width),
          pixel(given, image, Math.floor(from / width), from % width),
        );
      });
    }
  }));
  const one = { shape: [1, 4, 4, 1], data: Uint8Array.from({ length: 16 }, (_, i) => i) };
  assertNotEquals(shufflePixels(one, 1).data, shufflePixels(one, 2).data);
});

Deno.test("images move by whole pixels, and zeros come in", () => {
  const by = fc.integer({ min: -6, max: 6 });
  fc.assert(fc.property(images, by, by, (given, down, right) => {
    const { shape: [count, height, width] } = given;
    const moved = moveImages(given, down, right);
    assertEquals(moved.shape, given.shape);
    for (let image = 0; image < count; image++) {
      for (let row = 0; row < height; row++) {
        for (let column = 0; column < width; column++) {
          assertEquals(
            pixel(moved, image, row, column),
            pixel(given, image, row - down, column - right),
          );
        }
      }
    }
  }));
});
