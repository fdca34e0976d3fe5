import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Picture } from "../../src/data/picture.ts";
import { resized, resizedImages, RESIZES } from "../../src/data/resize.ts";
import { decodeBase64, readGolden } from "../support/golden.ts";

/** See `tests/golden/pillow_pictures.py`. */
const { scaled } = await readGolden<{ readonly scaled: { readonly [size: string]: string } }>(
  "pillow_pictures.json",
);
const source: Picture = { height: 23, width: 37, data: decodeBase64(scaled.source) };
const sizes = Object.entries(scaled).filter(([size]) => size !== "source").map(
  ([size, pixels]) => {
    const [height, width] = size.split(" x ").map(Number);
    return { size, to: [height, width] as const, expected: decodeBase64(pixels) };
  },
);

/** At most a step of 255 apart, value by value. */
function close(data: Uint8Array, expected: Uint8Array, what: string): void {
  assertEquals(data.length, expected.length, what);
  data.forEach((value, i) => assert(Math.abs(value - expected[i]) <= 1, `${what}, ${i}`));
}

Deno.test("stretching is Pillow's bilinear scaling to one step, smaller and larger", () => {
  for (const { size, to, expected } of sizes) {
    const { data, ...sides } = resized(source, { to, how: "stretch" });
    assertEquals(sides, { height: to[0], width: to[1] });
    close(data, expected, size);
  }
});

/** One of three channels; Pillow scales each by itself. */
const channel = (data: Uint8Array, of: number) => data.filter((_, i) => i % 3 === of);

Deno.test("grey images are scaled as Pillow scales each channel, many at once", () => {
  const images = {
    shape: [3, source.height, source.width, 1],
    data: Uint8Array.from([0, 1, 2].flatMap((of) => [...channel(source.data, of)])),
  };
  for (const { size, to, expected } of sizes) {
    const { shape, data } = resizedImages(images, { to, how: "stretch" });
    assertEquals(shape, [3, ...to, 1]);
    const each = data.length / 3;
    for (const place of [0, 1, 2]) {
      close(
        data.subarray(place * each, (place + 1) * each),
        channel(expected, place),
        `${size}, grey ${place}`,
      );
    }
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

Deno.test("fitting shows the whole picture in the middle of black", () => {
  const fitted = (picture: Picture) => rows(resized(picture, { to: [4, 4], how: "fit" }));
  assertEquals(fitted(plain(2, 4, 9)), [
    [0, 0, 0, 0],
    [9, 9, 9, 9],
    [9, 9, 9, 9],
    [0, 0, 0, 0],
  ]);
  assertEquals(fitted(plain(8, 2, 9)), Array(4).fill([0, 9, 0, 0]));
});

Deno.test("cropping shows the middle and no black", () => {
  const halves: Picture = {
    height: 2,
    width: 6,
    data: Uint8Array.from({ length: 36 }, (_, i) => 10 * (Math.floor(i / 3) % 6)),
  };
  assertEquals(rows(resized(halves, { to: [2, 2], how: "crop" })), Array(2).fill([20, 30]));
  for (const to of [[5, 9], [9, 5], [40, 3], [1, 1]] as const) {
    assertEquals(resized(plain(13, 7, 200), { to, how: "crop" }), plain(to[0], to[1], 200));
  }
});

Deno.test("what has the size already is untouched", () => {
  const images = { shape: [1, 23, 37, 3], data: source.data };
  for (const how of RESIZES) {
    assert(resized(source, { to: [23, 37], how }) === source);
    assert(resizedImages(images, { to: [23, 37], how }) === images);
  }
});

Deno.test("images that would take more than is kept are refused before room is made for them", () => {
  const images = { shape: [2, 1, 1, 1], data: new Uint8Array(2) };
  assertThrows(
    () => resizedImages(images, { to: [2 ** 16, 2 ** 16], how: "stretch" }),
    Error,
    "2 images of 65536 x 65536 pixels take 8589934592 bytes; at most 4294967296 are kept.",
  );
});
