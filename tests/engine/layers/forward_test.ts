import { assertEquals, assertLess } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { forward } from "../../../src/engine/layers/forward.ts";
import { registerWasmGradients } from "../../../src/engine/layers/wasm_gradients.ts";
import { resolveLayers } from "../../../src/models/shapes.ts";
import type { Layer } from "../../../src/models/spec.ts";
import { loadWasm } from "../../../src/runtime/load.ts";
import { noise, pool } from "../../support/reference.ts";

await loadWasm();
registerWasmGradients();
await tf.setBackend("wasm");

const FILTERS = 2;

/** TensorFlow's rule of `same` padding, written down once more: the first window's place, and how many there are. */
function placed(n: number, window: number, stride: number): { count: number; before: number } {
  const count = Math.floor((n + stride - 1) / stride);
  const missing = (count - 1) * stride + window - n;
  return { count, before: missing > 0 ? Math.floor(missing / 2) : 0 };
}

/** A convolution with `same` padding by its definition, and the derivatives of `sum(y * dy)`. */
function convolve(
  [height, width, channels]: readonly number[],
  [tall, wide]: readonly number[],
  [down, across]: readonly number[],
  x: Float64Array,
  kernel: Float64Array,
) {
  const rows = placed(height, tall, down);
  const columns = placed(width, wide, across);
  const y = new Float64Array(rows.count * columns.count * FILTERS);
  const dy = noise(y.length, 3);
  const dx = new Float64Array(x.length);
  const dKernel = new Float64Array(kernel.length);
  for (let i = 0; i < y.length; i++) {
    const filter = i % FILTERS;
    const column = Math.floor(i / FILTERS) % columns.count;
    const row = Math.floor(i / FILTERS / columns.count);
    for (let k = filter; k < kernel.length; k += FILTERS) {
      const channel = Math.floor(k / FILTERS) % channels;
      const left = Math.floor(k / FILTERS / channels) % wide;
      const top = Math.floor(k / FILTERS / channels / wide);
      const atRow = row * down - rows.before + top;
      const atColumn = column * across - columns.before + left;
      if (atRow < 0 || atRow >= height || atColumn < 0 || atColumn >= width) continue;
      const at = (atRow * width + atColumn) * channels + channel;
      y[i] += x[at] * kernel[k];
      dx[at] += dy[i] * kernel[k];
      dKernel[k] += dy[i] * x[at];
    }
  }
  return { shape: [rows.count, columns.count, FILTERS], y, dy, dx, dKernel };
}

const floats = (data: Float64Array, shape: number[]) => tf.tensor(Float32Array.from(data), shape);

function assertNear(actual: tf.Tensor, expected: Float64Array, what: string) {
  const found = actual.dataSync();
  assertEquals(found.length, expected.length, what);
  const apart = expected.reduce((max, value, i) => Math.max(max, Math.abs(value - found[i])), 0);
  assertLess(apart, 1e-5, what);
}

/** The output of one layer, as a function of its input and kernel. */
function layerOf(layer: Layer, input: number[]) {
  const layers = resolveLayers({ name: "one", input, layers: [layer] });
  return (x: tf.Tensor, kernel?: tf.Tensor) =>
    forward("one", layers, x, (name) => {
      if (name === "layer/kernel" && kernel) return kernel;
      throw new Error(`there is no ${name}`);
    });
}

/** Every window of up to 5 x 5 moved by up to 3 x 3 over small images. */
function* combinations() {
  const windows = [1, 2, 3, 5];
  const strides = [1, 2, 3];
  for (const height of [1, 4, 5, 6]) {
    for (const width of [1, 3, 7, 8]) {
      for (const tall of windows) {
        for (const wide of windows) {
          for (const down of strides) {
            for (const across of strides) {
              yield { image: [height, width], window: [tall, wide], stride: [down, across] };
            }
          }
        }
      }
    }
  }
}
const pair = ([a, b]: number[]): [number, number] => [a, b];

Deno.test("a convolution on WebAssembly and its gradients are right for every window and stride", () => {
  const cases = [
    { image: [4, 13], window: [1, 5], stride: [2, 2], channels: 3 },
    ...[...combinations()].map((one) => ({ ...one, channels: 2 })),
  ];
  for (const { image, window, stride, channels } of cases) {
    const what = `${image} by ${window}, strides ${stride}`;
    const input = [...image, channels];
    const x = noise(image[0] * image[1] * channels, 1);
    const kernel = noise(window[0] * window[1] * channels * FILTERS, 2);
    const expected = convolve(input, window, stride, x, kernel);
    const layer = layerOf({
      type: "conv2d",
      name: "layer",
      filters: FILTERS,
      kernelSize: pair(window),
      strides: pair(stride),
      padding: "same",
      useBias: false,
    }, input);
    tf.tidy(() => {
      const inputs = [floats(x, [1, ...input]), floats(kernel, [...window, channels, FILTERS])];
      const y = layer(inputs[0], inputs[1]);
      assertEquals(y.shape, [1, ...expected.shape], what);
      assertNear(y, expected.y, what);
      const [dx, dKernel] = tf.grads(layer)(inputs, floats(expected.dy, y.shape));
      assertNear(dx, expected.dx, `${what}, gradient of the input`);
      assertNear(dKernel, expected.dKernel, `${what}, gradient of the kernel`);
    });
  }
});

Deno.test("pooling on WebAssembly is right for every window and stride", () => {
  for (const { image, window, stride } of combinations()) {
    const x = { shape: [1, ...image, 2], data: noise(image[0] * image[1] * 2, 1) };
    for (const kind of ["max", "average"] as const) {
      const layer = layerOf({
        type: `${kind}Pooling2d`,
        name: "layer",
        poolSize: pair(window),
        strides: pair(stride),
        padding: "same",
      }, [...image, 2]);
      tf.tidy(() => {
        const expected = Float64Array.from(pool(kind, x, window, stride, "same").data);
        const y = layer(floats(x.data, [...x.shape]));
        assertNear(y, expected, `${kind} of ${image} by ${window}, strides ${stride}`);
      });
    }
  }
});
