import { assertEquals, assertLess, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { registerWasmGradients } from "../../../src/engine/layers/wasm_gradients.ts";
import { loadWasm } from "../../../src/runtime/load.ts";
import type { Padding } from "../../../src/models/spec.ts";
import * as by from "../../support/reference.ts";
import type { Batch } from "../../support/reference.ts";

await loadWasm();
registerWasmGradients();
await tf.setBackend("wasm");

const values = (shape: number[], seed: number): Batch => ({
  shape,
  data: by.noise(shape.reduce((product, n) => product * n, 1), seed),
});
/** The values' ranks, so far apart that a small change moves no maximum. */
const ranks = ({ shape, data }: Batch): Batch => {
  const sorted = data.slice().sort();
  return { shape, data: data.map((value) => sorted.indexOf(value)) };
};
const tensor = ({ shape, data }: Batch) => tf.tensor(Float32Array.from(data), [...shape]);
const dot = (a: Batch, b: Batch) => a.data.reduce((sum, value, i) => sum + value * b.data[i], 0);

/** Largest difference, as a share of the largest value (at least 1). */
function difference(actual: ArrayLike<number>, expected: Float64Array): number {
  const scale = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
  return expected.reduce((max, value, i) => Math.max(max, Math.abs(value - actual[i])), 0) / scale;
}

/** Derivatives of `sum(f(x) * dy)` on the wasm backend. */
function gradientsOf(f: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: Batch[], dy: Batch) {
  let result: { shape: number[]; data: Float32Array }[] = [];
  tf.tidy(() => {
    result = tf.grads(f)(inputs.map(tensor), tensor(dy)).map((gradient) => ({
      shape: gradient.shape,
      data: gradient.dataSync() as Float32Array,
    }));
  });
  return result;
}

/** The same by definition: central differences of plain loops. */
function differences(f: (...inputs: Batch[]) => Batch, inputs: Batch[], dy: Batch) {
  return inputs.map(({ data }) =>
    data.map((_, i) => by.slope(() => dot(f(...inputs), dy), data as Float64Array, i, 1e-3))
  );
}

const side = fc.integer({ min: 1, max: 8 });
const window = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }));
const geometry = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  size: fc.tuple(side, side),
  window,
  strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  padding: fc.constantFrom<Padding>("same", "valid"),
  channels: fc.integer({ min: 1, max: 3 }),
  filters: fc.integer({ min: 1, max: 3 }),
}).filter(({ size, window, padding }) =>
  padding === "same" || (window[0] <= size[0] && window[1] <= size[1])
);
type Geometry = typeof geometry extends fc.Arbitrary<infer T> ? T : never;

/** What random geometries may miss. */
const examples: Geometry[] = [
  // LeNet-5's two, smaller.
  { size: [8, 8], window: [5, 5], strides: [1, 1], padding: "same" },
  { size: [8, 8], window: [5, 5], strides: [1, 1], padding: "valid" },
  // The last rows and columns are never read.
  { size: [8, 7], window: [2, 2], strides: [3, 3], padding: "valid" },
  { size: [6, 6], window: [1, 1], strides: [2, 2], padding: "valid" },
  { size: [6, 5], window: [1, 1], strides: [2, 2], padding: "same" },
  // More padding after than before; a window larger than the image.
  { size: [6, 6], window: [3, 3], strides: [2, 2], padding: "same" },
  { size: [2, 3], window: [5, 4], strides: [1, 2], padding: "same" },
  { size: [1, 7], window: [1, 4], strides: [1, 3], padding: "valid" },
].map((example) => ({ batch: 2, channels: 3, filters: 2, ...example } as Geometry));

Deno.test("gradients of a convolution are the central differences of its definition", () => {
  fc.assert(
    fc.property(geometry, ({ batch, size, window, strides, padding, channels, filters }) => {
      const x = values([batch, ...size, channels], 1);
      const kernel = values([...window, channels, filters], 2);
      const dy = values([...by.conv2d(x, kernel, strides, padding).shape], 3);
      const actual = gradientsOf(
        (x, kernel) => tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, strides, padding),
        [x, kernel],
        dy,
      );
      const expected = differences(
        (x, kernel) => by.conv2d(x, kernel, strides, padding),
        [x, kernel],
        dy,
      );
      assertEquals(actual.map(({ shape }) => shape), [[...x.shape], [...kernel.shape]]);
      assertLess(difference(actual[0].data, expected[0]), 1e-5, "input");
      assertLess(difference(actual[1].data, expected[1]), 1e-5, "filter");
    }),
    { numRuns: 40, examples: examples.map((example): [Geometry] => [example]) },
  );
});

