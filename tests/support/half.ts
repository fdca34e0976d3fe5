/**
 * A training step in bfloat16 by definition, of networks like LeNet-5: sums in float64, and every value
 * rounded to bfloat16 where the graph engine gives one. Gradients of what is linear are its transpose,
 * found by putting in one 1 after the other. Slow, and independent of every engine.
 *
 * @module
 */
import { resolveLayers } from "../../src/models/shapes.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import * as by from "./reference.ts";
import type { Batch } from "./reference.ts";

const bits = new DataView(new ArrayBuffer(4));

/** The bfloat16 that is nearest to a value; of two equally near, the even one. */
export function rounded(value: number): number {
  bits.setFloat32(0, value);
  const whole = bits.getUint32(0);
  if ((whole & 0x7fffffff) > 0x7f800000) return NaN;
  const up = 0x7fff + ((whole >>> 16) & 1);
  bits.setUint32(0, ((whole + up) & 0xffff0000) >>> 0);
  return bits.getFloat32(0);
}

const asIs = (value: number): number => value;
const all = ({ shape, data }: Batch, f: (value: number) => number): Batch => ({
  shape,
  data: data.map(f),
});

/** The gradient of `x` under `f`, which is linear, where `dy` is that of `f(x)`. */
function transposed(f: (x: Batch) => Batch, x: Batch, dy: Batch): Batch {
  const unit: Batch = { shape: x.shape, data: new Float64Array(x.data.length) };
  const data = x.data.map((_, i) => {
    unit.data[i] = 1;
    const slope = f(unit).data.reduce((sum, value, k) => sum + value * dy.data[k], 0);
    unit.data[i] = 0;
    return slope;
  });
  return { shape: x.shape, data };
}

/** Where the largest value of each window lies, the first of equal ones: as a function that is linear. */
function choosing(x: Batch, pool: (x: Batch) => Batch): (dy: Batch) => Batch {
  // Every value gets a number of its own order, so that the pool of these says which one was taken.
  const order = [...x.data.keys()].sort((a, b) => x.data[a] - x.data[b] || b - a);
  const rank: Batch = { shape: x.shape, data: new Float64Array(order.length) };
  order.forEach((i, place) => rank.data[i] = place);
  const taken = pool(rank).data;
  return (dy) => {
    const data = new Float64Array(x.data.length);
    taken.forEach((place, k) => data[order[place]] += dy.data[k]);
    return { shape: x.shape, data };
  };
}

/** Loss, and the gradient of every variable. */
export interface Step {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, Batch>;
}

/** Where values are rounded between a layer's product and its bias: see `stepByDefinition`. */
export type Rounding = "never" | "once" | "twice";

/**
 * A step of a network whose layers follow each other: rescaling and normalization of images, convolutions
 * and dense layers with a bias, ReLU, max pooling, means over images, larger images, flatten; the last one a
 * dense layer with softmax.
 *
 * @param rounding whether product and bias are rounded once, after both (where one kernel does both), or
 * after each; or never and nothing, which is a step in float32
 */
export function stepByDefinition(
  spec: ModelSpec,
  weights: by.Weights64,
  images: Batch,
  labels: ArrayLike<number>,
  rounding: Rounding,
): Step {
  const round = rounding === "never" ? asIs : rounded;
  const between = rounding === "twice" ? rounded : asIs;
  const gradients = new Map<string, Batch>();
  /** From the last layer back to the first: what makes of the gradient of a layer's output that of its input. */
  const back: ((dy: Batch) => Batch)[] = [];
  let x = images;
  for (const { layer, outputShape } of resolveLayers(spec)) {
    const given = x;
    /** A layer that is linear and gives the values that it is given. */
    const moves = (f: (x: Batch) => Batch) => {
      x = f(given);
      back.unshift((dy) => all(transposed(f, given, dy), round));
    };
    if (layer.type === "rescaling" || layer.type === "normalization") {
      // The images' gradient is nobody's business.
      x = by.compute(layer, [given], outputShape);
      back.unshift((dy) => dy);
    } else if (layer.type === "upSampling2d" || layer.type === "globalAveragePooling2d") {
      moves((x) => by.compute(layer, [x], outputShape));
    } else if (layer.type === "activation") {
      x = by.relu(given);
      back.unshift((dy) => by.each(dy, (value, _, i) => given.data[i] <= 0 ? 0 : value));
    } else if (layer.type === "flatten") {
      x = { shape: [given.shape[0], ...outputShape], data: given.data };
      back.unshift((dy) => ({ shape: given.shape, data: dy.data }));
    } else if (layer.type === "maxPooling2d") {
      const { poolSize, strides = poolSize, padding } = layer;
      const pool = (x: Batch) => by.pool("max", x, poolSize, strides, padding);
      x = pool(given);
      back.unshift(choosing(given, pool));
    } else if (layer.type === "conv2d" || layer.type === "dense") {
      const input = all(given, round);
      const kernel = all(weights.get(`${layer.name}/kernel`)!, round);
      const bias = all(weights.get(`${layer.name}/bias`)!, round);
      const product = (x: Batch, kernel: Batch) =>
        layer.type === "dense"
          ? by.matMul(x, kernel)
          : by.conv2d(x, kernel, layer.strides ?? [1, 1], layer.padding);
      const sum = by.each(product(input, kernel), (value, c) => between(value) + bias.data[c]);
      x = all(sum, (value) => round(layer.activation === "relu" ? Math.max(value, 0) : value));
      const output = x;
      back.unshift((dy) => {
        const slope = all(
          by.each(
            dy,
            (value, _, i) => layer.activation === "relu" && output.data[i] <= 0 ? 0 : value,
          ),
          round,
        );
        const ones = (b: Batch) => by.each(slope, (_, c) => b.data[c]);
        gradients.set(`${layer.name}/bias`, all(transposed(ones, bias, slope), round));
        const ofKernel = transposed((k) => product(input, k), kernel, slope);
        gradients.set(`${layer.name}/kernel`, all(ofKernel, round));
        return all(transposed((x) => product(x, kernel), input, slope), round);
      });
    } else {
      throw new Error(`There is no definition of ${layer.type} here.`);
    }
  }
  const probabilities = by.softmax(x);
  const [count, classes] = x.shape;
  const own = (i: number) => labels[Math.floor(i / classes)] === i % classes;
  const loss = probabilities.data.reduce(
    (sum, p, i) => own(i) ? sum - Math.log(p) / count : sum,
    0,
  );
  let slope = by.each(probabilities, (p, _, i) => (p - (own(i) ? 1 : 0)) / count);
  for (const step of back) slope = step(slope);
  return { loss, gradients };
}
