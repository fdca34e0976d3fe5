/**
 * LeNet-5 with one thing changed, and perceptrons of its size: networks by which it can be told what
 * its accuracy comes from.
 *
 * @module
 */
import { lenet5 } from "./lenet5.ts";
import { countMultiplications } from "./multiplications.ts";
import { countParameters } from "./shapes.ts";
import type { Layer, ModelSpec, Shape } from "./spec.ts";

/** What of LeNet-5 a perceptron has: one hidden layer, and no convolution before it. */
const PERCEPTRON = ["rescaling", "flatten", "dense1", "logits"];

/** The names of the networks. */
export const ablations = [
  "lenet5",
  /** A perceptron with as many parameters. */
  "mlp",
  /** A perceptron with as many multiplications. */
  "mlp-multiplications",
  /** Convolutions take every second window, and nothing is pooled. */
  "strides",
  /** Poolings take the mean in place of the maximum. */
  "average",
  /** The first convolution stays as it was drawn. */
  "frozen",
  /** The second convolution is left out; both poolings stay. */
  "one-convolution",
  /** Windows of convolutions are 3 x 3. */
  "kernels-3",
] as const;

/** The name of a network. */
export type Ablation = typeof ablations[number];

/** What makes another network of LeNet-5. */
type Change = (model: ModelSpec) => ModelSpec;

/** LeNet-5 with each layer put through `change`; a layer that becomes undefined is left out. */
const changed = (change: (layer: Layer) => Layer | undefined): Change => (model) => ({
  ...model,
  layers: model.layers.flatMap((layer) => change(layer) ?? []),
});

/** A perceptron as large as LeNet-5 by a measure that grows by as much with each hidden unit. */
const perceptron = (measure: (model: ModelSpec) => number): Change => (model) => {
  const of = (units: number) =>
    changed((layer) => {
      if (!PERCEPTRON.includes(layer.name)) return undefined;
      return layer.name === "dense1" && layer.type === "dense" ? { ...layer, units } : layer;
    })(model);
  const [one, two] = [of(1), of(2)].map(measure);
  return of(Math.max(1, 1 + Math.round((measure(model) - one) / (two - one))));
};

/** Twice as far between its windows in place of a pooling after it: an output of the same size, where sides are even. */
const withStrides = changed((layer) => {
  if (layer.type === "conv2d") return { ...layer, strides: [2, 2] };
  return layer.type === "maxPooling2d" ? undefined : layer;
});

const withAverages = changed((layer) =>
  layer.type === "maxPooling2d" ? { ...layer, type: "averagePooling2d" } : layer
);

const withoutSecond = changed((layer) => layer.name === "conv2" ? undefined : layer);

const withSmallKernels = changed((layer) =>
  layer.type === "conv2d" ? { ...layer, kernelSize: [3, 3] } : layer
);

const changes: { readonly [A in Ablation]: Change } = {
  "lenet5": (model) => model,
  "mlp": perceptron(countParameters),
  "mlp-multiplications": perceptron(countMultiplications),
  "strides": withStrides,
  "average": withAverages,
  "frozen": (model) => ({ ...model, frozen: ["conv1"] }),
  "one-convolution": withoutSecond,
  "kernels-3": withSmallKernels,
};

/**
 * A network, as a model of its own name.
 *
 * @param input `[height, width, channels]`; where LeNet-5 fits, all of them do
 */
export const ablated = (name: Ablation, input: Shape, classes: number): ModelSpec => ({
  ...changes[name](lenet5(input, classes)),
  name,
});