Deno.test("the gradient of max pooling is the central differences of its definition", () => {
  fc.assert(
    fc.property(geometry, ({ batch, size, window, strides, padding, channels }) => {
      const x = ranks(values([batch, ...size, channels], 4));
      const dy = values([...by.pool("max", x, window, strides, padding).shape], 5);
      const [actual] = gradientsOf(
        (x) => tf.maxPool(x as tf.Tensor4D, window, strides, padding),
        [x],
        dy,
      );
      const [expected] = differences((x) => by.pool("max", x, window, strides, padding), [x], dy);
      assertLess(difference(actual.data, expected), 1e-5);
    }),
    { numRuns: 40, examples: examples.map((example): [Geometry] => [example]) },
  );
});

Deno.test("of equal values in a window the first receives the gradient", () => {
  const x: Batch = { shape: [1, 2, 4, 1], data: new Float64Array([1, 1, 0, 2, 1, 1, 2, 2]) };
  const dy: Batch = { shape: [1, 1, 2, 1], data: new Float64Array([5, 7]) };
  const [{ data }] = gradientsOf((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, "valid"), [x], dy);
  assertEquals([...data], [5, 0, 0, 7, 0, 0, 0, 0]);
});

Deno.test("products of matrices, transposed or not, and their gradients are right", () => {
  const transposed = ({ shape: [rows, columns], data }: Batch): Batch => ({
    shape: [columns, rows],
    data: data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]),
  });
  for (const transposeA of [false, true]) {
    for (const transposeB of [false, true]) {
      const a = values(transposeA ? [4, 3] : [3, 4], 6);
      const b = values(transposeB ? [5, 4] : [4, 5], 7);
      const dy = values([3, 5], 8);
      const product = (a: Batch, b: Batch) =>
        by.matMul(transposeA ? transposed(a) : a, transposeB ? transposed(b) : b);
      const y = tf.tidy(() => tf.matMul(tensor(a), tensor(b), transposeA, transposeB));
      assertLess(difference(y.dataSync(), product(a, b).data as Float64Array), 1e-6);
      y.dispose();
      const actual = gradientsOf(
        (a, b) => tf.matMul(a, b, transposeA, transposeB),
        [a, b],
        dy,
      );
      const expected = differences(product, [a, b], dy);
      actual.forEach(({ data }, i) => assertLess(difference(data, expected[i]), 1e-5));
    }
  }
});

Deno.test("stacks of matrices are multiplied as before", () => {
  const a = values([2, 3, 4], 9);
  const b = values([2, 5, 4], 10);
  const y = tf.tidy(() => tf.matMul(tensor(a), tensor(b), false, true));
  const expected = Float64Array.from({ length: 30 }, (_, i) => {
    const [stack, row, column] = [Math.floor(i / 15), Math.floor(i / 5) % 3, i % 5];
    let sum = 0;
    for (let k = 0; k < 4; k++) {
      sum += a.data[(stack * 3 + row) * 4 + k] * b.data[(stack * 5 + column) * 4 + k];
    }
    return sum;
  });
  assertEquals(y.shape, [2, 3, 5]);
  assertLess(difference(y.dataSync(), expected), 1e-6);
  y.dispose();
});

Deno.test("nothing but the gradients is left in memory", () => {
  const x = values([2, 6, 6, 2], 11);
  const kernel = values([3, 3, 2, 3], 12);
  const dy = values([2, 3, 3, 3], 13);
  const before = tf.memory();
  for (let i = 0; i < 3; i++) {
    gradientsOf(
      (x, kernel) => tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 2, "same"),
      [x, kernel],
      dy,
    );
    gradientsOf(
      (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, "same"),
      [x],
      values([2, 3, 3, 2], 14),
    );
  }
  assertEquals(tf.memory().numTensors, before.numTensors);
  assertEquals(tf.memory().numDataBuffers, before.numDataBuffers);
  assertEquals(tf.memory().numBytes, before.numBytes);
});

Deno.test("a padding that no model here has is refused", () => {
  const x = values([1, 4, 4, 1], 15);
  const dy = values([1, 4, 4, 1], 16);
  const convolve = (x: tf.Tensor) =>
    tf.conv2d(x as tf.Tensor4D, tf.ones([3, 3, 1, 1]) as tf.Tensor4D, 1, 1);
  assertThrows(() => gradientsOf(convolve, [x], dy), Error, '"same" or "valid" padding and NHWC');
});
