/**
 * Gradients for the WebAssembly backend. It lacks the one of a convolution for its filter and has a
 * slow one for its input; both are convolutions themselves, and those XNNPACK runs fast. Its
 * gradients of max pooling and of dense layers take three times as long as what is here.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { samePadding } from "../../models/shapes.ts";

/** Height and width. */
type Axes = readonly [number, number];
type Shape4D = [number, number, number, number];

/** What TensorFlow.js hands to the kernels, as far as it is used here. */
interface Attributes {
  readonly strides: number | Axes;
  readonly pad: unknown;
  readonly dataFormat?: unknown;
  readonly filterShape?: unknown;
  readonly inputShape?: unknown;
  readonly filterSize?: number | Axes;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

const axes = (value: number | Axes): Axes => typeof value === "number" ? [value, value] : value;

/** Strides and the zeros before the first row and column. */
function geometry({ strides, pad, dataFormat }: Attributes, input: Axes, window: Axes) {
  if ((pad !== "same" && pad !== "valid") || (dataFormat ?? "NHWC") !== "NHWC") {
    throw new Error(
      `Gradients on WebAssembly take "same" or "valid" padding and NHWC; ` +
        `got ${JSON.stringify(pad)} and ${dataFormat}.`,
    );
  }
  const stride = axes(strides);
  const before = [0, 1].map((axis) =>
    pad === "valid" ? 0 : samePadding(input[axis], window[axis], stride[axis])[0]
  );
  return { stride, before };
}

/**
 * Derivative with respect to the filter `[h, w, in, out]`, from `x` `[n, H, W, in]` and `dy`
 * `[n, H', W', out]`: `x` with batch and channels swapped, convolved with `dy` as a filter of n
 * channels, dilated by the forward strides.
 */
function filterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  filterShape: Shape4D,
  attributes: Attributes,
): tf.Tensor4D {
  const [, height, width] = x.shape;
  const window: Axes = [filterShape[0], filterShape[1]];
  const { stride, before } = geometry(attributes, [height, width], window);
  // The rows that the forward convolution reads; below 0 after the end, some are never read.
  const after = [0, 1].map((axis) =>
    (dy.shape[axis + 1] - 1) * stride[axis] + window[axis] - before[axis] - x.shape[axis + 1]
  );
  const read = tf.slice(x, [0, 0, 0, 0], [
    -1,
    height + Math.min(after[0], 0),
    width + Math.min(after[1], 0),
    -1,
  ]);
  const gradient = tf.conv2d(
    tf.transpose(read, [3, 1, 2, 0]),
    tf.transpose(dy, [1, 2, 0, 3]),
    1,
    [[0, 0], [before[0], Math.max(after[0], 0)], [before[1], Math.max(after[1], 0)], [0, 0]],
    "NHWC",
    [...stride],
  );
  return tf.transpose(gradient, [1, 2, 0, 3]);
}

/**
 * Derivative with respect to the input `[n, H, W, in]`, from `dy` `[n, H', W', out]` and the filter
 * `[h, w, in, out]`: `dy` with strides less one zeros between its rows and columns, convolved with
 * the filter turned by 180 degrees, its channels swapped.
 */
function inputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  inputShape: Shape4D,
  attributes: Attributes,
): tf.Tensor4D {
  const [batch, height, width] = inputShape;
  const [rows, columns, , channels] = filter.shape;
  const { stride, before } = geometry(attributes, [height, width], [rows, columns]);
  let spaced = dy;
  const [, outHeight, outWidth] = dy.shape;
  const tall = (outHeight - 1) * stride[0] + 1;
  const wide = (outWidth - 1) * stride[1] + 1;
  if (stride[0] > 1 || stride[1] > 1) {
    const cells = tf.pad(
      tf.reshape(dy, [batch * outHeight, 1, outWidth, 1, channels]),
      [[0, 0], [0, stride[0] - 1], [0, 0], [0, stride[1] - 1], [0, 0]],
    );
    const grid: Shape4D = [batch, outHeight * stride[0], outWidth * stride[1], channels];
    spaced = tf.slice(tf.reshape<tf.Rank.R4>(cells, grid), [0, 0, 0, 0], [-1, tall, wide, -1]);
  }
  return tf.conv2d(
    spaced,
    tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]),
    1,
    [
      [0, 0],
      [rows - 1 - before[0], height - tall + before[0]],
      [columns - 1 - before[1], width - wide + before[1]],
      [0, 0],
    ],
  );
}

