import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { oneHot, padImages, take } from "../../src/data/prepare.ts";
import { noise } from "../support/data_files.ts";

const images = { shape: [2, 2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12) };

Deno.test("padding puts the image in the middle", () => {
  // deno-fmt-ignore
  assertEquals(padImages(images, 4, 5), {
    shape: [2, 4, 5, 1],
    data: Uint8Array.of(
      0, 0, 0, 0, 0,
      0, 1, 2, 3, 0,
      0, 4, 5, 6, 0,
      0, 0, 0, 0, 0,

      0, 0, 0, 0, 0,
      0, 7, 8, 9, 0,
      0, 10, 11, 12, 0,
      0, 0, 0, 0, 0,
    ),
  });
});

Deno.test("an odd remainder of padding goes to the bottom and the right", () => {
  // deno-fmt-ignore
  assertEquals(padImages({ shape: [1, 2, 3], data: images.data.slice(0, 6) }, 3, 6).data,
    Uint8Array.of(
      0, 1, 2, 3, 0, 0,
      0, 4, 5, 6, 0, 0,
      0, 0, 0, 0, 0, 0,
    ));
});

Deno.test("padding keeps the colours of each pixel together", () => {
  const colour = { shape: [1, 1, 2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  // deno-fmt-ignore
  assertEquals(padImages(colour, 3, 4), {
    shape: [1, 3, 4, 3],
    data: Uint8Array.of(
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
      0, 0, 0, 1, 2, 3, 4, 5, 6, 0, 0, 0,
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ),
  });
});

Deno.test("padding to the same size only adds the channel", () => {
  assertEquals(padImages(images, 2, 3), { shape: [2, 2, 3, 1], data: images.data });
});

Deno.test("28x28 to 32x32 is two zeros on each side", () => {
  const drawn = noise(3, 28).images;
  const { shape, data } = padImages(drawn, 32, 32);
  assertEquals(shape, [3, 32, 32, 1]);
  const expected = Array.from({ length: 3 * 32 * 32 }, (_, at) => {
    const [n, y, x] = [Math.floor(at / 1024), Math.floor(at / 32) % 32 - 2, at % 32 - 2];
    return y < 0 || y > 27 || x < 0 || x > 27 ? 0 : drawn.data[n * 784 + y * 28 + x];
  });
  assertEquals([...data], expected);
});

Deno.test("images larger than the target are refused with both sizes", () => {
  for (const [height, width] of [[1, 5], [5, 2]]) {
    const error = assertThrows(() => padImages(images, height, width), RangeError);
    assertEquals(error.message, `Images of 2x3 do not fit into ${height}x${width}.`);
  }
});

Deno.test("oneHot has one 1 in each row, in the label's column", () => {
  assertEquals(oneHot({ shape: [3], data: Uint8Array.of(2, 0, 3) }, 4), {
    shape: [3, 4],
    data: Uint8Array.of(0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1),
  });
});

Deno.test("oneHot refuses a label that is no class, instead of marking the next row", () => {
  const error = assertThrows(
    () => oneHot({ shape: [3], data: Uint8Array.of(2, 4, 3) }, 4),
    RangeError,
  );
  assertEquals(error.message, "Label 1 is 4, expected 0 to 3.");
});

Deno.test("take copies rows in the order asked for, repeated ones too", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 8 }).chain((count) =>
      fc.tuple(fc.constant(count), fc.array(fc.nat(count - 1), { maxLength: 12 }))
    ),
    ([count, indices]) => {
      const drawn = noise(count, 3);
      const rows = indices.flatMap((i) => [...drawn.images.data.subarray(9 * i, 9 * i + 9)]);
      assertEquals(take(drawn.images, Int32Array.from(indices)), {
        shape: [indices.length, 3, 3, 1],
        data: Uint8Array.from(rows),
      });
      assertEquals(take(drawn.labels, indices), {
        shape: [indices.length],
        data: Uint8Array.from(indices, (i) => drawn.labels.data[i]),
      });
    },
  ));
});

Deno.test("what take gives is a copy", () => {
  const { data } = take(images, [0, 1]);
  data.fill(0);
  assertEquals(images.data[0], 1);
});

Deno.test("take refuses an index outside the array with its place", () => {
  for (const index of [2, -1, NaN]) {
    const error = assertThrows(() => take(images, [0, 1, index]), RangeError);
    assertEquals(error.message, `Index ${index} at place 2: the array has rows 0 to 1.`);
  }
});
