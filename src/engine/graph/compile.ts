/**
 * Turns a model specification into one TensorFlow graph: its forward pass for training and for
 * prediction, loss, gradients and optimiser step, over variables that all of its signatures share.
 *
 * @module
 */
import { INPUT, type ResolvedLayer, resolveLayers } from "../../models/shapes.ts";
import type { ModelSpec, Shape } from "../../models/spec.ts";
import { whyUntrainable } from "../checks.ts";
import type { TrainingSpec } from "../engine.ts";
import { Graph, type Node, type Signature, type Tensor, type Variable } from "./builder.ts";
import { gradients } from "./gradients.ts";
import { applyLayer, type LayerContext } from "./layers.ts";
import * as op from "./operations.ts";
import { slotNames, update } from "./optimizers.ts";

/** A dropout layer, which needs a mask at each training step. */
export interface DropoutInput {
  readonly layer: string;
  readonly rate: number;
  /** Of one image at this layer. */
  readonly shape: Shape;
}

/** What a model needs for being trained. */
export interface Trainable {
  readonly refused?: undefined;
  /**
   * - `reset` sets the optimiser's state to 0;
   * - `train` takes `indices` into the placed images, the `rate` and `decay` of `stepRates`, and for each
   *   dropout layer `mask/<layer>`, to the batch's `loss` and number of `correct` ones.
   */
  readonly signatures: { readonly reset: Signature; readonly train: Signature };
  readonly classes: number;
  readonly dropouts: readonly DropoutInput[];
}

/** Why a model cannot be trained. */
export interface Untrainable {
  readonly refused: string;
  readonly signatures?: undefined;
  readonly classes?: undefined;
}

/** A compiled model. */
export interface Program {
  readonly graph: Graph;
  /**
   * - `allocate` makes room for as many images and labels as their shapes `images` `[4]` and `labels`
   *   `[1]` say, `place` puts some `images` `[n, height, width, channels]` of the model's `inputType`
   *   and `labels` `[n]`, uint8, there, at `indices` `[n]`;
   * - `assign` takes every variable by its name, and `read` gives them;
   * - `predict` takes `indices` into the placed images to the last layer's `output`.
   */
  readonly signatures: Readonly<
    Record<"allocate" | "place" | "assign" | "read" | "predict", Signature>
  >;
  readonly layers: readonly ResolvedLayer[];
  /** How it is trained, or why it cannot be. */
  readonly training: Trainable | Untrainable;
}

/** Compiles a model. Throws an Error naming the layer when the specification does not fit. */
export function compile(spec: ModelSpec, training: TrainingSpec): Program {
  const layers = resolveLayers(spec);
  const graph = new Graph();
  const data = placedData(graph, spec);
  const variables = new Map(
    layers.flatMap((layer) => layer.variables).map((
      { name, shape },
    ): [string, Variable] => [name, op.variable(graph, name, "float32", shape)]),
  );
  const signatures = {
    allocate: graph.scope("allocate", data.allocate),
    place: graph.scope("place", data.place),
    assign: graph.scope("assign", () => assignment(graph, [...variables.values()])),
    read: graph.scope("read", () => ({
      inputs: {},
      outputs: Object.fromEntries(readAll(variables)),
    })),
    predict: graph.scope("predict", () => {
      const indices = op.placeholder(graph, "indices", "int32", [-1]);
      const images = data.images(indices);
      const output = forward(layers, images, readAll(variables), () => ({ training: false }));
      return { inputs: { indices }, outputs: { output: op.identity(output, [], "output") } };
    }),
  };
  const refused = whyUntrainable(spec);
  return {
    graph,
    signatures,
    layers,
    training: refused
      ? { refused }
      : graph.scope("train", () => trainable(graph, spec, training, layers, variables, data)),
  };
}

const isFrozen = (spec: ModelSpec, { layer }: ResolvedLayer) =>
  spec.frozen?.includes(layer.name) ?? false;

