/**
 * Turns a model specification into one TensorFlow graph: its forward pass for prediction and, if it is
 * to be trained, that for training, loss, gradients and optimiser step, over variables that all of
 * its signatures share.
 *
 * @module
 */
import { INPUT, type ResolvedLayer, resolveLayers } from "../../models/shapes.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { checkTrainable } from "../checks.ts";
import type { LossSpec, OptimizerSpec, TrainingSpec, Weights } from "../engine.ts";
import { Graph, type Node, type Signature, type Tensor, type Variable } from "./builder.ts";
import { gradients } from "./gradients.ts";
import { applyLayer, type LayerContext } from "./layers.ts";
import * as op from "./operations.ts";
import { slotNames, update } from "./optimizers.ts";

/** How a layer runs where a network predicts, whatever it was trained in. */
const predicting = { training: false, precision: "float32" } as const;

/** A model compiled for prediction. */
export interface Program {
  readonly graph: Graph;
  /**
   * - `allocate` makes room for as many images as their shape `images` `[4]` says, `place` puts some
   *   `images` `[n, height, width, channels]` of the model's `inputType` there, at `indices` `[n]`;
   * - `assign` takes every variable by its name, and `read` gives them;
   * - `predict` takes `indices` into the placed images to the last layer's `output`.
   */
  readonly signatures: Readonly<
    Record<"allocate" | "place" | "assign" | "read" | "predict", Signature>
  >;
}

/** A model compiled for training as well. */
export interface TrainableProgram {
  readonly graph: Graph;
  /**
   * Those of a `Program`, of which `allocate` also takes the shape `labels` `[1]` and `place` the
   * `labels` `[n]`, uint8; and
   *
   * - `reset` sets the optimiser's state to 0;
   * - `train` takes `indices` into the placed images, the `rate` and `decay` of `stepRates`, and for each
   *   dropout layer `mask/<layer>`, to the batch's `loss` and number of `correct` ones.
   */
  readonly signatures: Program["signatures"] & Readonly<Record<"reset" | "train", Signature>>;
}

/** A model compiled for a training that can be taken up again. */
export interface ResumableProgram {
  readonly graph: Graph;
  /**
   * Those of a `TrainableProgram`; and
   *
   * - `state` gives what the optimiser keeps by its names, and `restore` takes it;
   * - `moments` takes `indices` into the placed images to the mean and the biased variance of what reaches
   *   each batch normalisation, by the names of its moving statistics. Those before it normalise by the
   *   batch. Where there is none, it gives nothing.
   */
  readonly signatures:
    & TrainableProgram["signatures"]
    & Readonly<Record<"state" | "restore" | "moments", Signature>>;
}

/**
 * Compiles a model for prediction.
 *
 * @throws {Error} where a layer does not fit the specification; it names the layer
 */
export function compile(spec: ModelSpec): Program;
/**
 * Compiles a model for prediction and a training that can be taken up again.
 *
 * @throws {Error} where a layer does not fit the specification or the model cannot be trained
 */
export function compile(
  spec: ModelSpec,
  training: Omit<TrainingSpec, "seed"> & { readonly resumable: true },
): ResumableProgram;
/**
 * Compiles a model for prediction and training.
 *
 * @throws {Error} where a layer does not fit the specification or the model cannot be trained
 */
