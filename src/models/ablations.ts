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

/** LeNet-5 with each layer put through `change`; a layer that becomes undefined is left out. */
const changed = (change: (layer: Layer) => Layer | undefined) => (model: ModelSpec): ModelSpec => ({
  ...model,
  layers: model.layers.flatMap((layer) => change(layer) ?? []),
});

/** A perceptron as large as LeNet-5 by a measure that grows by as much with each hidden unit. */
const perceptron = (measure: (model: ModelSpec) => number) => (model: ModelSpec): ModelSpec => {
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

/** What becomes of LeNet-5, by the name of the network. */
const changes = {
  "lenet5": (model: ModelSpec) => model,
  /** A perceptron with as many parameters. */
  "mlp": perceptron(countParameters),
  /** A perceptron with as many multiplications. */
  "mlp-multiplications": perceptron(countMultiplications),
  /** Convolutions take every second window, and nothing is pooled. */
  "strides": withStrides,
  "average": withAverages,
  /** The first convolution stays as it was drawn. */
  "frozen": (model: ModelSpec): ModelSpec => ({ ...model, frozen: ["conv1"] }),
  /** The second convolution is left out; both poolings stay. */
  "one-convolution": withoutSecond,
  "kernels-3": withSmallKernels,
} as const;

/** The networks. */
export type Ablation = keyof typeof changes;

/** Their names. */
export const ablations: readonly Ablation[] = [
  "lenet5",
  "mlp",
  "mlp-multiplications",
  "strides",
  "average",
  "frozen",
  "one-convolution",
  "kernels-3",
];

/**
 * A network, as a model of its own name.
 *
 * @param input `[height, width, channels]`; where LeNet-5 fits, all of them do
 */
export const ablated = (name: Ablation, input: Shape, classes: number): ModelSpec => ({
  ...changes[name](lenet5(input, classes)),
  name,
});
