/** How unlike the training images an image is. */
import { assert, assertAlmostEquals, assertEquals, assertGreater, assertThrows } from "@std/assert";
import {
  coarse,
  type Known,
  measured,
  spaceOf,
  unlikeness,
  usualOf,
} from "../../src/evaluation/likeness.ts";
import { drawGarments } from "../../src/data/synthetic.ts";
import type { NdArray } from "../../src/ndarray.ts";
import { noise } from "../support/reference.ts";

const rows = (values: readonly (readonly number[])[]): NdArray<Float32Array> => ({
  shape: [values.length, values[0].length],
  data: Float32Array.from(values.flat()),
});
const same = (count: number) => new Uint8Array(count);
const bytes = (shape: readonly number[], data: ArrayLike<number>): NdArray<Uint8Array> => ({
  shape,
  data: Uint8Array.from(data),
});

Deno.test("a coarse image has the mean brightness of each cell, channel by channel", () => {
  const image = Array.from({ length: 16 * 16 }, (_, i) => (i % 16 < 2 && i < 32) ? 255 : 0);
  const { shape, data } = coarse(bytes([1, 16, 16, 1], image));
  assertEquals(shape, [1, 64]);
  assertEquals([...data], [1, ...new Array(63).fill(0)]);
  const colour = coarse(bytes([2, 1, 2, 3], [255, 0, 51, 0, 0, 0, 0, 0, 0, 0, 102, 0]));
  assertEquals([...colour.data].map((value) => Math.round(value * 5)), [
    5,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    2,
    0,
  ]);
  // 10 rows go into 8 cells of one or two rows.
  assertEquals(
    coarse(bytes([1, 10, 3, 1], new Array(30).fill(51))).data.every((value) =>
      Math.abs(value - 0.2) < 1e-6
    ),
    true,
  );
});

/** Features as the known ones are: their distance to the one centre of all is taken off, so it is left out. */
function distanceTo(
  training: NdArray<Float32Array>,
  groups: ArrayLike<number>,
  of: NdArray<Float32Array>,
) {
  const image = bytes([of.shape[0], 1, 1, 1], same(of.shape[0]));
  const picture = spaceOf(coarse(bytes([2, 1, 1, 1], [0, 255])), same(2));
  const known: Known = {
    picture,
    classes: spaceOf(training, groups),
    all: spaceOf(training, same(training.shape[0])),
  };
  return measured(known, image, of).features!;
}

Deno.test("distances are Mahalanobis's, to the nearest class less to all, with a hundredth of the mean variance added", () => {
  // Two classes around (0, 0) and (10, 0), in each a variance of 1 and 4.
  const around = [[1, 2], [1, -2], [-1, 2], [-1, -2]];
  const training = rows([...around, ...around.map(([x, y]) => [x + 10, y])]);
  const groups = [0, 0, 0, 0, 1, 1, 1, 1];
  const within = [1 + 0.01 * 2.5, 4 + 0.01 * 2.5];
  const all = [26 + 0.01 * 15, 4 + 0.01 * 15];
  const expected = (x: number, y: number) =>
    Math.min(x ** 2, (x - 10) ** 2) / within[0] + y ** 2 / within[1] -
    ((x - 5) ** 2 / all[0] + y ** 2 / all[1]);
  const points = [[0, 0], [4, 1], [6, -3], [30, 30]] as const;
  const found = distanceTo(training, groups, rows(points));
  points.forEach(([x, y], i) => assertAlmostEquals(found[i], expected(x, y), 1e-3));
});

Deno.test("values that go together are one deviation, not two", () => {
  const values = noise(400, 9);
  const training = rows(Array.from({ length: 200 }, (_, i) => {
    const [along, across] = [values[2 * i], 0.1 * values[2 * i + 1]];
    return [along + across, along - across];
  }));
  const space = spaceOf(training, same(200));
  const image = bytes([2, 1, 1, 1], [0, 0]);
  const points = rows([[1, 1], [1, -1]]);
  const picture = spaceOf(coarse(bytes([2, 1, 1, 1], [0, 255])), same(2));
  // Twice the same space, moved by a class of its own, would cancel: so classes far from all.
  const far = rows([[100, 100], [100, 100]]);
  const all = spaceOf(rows([[0, 0], [1e6, 0], [0, 1e6]]), same(3));
  const [along, across] = measured({ picture, classes: space, all }, image, points).features!;
  assertGreater(across, 10 * Math.abs(along));
  assertEquals(spaceOf(far, same(2)).data.every(Number.isFinite), true);
});

Deno.test("rows that are all alike, or fewer than their values, make a space all the same", () => {
  for (
    const training of [
      rows([[1, 2, 3]]),
      rows([[1, 2, 3], [1, 2, 3]]),
      rows([[1, 2, 3], [4, 5, 6]]),
    ]
  ) {
    const space = spaceOf(training, same(training.shape[0]));
    assert(space.data.every(Number.isFinite));
    assertEquals(space.shape, [4, 3]);
  }
  assertThrows(() => spaceOf({ shape: [0, 3], data: new Float32Array(0) }, []), RangeError);
  assertThrows(() => spaceOf(rows([[NaN, 1]]), [0]), RangeError, "not finite");
});

Deno.test("at most the share that is asked for lies beyond a limit", () => {
  const values = Float64Array.from(noise(1000, 3));
  for (const share of [0.01, 0.05, 0.2]) {
    const { median, limit } = usualOf(values, share);
    const beyond = values.filter((value) => value > limit).length;
    assert(beyond <= share * 1000 && beyond >= share * 1000 - 2, `${beyond}`);
    assertEquals(values.filter((value) => value < median).length, 500);
  }
  const alike = usualOf(new Float64Array(10).fill(3), 0.01);
  assert(alike.limit > 3 && alike.limit < 3.001);
});

Deno.test("an image is unlike where either distance is beyond its limit", () => {
  const limits = { picture: { median: 1, limit: 3 }, features: { median: 0, limit: 10 } };
  const of = (
    picture: number[],
    features: number[],
  ) => [
    ...unlikeness(
      { picture: Float64Array.from(picture), features: Float64Array.from(features) },
      limits,
    ),
  ];
  assertEquals(of([1, 5, 1, 2], [0, 0, 20, 5]), [0, 2, 2, 0.5]);
  assertEquals([...unlikeness({ picture: Float64Array.of(5) }, limits)], [2]);
});

Deno.test("by their brightness alone, noise and inverted garments are told from drawn garments", () => {
  const { images } = drawGarments(600, 4);
  const part = (from: number, to: number) =>
    bytes([to - from, 28, 28, 1], images.data.subarray(from * 784, to * 784));
  const known: Known = { picture: spaceOf(coarse(part(0, 300)), same(300)) };
  const usual = usualOf(measured(known, part(300, 500), undefined).picture, 0.01);
  const unlike = (of: NdArray<Uint8Array>) => {
    const found = unlikeness(measured(known, of, undefined), { picture: usual });
    return found.filter((value) => value > 1).length / found.length;
  };
  const values = noise(100 * 784, 8);
  assert(unlike(part(500, 600)) <= 0.05);
  assertEquals(unlike(bytes([100, 28, 28, 1], values.map((value) => 128 + 127 * value))), 1);
  assertEquals(unlike(bytes([100, 28, 28, 1], part(500, 600).data.map((value) => 255 - value))), 1);
});