export function compile(
  spec: ModelSpec,
  training: Omit<TrainingSpec, "seed">,
): TrainableProgram;
export function compile(
  spec: ModelSpec,
  training?: Omit<TrainingSpec, "seed">,
): Program | TrainableProgram | ResumableProgram {
  const layers = resolveLayers(spec);
  if (training) checkTrainable(spec);
  const graph = new Graph();
  const { inputType = "uint8" } = spec;
  const images = op.variable(graph, "data/images", inputType, [-1, ...spec.input]);
  const labels = training && op.variable(graph, "data/labels", "uint8", [-1]);
  const placed: Readonly<Record<string, Variable>> = labels ? { images, labels } : { images };
  const variables = new Map(
    layers.flatMap((layer) => layer.variables).map((
      { name, shape },
    ): [string, Variable] => [name, op.variable(graph, name, "float32", shape)]),
  );
  const signatures: Program["signatures"] = {
    allocate: graph.scope("allocate", () => allocation(graph, placed)),
    place: graph.scope("place", () => placement(graph, placed)),
    assign: graph.scope("assign", () => assignment(graph, [...variables.values()])),
    read: graph.scope("read", () => ({
      inputs: {},
      outputs: Object.fromEntries(readAll(variables)),
    })),
    predict: graph.scope("predict", () => {
      const indices = op.placeholder(graph, "indices", "int32", [-1]);
      const input = imagesAt(images, indices);
      const output = forward(layers, input, readAll(variables), () => predicting);
      return { inputs: { indices }, outputs: { output: op.identity(output, [], "output") } };
    }),
  };
  if (!training || !labels) return { graph, signatures };
  const trained = graph.scope(
    "train",
    () => trainable(graph, spec, training, layers, variables, { images, labels }),
  );
  if (!training.resumable) return { graph, signatures: { ...signatures, ...trained } };
  const moments = graph.scope("moments", () => momentsOf(graph, spec, layers, variables, images));
  return { graph, signatures: { ...signatures, ...trained, moments } };
}

/**
 * A model with its weights in it, for whoever runs it without this project: the signature takes `images`,
 * `[n, height, width, channels]` of the model's `inputType`, to the last layer's `probabilities`.
 *
 * @param weights the model's
 * @throws {Error} where a layer does not fit the specification; it names the layer
 */
