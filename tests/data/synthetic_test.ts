import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import type { LabelledImages } from "../../src/data/dataset.ts";
import { labelCounts } from "../../src/data/describe.ts";
import { findDuplicates } from "../../src/data/duplicates.ts";
import { drawGarments } from "../../src/data/synthetic.ts";
import { sha256 } from "../support/data_files.ts";

const PIXELS = 28 * 28;
const train = drawGarments(2000, 43);
const test = drawGarments(500, 44);
const image = (set: LabelledImages, i: number) =>
  set.images.data.subarray(i * PIXELS, (i + 1) * PIXELS);

/** Share of the test images that `predict` puts into their class. */
function accuracy(predict: (image: Uint8Array) => number): number {
  const right = test.labels.data.filter((label, i) => predict(image(test, i)) === label);
  return right.length / test.labels.data.length;
}

Deno.test("a seed gives these bytes, on every machine", () => {
  const { images, labels } = drawGarments(100, 43);
  assertEquals(images.shape, [100, 28, 28, 1]);
  assertEquals(labels.shape, [100]);
  // Changes only when the drawings are meant to change.
  assertEquals(
    sha256(images.data),
    "6cf01219cc9bfef9fd0da6a46384ba01e704d7fc74340fdc95ba40b35d315ac2",
  );
  assertEquals(
    sha256(labels.data),
    "ec1ce6709a5702b896265ed7863f5dbcf05c76853624b54746a186fb22ed8bc4",
  );
});

Deno.test("every class has as many images as the others, to within one, in random order", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 45 }), fc.nat(), (count, seed) => {
      const counts = labelCounts(drawGarments(count, seed).labels, 10);
      assertEquals(counts.reduce((a, b) => a + b), count);
      assert(Math.max(...counts) - Math.min(...counts) <= 1, String(counts));
    }),
    { numRuns: 20 },
  );
  assertEquals(labelCounts(train.labels, 10), Array(10).fill(200));
  const sorted = train.labels.data.toSorted();
  const inPlace = train.labels.data.filter((label, i) => label === sorted[i]).length;
  assert(inPlace < 300, `${inPlace} of 2000 labels stand where sorting would put them`);
});

Deno.test("every image is a garment on a black ground: some pixels lit, the corners mostly dark", () => {
  for (let i = 0; i < 2000; i++) {
    const lit = image(train, i).filter((value) => value > 0).length;
    assert(lit > 30 && lit < 0.9 * PIXELS, `image ${i}: ${lit} pixels lit`);
  }
  const corners = [0, 27, 27 * 28, PIXELS - 1];
  const dark = corners.map((corner) => {
    let count = 0;
    for (let i = 0; i < 2000; i++) if (image(train, i)[corner] === 0) count++;
    return count;
  });
  assert(Math.min(...dark) > 1500, String(dark));
});

Deno.test("another seed draws other images, and no image is drawn twice", () => {
  assertNotEquals(sha256(train.images.data.slice(0, 500 * PIXELS)), sha256(test.images.data));
  // Labels aside, so that equal images of two classes would count too.
  const all = {
    images: {
      shape: [2500, 28, 28],
      data: Uint8Array.from([...train.images.data, ...test.images.data]),
    },
    labels: { shape: [2500], data: new Uint8Array(2500) },
  };
  assertEquals(findDuplicates(all).dropped, []);
});

Deno.test("the nearest class mean finds most classes, and leaves something to learn", () => {
  const means = Array.from({ length: 10 }, () => new Float64Array(PIXELS));
  train.labels.data.forEach((label, i) =>
    image(train, i).forEach((value, pixel) => means[label][pixel] += value / 200)
  );
  const distance = (mean: Float64Array, pixels: Uint8Array) =>
    mean.reduce((sum, value, pixel) => sum + (value - pixels[pixel]) ** 2, 0);
  const nearest = accuracy((pixels) => {
    const distances = means.map((mean) => distance(mean, pixels));
    return distances.indexOf(Math.min(...distances));
  });
  assert(nearest > 0.4 && nearest < 0.95, `nearest class mean: ${nearest}`);
});

Deno.test("brightness alone does not tell the classes apart", () => {
  // The class most frequent among training images of about the same mean brightness.
  const brightness = (pixels: Uint8Array) => {
    const mean = pixels.reduce((sum, value) => sum + value, 0) / PIXELS;
    return Math.min(15, Math.floor(mean / 10));
  };
  const counts = Array.from({ length: 16 }, () => new Array<number>(10).fill(0));
  train.labels.data.forEach((label, i) => counts[brightness(image(train, i))][label]++);
  const guessed = accuracy((pixels) => {
    const bin = counts[brightness(pixels)];
    return bin.indexOf(Math.max(...bin));
  });
  assert(guessed < 0.4, `by brightness: ${guessed}`);
});
