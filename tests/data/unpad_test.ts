import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { padImages } from "../../src/data/prepare.ts";
import { unpadImages } from "../../src/data/unpad.ts";

Deno.test("padding is taken off as it was put on, byte for byte", () => {
  const sizes = fc.integer({ min: 1, max: 6 });
  const more = fc.integer({ min: 0, max: 5 });
  fc.assert(
    fc.property(
      sizes,
      sizes,
      more,
      more,
      fc.constantFrom(1, 3),
      (rows, columns, down, right, channels) => {
        const data = Uint8Array.from(
          { length: 2 * rows * columns * channels },
          (_, i) => (i * 37 + 5) % 256,
        );
        const images = { shape: [2, rows, columns, channels], data };
        const padded = padImages(images, rows + down, columns + right);
        assertEquals(unpadImages(padded, rows, columns), images);
      },
    ),
  );
});

Deno.test("what is no padding is not taken off", () => {
  const images = { shape: [2, 4, 4, 1], data: new Uint8Array(32) };
  images.data[16 + 3] = 7;
  assertThrows(() => unpadImages(images, 2, 2), Error, "Image 1 has 7 in row 0, outside of");
  assertThrows(() => unpadImages(images, 5, 2), Error, "do not hold images of 5 x 2 pixels");
});