export function compileWhole(
  spec: ModelSpec,
  weights: Weights,
): { readonly graph: Graph; readonly signature: Signature } {
  const layers = resolveLayers(spec);
  const graph = new Graph();
  const images = op.placeholder(graph, "images", spec.inputType ?? "uint8", [-1, ...spec.input]);
  const values = new Map([...weights].map(([name, array]) => [name, op.constant(graph, array)]));
  const input = op.cast(images, "float32");
  const output = forward(layers, input, values, () => predicting);
  const probabilities = op.identity(output, [], "probabilities");
  return { graph, signature: { inputs: { images }, outputs: { probabilities } } };
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

/** Makes room for data, by their names, in the shapes that are fed. */
function allocation(graph: Graph, data: Readonly<Record<string, Variable>>): Signature {
  const inputs = Object.entries(data).map(([name, { shape }]): [string, Tensor] => [
    name,
    op.placeholder(graph, name, "int32", [shape.length]),
  ]);
  const made = inputs.map(([name, shape]) =>
    op.assign(data[name], op.zeros(shape, data[name].dtype, data[name].shape))
  );
  return { inputs: Object.fromEntries(inputs), outputs: done(graph, made) };
}

/** Puts rows of data, by their names, at indices. */
function placement(graph: Graph, data: Readonly<Record<string, Variable>>): Signature {
  const indices = op.placeholder(graph, "indices", "int32", [-1]);
  const rows = Object.entries(data).map(([name, { dtype, shape }]): [string, Tensor] => [
    name,
    op.placeholder(graph, name, dtype, shape),
  ]);
  const placed = rows.map(([name, values]) => op.assignRows(data[name], indices, values));
  return { inputs: { indices, ...Object.fromEntries(rows) }, outputs: done(graph, placed) };
}

/** Placed images as float32. */
const imagesAt = (images: Variable, indices: Tensor): Tensor =>
  op.cast(op.gather(images, indices), "float32");

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
  { optimizer, loss: lossSpec, resumable, precision = "float32" }: Omit<TrainingSpec, "seed">,
  layers: readonly ResolvedLayer[],
  variables: ReadonlyMap<string, Variable>,
  data: { readonly images: Variable; readonly labels: Variable },
):
  & Readonly<Record<"reset" | "train", Signature>>
  & Partial<Record<"state" | "restore", Signature>> {
  const indices = op.placeholder(graph, "indices", "int32", [-1]);
  const rate = op.placeholder(graph, "rate", "float32", []);
  const decay = op.placeholder(graph, "decay", "float32", []);
  const values = readAll(variables);
  const trained = layers.filter((layer) => !isFrozen(spec, layer))
    .flatMap((layer) => layer.variables).filter((variable) => variable.trainable)
    .map(({ name }) => variables.get(name)!);

  const masks: Record<string, Tensor> = {};
  /** Updates of moving statistics. */
  const statistics: [moving: string, batch: Tensor, momentum: number][] = [];
  const output = forward(layers, imagesAt(data.images, indices), values, (resolved) => {
    const { layer } = resolved;
    return {
      precision,
      training: !isFrozen(spec, resolved),
      mask: (shape) =>
        masks[`mask/${layer.name}`] = op.placeholder(graph, "mask", "float32", shape),
      onStatistics: (mean, variance, momentum) => {
        statistics.push([`${layer.name}/moving_mean`, mean, momentum]);
        statistics.push([`${layer.name}/moving_variance`, variance, momentum]);
      },
    };
  });
  // Cross-entropy takes what goes into the softmax, so that no probability is rounded to 0 before its logarithm.
  const logits = output.node.inputs[0];
  const labels = op.cast(op.gather(data.labels, indices), "int32");
  const { loss, correct } = graph.scope("loss", () => {
    const kernels = trained.filter(isKernel).map(({ name }) => values.get(name)!);
    return {
      loss: lossOf(logits, labels, kernels, lossSpec),
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
    const decayed = decayOf(optimizer, rate, decay);
    const updates = trained.map((variable, i) =>
      update(
        optimizer,
        variable,
        slots[i],
        slopes[i],
        rate,
        isKernel(variable) ? decayed : undefined,
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
      reset: { inputs: {}, outputs: done(graph, zeros) },
      train: {
        inputs: { indices, rate, decay, ...masks },
        outputs: {
          loss: op.identity(loss, [...updates, ...moved], "loss"),
          correct: op.identity(correct, [], "correct"),
        },
      },
      ...(resumable && graph.scope("state", () => ({
        state: {
          inputs: {},
          outputs: Object.fromEntries(
            slots.flat().map((slot) => [slotName(slot), op.read(slot)]),
          ),
        },
        restore: restoration(graph, slots.flat()),
      }))),
    };
  });
}

/** What a slot is called outside of the graph: its variable's name and its own. */
const slotName = ({ name }: Variable) => name.slice("optimizer/".length);

/** Gives the optimiser's slots the values fed by their names. */
function restoration(graph: Graph, slots: readonly Variable[]): Signature {
  const { inputs, outputs } = assignment(graph, slots);
  return {
    inputs: Object.fromEntries(slots.map((slot) => [slotName(slot), inputs[slot.name]])),
    outputs,
  };
}

/** The share that decoupled weight decay takes off kernels at a step; undefined where there is none. */
function decayOf(optimizer: OptimizerSpec, rate: Tensor, fed: Tensor): Tensor | undefined {
  if (optimizer.type === "adamw") return fed;
  // The rate of Adam's update is corrected, that of plain descent is the learning rate itself.
  if (optimizer.type !== "sgd" || !optimizer.weightDecay) return undefined;
  return op.multiply(rate, op.scalar(rate.node.graph, optimizer.weightDecay));
}

/** What reaches each batch normalisation that is trained: see `ResumableProgram`. */
function momentsOf(
  graph: Graph,
  spec: ModelSpec,
  layers: readonly ResolvedLayer[],
  variables: ReadonlyMap<string, Variable>,
  images: Variable,
): Signature {
  const indices = op.placeholder(graph, "indices", "int32", [-1]);
  const outputs: Record<string, Tensor> = {};
  forward(layers, imagesAt(images, indices), readAll(variables), (resolved) => ({
    training: !isFrozen(spec, resolved),
    precision: "float32",
    onStatistics: (mean, variance) => {
      outputs[`${resolved.layer.name}/moving_mean`] = mean;
      outputs[`${resolved.layer.name}/moving_variance`] = variance;
    },
  }));
  return { inputs: { indices }, outputs };
}

const isKernel = ({ name }: Variable) => name.endsWith("/kernel");

/** Cross-entropy averaged over the batch, plus the penalty on kernels. */
function lossOf(
  logits: Tensor,
  labels: Tensor,
  kernels: readonly Tensor[],
  { labelSmoothing, l2 }: LossSpec,
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
