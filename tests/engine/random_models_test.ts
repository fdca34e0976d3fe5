import { assert, assertEquals, assertLess } from "@std/assert";
import type { Engine, TrainingSpec } from "../../src/engine/engine.ts";
import { graphEngine } from "../../src/engine/graph/engine.ts";
import { layersEngine } from "../../src/engine/layers/engine.ts";
import { resolveLayers } from "../../src/models/shapes.ts";
import type { Layer, ModelSpec, Padding, Shape } from "../../src/models/spec.ts";
import { randomState } from "../../src/random.ts";
import { loadWasm } from "../../src/runtime/load.ts";
import { imagesFor, optimizers, penalised, weightsFor } from "../support/models.ts";
import { addon } from "../support/tensorflow.ts";

await loadWasm();

const MODELS = 150;
const IMAGES = 6;
const training: TrainingSpec = {
  optimizer: optimizers["sgd with momentum"], // Adam's first steps would make of rounding a whole step
  loss: penalised,
  seed: 5,
};

/** Every type there is, so that a new one is not forgotten. */
const TYPES = Object.keys(
  {
    rescaling: 0,
    normalization: 0,
    zeroPadding2d: 0,
    upSampling2d: 0,
    conv2d: 0,
    maxPooling2d: 0,
    averagePooling2d: 0,
    globalAveragePooling2d: 0,
    flatten: 0,
    dense: 0,
    dropout: 0,
    batchNormalization: 0,
    activation: 0,
    add: 0,
  } satisfies Record<Layer["type"], 0>,
);

/** A model of one to eight layers and, for an even seed, a softmax after them. */
function randomModel(seed: number): ModelSpec {
  const random = randomState(seed);
  const upTo = (most: number) => 1 + random.interval(most - 1);
  const oneOf = <T>(values: readonly T[]): T => values[random.interval(values.length - 1)];
  const sometimes = () => random.interval(2) === 0;
  const pairUpTo = (most: number): [number, number] => [upTo(most), upTo(most)];
  const input = [upTo(13), upTo(13), upTo(3)];
  const layers: Layer[] = [];
  const shapeOf = (): Shape =>
    layers.length === 0
      ? input
      : resolveLayers({ name: "part", input, layers }).at(-1)!.outputShape;
  const push = (layer: Layer) => layers.push(layer);

  /** A window that fits where nothing is padded. */
  const window = ([height, width]: Shape) => {
    const padding = oneOf<Padding>(["same", "valid"]);
    const [tall, wide] = pairUpTo(5);
    return {
      size: padding === "same"
        ? [tall, wide] as const
        : [Math.min(tall, height), Math.min(wide, width)] as const,
      strides: sometimes() ? undefined : pairUpTo(4),
      padding,
    };
  };
  const add = (type: string) => {
    const name = `${type}${layers.length}`;
    const shape = shapeOf();
    const image = shape.length === 3;
    const activation = sometimes() ? "relu" as const : undefined;
    switch (type) {
      case "rescaling":
        return push({ type, name, scale: 0.5 + random.float64(), offset: random.float64() - 0.5 });
      case "normalization": {
        if (!image) return;
        const channels = shape[2] === 1 ? upTo(3) : shape[2];
        const numbers = () => Array.from({ length: channels }, () => 0.5 + random.float64());
        return push({ type, name, mean: numbers(), std: numbers() });
      }
      case "zeroPadding2d": {
        const side = (): [number, number] => [random.interval(2), random.interval(2)];
        return image && push({ type, name, padding: [side(), side()] });
      }
      case "upSampling2d":
        return image && shape[0] * shape[1] < 200 && push({ type, name, size: pairUpTo(3) });
      case "conv2d": {
        if (!image) return;
        const { size, strides: drawn, padding } = window(shape);
        // Where libtensorflow is wrong, and refused.
        const strides = shape[2] === 1 ? undefined : drawn;
        const useBias = sometimes() ? undefined : sometimes();
        return push({
          type,
          name,
          filters: upTo(4),
          kernelSize: size,
          strides,
          padding,
          useBias,
          activation,
        });
      }
      case "maxPooling2d":
      case "averagePooling2d": {
        if (!image) return;
        const { size, strides, padding } = window(shape);
        return push({ type, name, poolSize: size, strides, padding });
      }
      case "globalAveragePooling2d":
        return image && push({ type, name });
      case "flatten":
        return push({ type, name });
      case "dense":
        return !image && push({ type, name, units: upTo(6), useBias: sometimes(), activation });
      case "dropout":
        return push({ type, name, rate: oneOf([0, 0.2, 0.5]) });
      case "batchNormalization":
        return push({ type, name, epsilon: oneOf([1e-3, 1e-1]), momentum: oneOf([0, 0.9, 1]) });
      case "activation":
        return push({ type, name, activation: oneOf(["relu", "relu", "softmax"]) });
      case "add": {
        const alike = resolveLayers({ name: "part", input, layers })
          .filter(({ outputShape }) => outputShape.join() === shape.join())
          .map(({ layer }) => layer.name);
        return alike.length > 0 &&
          push({ type, name, inputs: [alike.at(-1)!, oneOf(alike), ...alike.slice(0, 1)] });
      }
    }
  };
  push({ type: "rescaling", name: "input.bytes", scale: 1 / 127.5, offset: -1 });
  const length = 1 + upTo(8);
  // Flattened early, most models would consist of dense layers.
  const early = TYPES.filter((type) => type !== "flatten" && !type.startsWith("global"));
  for (let tries = 0; layers.length < length && tries < 40; tries++) {
    add(oneOf(layers.length < 4 ? early : TYPES));
  }
  if (seed % 2 === 0) {
    if (shapeOf().length === 3) {
      push(
        sometimes() ? { type: "flatten", name: "flat" } : {
          type: "globalAveragePooling2d",
          name: "flat",
        },
      );
    }
    push({ type: "dense", name: "classes", units: 5, activation: "softmax" });
  }
  return { name: `random ${seed}`, input, layers };
}