/**
 * Derivative of max pooling with respect to its input: each value of `dy` goes to the first largest
 * value of its window. Plain loops over NHWC data.
 */
function maxPoolGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  attributes: Attributes,
): tf.Tensor4D {
  const window = axes(attributes.filterSize!);
  const [batch, height, width, channels] = x.shape;
  const [, outHeight, outWidth] = dy.shape;
  const { stride, before } = geometry(attributes, [height, width], window);
  const values = x.dataSync();
  const incoming = dy.dataSync();
  const gradient = new Float32Array(values.length);
  let from = 0;
  for (let n = 0; n < batch; n++) {
    for (let row = 0; row < outHeight; row++) {
      const top = row * stride[0] - before[0];
      const firstRow = Math.max(top, 0);
      const lastRow = Math.min(top + window[0], height) - 1;
      for (let column = 0; column < outWidth; column++) {
        const left = column * stride[1] - before[1];
        const firstColumn = Math.max(left, 0);
        const lastColumn = Math.min(left + window[1], width) - 1;
        const first = ((n * height + firstRow) * width + firstColumn) * channels;
        for (let channel = 0; channel < channels; channel++) {
          let largest = first + channel;
          for (let y = firstRow; y <= lastRow; y++) {
            let at = ((n * height + y) * width + firstColumn) * channels + channel;
            for (let i = firstColumn; i <= lastColumn; i++, at += channels) {
              if (values[at] > values[largest]) largest = at;
            }
          }
          gradient[largest] += incoming[from++];
        }
      }
    }
  }
  return tf.tensor4d(gradient, x.shape);
}

function swapLastAxes(x: tf.Tensor): tf.Tensor {
  const order = x.shape.map((_, axis) => axis);
  return tf.transpose(x, [...order.slice(0, -2), x.rank - 1, x.rank - 2]);
}

let registered = false;

/**
 * Gives the WebAssembly backend these gradients, and a product of transposed matrices that
 * transposes first, for only the plain product is XNNPACK's. Calling it again changes nothing.
 *
 * @throws {Error} where `@tensorflow/tfjs-backend-wasm` is not loaded (`runtime/load.ts`)
 */
export function registerWasmGradients(): void {
  if (registered) return;
  const product = tf.getKernel(tf.BatchMatMul, "wasm")?.kernelFunc;
  if (!product) throw new Error("Load TensorFlow.js's WebAssembly backend before its engine.");
  registered = true;
  replace(
    tf.Conv2DBackpropFilter,
    ({ x, dy }, attributes) => filterGradient(x, dy, attributes.filterShape as Shape4D, attributes),
  );
  replace(
    tf.Conv2DBackpropInput,
    ({ dy, filter }, attributes) =>
      inputGradient(dy, filter, attributes.inputShape as Shape4D, attributes),
  );
  replace(tf.MaxPoolGrad, ({ input, dy }, attributes) => maxPoolGradient(input, dy, attributes));
  replace(tf.BatchMatMul, ({ a, b }, { transposeA, transposeB }, backend) =>
    product({
      inputs: { a: transposeA ? swapLastAxes(a) : a, b: transposeB ? swapLastAxes(b) : b },
      attrs: { transposeA: false, transposeB: false },
      backend,
    }));
}

/** Puts a kernel in place of the backend's own, if it has one. */
function replace(
  kernelName: string,
  compute: (
    inputs: Record<string, tf.Tensor4D>,
    attributes: Attributes,
    backend: object,
  ) => tf.TensorInfo | tf.TensorInfo[],
): void {
  const present = tf.getKernel(kernelName, "wasm");
  if (present) tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({
    ...present,
    kernelName,
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs, backend }) =>
      // TensorFlow.js hands tensors to kernels, though it declares less.
      tf.tidy(() =>
        compute(
          inputs as Record<string, tf.Tensor4D>,
          attrs as unknown as Attributes,
          backend,
        ) as tf.Tensor
      ),
  });
}