/** A tensor to fetch where only effects are wanted. */
const done = (graph: Graph, after: readonly Node[]): Signature["outputs"] => ({
  done: op.identity(op.scalar(graph, 1), after, "done"),
});

/** Gives each variable the value fed by its name. */
function assignment(graph: Graph, variables: readonly Variable[]): Signature {
  const inputs = variables.map(({ name, dtype, shape }): [string, Tensor] => [
    name,
    op.placeholder(graph, name, dtype, shape),
  ]);
  // What is fed may lie in JavaScript's memory, which a variable would go on sharing.
  const assigned = inputs.map(([, value], i) => op.assign(variables[i], op.deepCopy(value)));
  return { inputs: Object.fromEntries(inputs), outputs: done(graph, assigned) };
}

/** The images and labels that indices refer to. */
interface PlacedData {
  readonly allocate: () => Signature;
  readonly place: () => Signature;
  /** Images as float32. */
  readonly images: (indices: Tensor) => Tensor;
  /** Int32 classes. */
  readonly labels: (indices: Tensor) => Tensor;
}

function placedData(graph: Graph, spec: ModelSpec): PlacedData {
  const { inputType = "uint8" } = spec;
  const images = op.variable(graph, "data/images", inputType, [-1, ...spec.input]);
  const labels = op.variable(graph, "data/labels", "uint8", [-1]);
  return {
    allocate: () => {
      const inputs = {
        images: op.placeholder(graph, "images", "int32", [4]),
        labels: op.placeholder(graph, "labels", "int32", [1]),
      };
      const made = [
        op.assign(images, op.zeros(inputs.images, inputType, images.shape)),
        op.assign(labels, op.zeros(inputs.labels, "uint8", labels.shape)),
      ];
      return { inputs, outputs: done(graph, made) };
    },
    place: () => {
      const inputs = {
        indices: op.placeholder(graph, "indices", "int32", [-1]),
        images: op.placeholder(graph, "images", inputType, images.shape),
        labels: op.placeholder(graph, "labels", "uint8", labels.shape),
      };
      const placed = [
        op.assignRows(images, inputs.indices, inputs.images),
        op.assignRows(labels, inputs.indices, inputs.labels),
      ];
      return { inputs, outputs: done(graph, placed) };
    },
    images: (indices) => op.cast(op.gather(images, indices), "float32"),
    labels: (indices) => op.cast(op.gather(labels, indices), "int32"),
  };
}

/** The values of all variables at this point of the graph. */
const readAll = (variables: ReadonlyMap<string, Variable>): Map<string, Tensor> =>
  new Map([...variables].map(([name, variable]) => [name, op.read(variable)]));

/** The output of the last layer. `context` says how a layer runs. */
function forward(
  layers: readonly ResolvedLayer[],
  input: Tensor,
  values: ReadonlyMap<string, Tensor>,
  context: (layer: ResolvedLayer) => Omit<LayerContext, "variable">,
): Tensor {
  const outputs = new Map([[INPUT, input]]);
  let output = input;
  for (const resolved of layers) {
    const { name } = resolved.layer;
    const inputs = resolved.inputs.map((input) => outputs.get(input)!);
    output = input.node.graph.layer(name, () =>
      applyLayer(resolved, inputs, {
        ...context(resolved),
        variable: (variable) => values.get(`${name}/${variable}`)!,
      }));
    outputs.set(name, output);
  }
  return output;
}