/** What an engine makes of a model: outputs and, where it can be trained, losses and weights after two steps. */
async function run(engine: Engine, spec: ModelSpec) {
  const trained = spec.layers.at(-1)!.name === "classes";
  const trainable = trained ? await engine.train(spec, training, weightsFor(spec)) : undefined;
  const network = trainable ?? await engine.open(spec, weightsFor(spec));
  try {
    const data = imagesFor(spec, IMAGES);
    // A softmax by chance at the end may be over fewer classes than the images have.
    if (!trained) data.labels.data.fill(0);
    await network.place(data);
    const all = Int32Array.from({ length: IMAGES }, (_, i) => i);
    const results = new Map([["output", (await network.predict(all)).data]]);
    if (!trainable) return results;
    for (const step of [1, 2]) {
      const { loss } = await trainable.trainBatch(all.subarray(step - 1, step + 3), 0.02);
      results.set(`loss of step ${step}`, Float32Array.of(loss));
    }
    for (const [name, { data }] of await network.read()) results.set(name, data);
    return results;
  } finally {
    await network.close();
  }
}

Deno.test("random models hold every type of layer, and windows of every kind", () => {
  const layers = Array.from({ length: MODELS }, (_, seed) => randomModel(seed).layers).flat();
  assertEquals(new Set(layers.map(({ type }) => type)), new Set(TYPES));
  const small = layers.some((layer) =>
    layer.type === "conv2d" && layer.padding === "same" &&
    (layer.kernelSize[0] < (layer.strides?.[0] ?? 1) ||
      layer.kernelSize[1] < (layer.strides?.[1] ?? 1))
  );
  assert(small, "no convolution has a window smaller than its stride");
});

Deno.test({
  name: "random models give the same on WebAssembly and on libtensorflow, trained or not",
  ignore: !addon,
  async fn() {
    const [graph, layers] = [graphEngine(addon!, 1), layersEngine("wasm", 1)];
    for (let seed = 0; seed < MODELS; seed++) {
      const spec = randomModel(seed);
      const expected = await run(graph, spec);
      const found = await run(layers, spec);
      assertEquals([...found.keys()], [...expected.keys()]);
      for (const [what, values] of expected) {
        const other = found.get(what)!;
        assertEquals(other.length, values.length);
        const scale = values.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
        const apart = values.reduce(
          (max, value, i) => Math.max(max, Math.abs(value - other[i])),
          0,
        );
        assertLess(apart / scale, 1e-4, `${what} of ${JSON.stringify(spec)}`);
      }
    }
  },
});
