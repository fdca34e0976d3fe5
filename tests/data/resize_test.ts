import { assert, assertEquals } from "@std/assert";
import type { Picture } from "../../src/data/picture.ts";
import { resized } from "../../src/data/resize.ts";
import { decodeBase64, readGolden } from "../support/golden.ts";

/** See `tests/golden/pillow_pictures.py`. */
const { scaled } = await readGolden<{ readonly scaled: { readonly [size: string]: string } }>(
  "pillow_pictures.json",
);
const source: Picture = { height: 23, width: 37, data: decodeBase64(scaled.source) };

Deno.test("stretching is Pillow's bilinear scaling to one step, smaller and larger", () => {
  for (const [size, pixels] of Object.entries(scaled).filter(([size]) => size !== "source")) {
    const [height, width] = size.split(" x ").map(Number);
    const { data, ...sides } = resized(source, height, width, "stretch");
    assertEquals(sides, { height, width });
    const expected = decodeBase64(pixels);
    assertEquals(data.length, expected.length);
    data.forEach((value, i) => assert(Math.abs(value - expected[i]) <= 1, `${size}, ${i}`));
  }
});

/** A picture of one shade. */
const plain = (height: number, width: number, shade: number): Picture => ({
  height,
  width,
  data: new Uint8Array(3 * height * width).fill(shade),
});

/** The first channel, row by row. */
const rows = ({ height, width, data }: Picture) =>
  Array.from(
    { length: height },
    (_, y) => Array.from({ length: width }, (_, x) => data[3 * (y * width + x)]),
  );

Deno.test("padding shows the whole picture in the middle of black", () => {
  assertEquals(rows(resized(plain(2, 4, 9), 4, 4, "pad")), [
    [0, 0, 0, 0],
    [9, 9, 9, 9],
    [9, 9, 9, 9],
    [0, 0, 0, 0],
  ]);
  assertEquals(rows(resized(plain(8, 2, 9), 4, 4, "pad")), Array(4).fill([0, 9, 0, 0]));
});

Deno.test("cropping shows the middle and no black", () => {
  const halves: Picture = {
    height: 2,
    width: 6,
    data: Uint8Array.from({ length: 36 }, (_, i) => 10 * (Math.floor(i / 3) % 6)),
  };
  assertEquals(rows(resized(halves, 2, 2, "crop")), Array(2).fill([20, 30]));
  for (const [height, width] of [[5, 9], [9, 5], [40, 3], [1, 1]]) {
    assertEquals(resized(plain(13, 7, 200), height, width, "crop"), plain(height, width, 200));
  }
});

Deno.test("a picture that has the size already is untouched", () => {
  for (const how of ["pad", "crop", "stretch"] as const) {
    assert(resized(source, 23, 37, how) === source);
  }
});