/** The optimiser step and the resetting of its state. */
function trainable(
  graph: Graph,
  spec: ModelSpec,
  training: TrainingSpec,
  layers: readonly ResolvedLayer[],
  variables: ReadonlyMap<string, Variable>,
  data: PlacedData,
): Trainable {
  const { optimizer } = training;
  const indices = op.placeholder(graph, "indices", "int32", [-1]);
  const rate = op.placeholder(graph, "rate", "float32", []);
  const decay = op.placeholder(graph, "decay", "float32", []);
  const values = readAll(variables);
  const trained = layers.filter((layer) => !isFrozen(spec, layer))
    .flatMap((layer) => layer.variables).filter((variable) => variable.trainable)
    .map(({ name }) => variables.get(name)!);

  const dropouts: DropoutInput[] = [];
  const masks: Record<string, Tensor> = {};
  /** Updates of moving statistics. */
  const statistics: [moving: string, batch: Tensor, momentum: number][] = [];
  const output = forward(layers, data.images(indices), values, (resolved) => {
    const { layer } = resolved;
    return {
      training: !isFrozen(spec, resolved),
      mask: (shape) => {
        if (layer.type !== "dropout") throw new TypeError(`${layer.name} is no dropout layer.`);
        dropouts.push({ layer: layer.name, rate: layer.rate, shape: shape.slice(1) });
        return masks[`mask/${layer.name}`] = op.placeholder(graph, "mask", "float32", shape);
      },
      onStatistics: (mean, variance, momentum) => {
        statistics.push([`${layer.name}/moving_mean`, mean, momentum]);
        statistics.push([`${layer.name}/moving_variance`, variance, momentum]);
      },
    };
  });
  // Cross-entropy takes what goes into the softmax, so that no probability is rounded to 0 before its logarithm.
  const logits = output.node.inputs[0];
  const labels = data.labels(indices);
  const { loss, correct } = graph.scope("loss", () => {
    const kernels = trained.filter(isKernel).map(({ name }) => values.get(name)!);
    return {
      loss: lossOf(logits, labels, kernels, training),
      correct: op.countCorrect(logits, labels),
    };
  });
  const slopes = graph.scope(
    "gradients",
    () => gradients(loss, trained.map(({ name }) => values.get(name)!)),
  );
  return graph.scope("optimizer", () => {
    const slots = trained.map(({ name, shape }) =>
      slotNames(optimizer).map((slot) =>
        op.variable(graph, `optimizer/${name}/${slot}`, "float32", shape)
      )
    );
    // A value that is still to be read makes an update copy its variable, so updates wait for all gradients.
    const computed = slopes.map(({ node }) => node);
    const updates = trained.map((variable, i) =>
      update(
        optimizer,
        variable,
        slots[i],
        slopes[i],
        rate,
        optimizer.type === "adamw" && isKernel(variable) ? decay : undefined,
        computed,
      )
    );
    const moved = statistics.map(([moving, batch, momentum]) => {
      const change = op.subtract(values.get(moving)!, batch);
      const share = op.scalar(graph, 1 - momentum);
      return op.assignSub(variables.get(moving)!, op.multiply(change, share));
    });
    const zeros = slots.flatMap((ofVariable, i) =>
      ofVariable.map((slot) => op.assign(slot, op.zerosLike(op.read(trained[i]))))
    );
    return {
      signatures: {
        reset: { inputs: {}, outputs: done(graph, zeros) },
        train: {
          inputs: { indices, rate, decay, ...masks },
          outputs: {
            loss: op.identity(loss, [...updates, ...moved], "loss"),
            correct: op.identity(correct, [], "correct"),
          },
        },
      },
      classes: logits.shape[1],
      dropouts,
    };
  });
}

const isKernel = ({ name }: Variable) => name.endsWith("/kernel");

/** Cross-entropy averaged over the batch, plus the penalty on kernels. */
function lossOf(
  logits: Tensor,
  labels: Tensor,
  kernels: readonly Tensor[],
  { loss: { labelSmoothing, l2 } }: TrainingSpec,
): Tensor {
  const { graph } = logits.node;
  const classes = logits.shape[1];
  const off = labelSmoothing / classes;
  const targets = op.oneHot(labels, classes, 1 - labelSmoothing + off, off);
  const crossEntropy = op.mean(op.softmaxCrossEntropy(logits, targets));
  if (l2 === 0 || kernels.length === 0) return crossEntropy;
  const halfSquares = op.addAll(kernels.map(op.l2Loss));
  return op.add(crossEntropy, op.multiply(halfSquares, op.scalar(graph, 2 * l2)));
}
