/**
 * Formula-filled weights, the same as the ones that Keras's reference outputs were computed with, and
 * a writer of Keras weight files to put them into.
 *
 * @module
 */
import { File as Hdf5File, type Group, ready } from "h5wasm";
import type { NdArray } from "../../src/ndarray.ts";
import { modelVariables } from "../../src/models/shapes.ts";
import type { ModelSpec } from "../../src/models/spec.ts";

type Weights = ReadonlyMap<string, NdArray<Float32Array>>;

/** A small network; `tests/golden/keras_file.h5.gz` holds weights for it that Keras wrote. */
export const tiny: ModelSpec = {
  name: "tiny",
  input: [8, 8, 1],
  layers: [
    { type: "zeroPadding2d", name: "pad", padding: [[1, 1], [1, 1]] },
    { type: "conv2d", name: "conv", filters: 2, kernelSize: [3, 3], padding: "valid" },
    { type: "batchNormalization", name: "bn", epsilon: 1e-3, momentum: 0.99 },
    { type: "activation", name: "relu", activation: "relu" },
    {
      type: "conv2d",
      name: "top",
      filters: 3,
      kernelSize: [1, 1],
      padding: "valid",
      useBias: false,
    },
  ],
};

/** FNV-1a, 32 bits, of a text's UTF-8 bytes. */
function fnv1a(text: string): number {
  let hash = 2166136261;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 16777619);
  return hash >>> 0;
}

/** The 32-bit states after `seed` of the linear congruential generator of Numerical Recipes. */
export function lcg(seed: number, length: number): Uint32Array {
  const states = new Uint32Array(length);
  for (let i = 0, x = seed; i < length; i++) {
    states[i] = x = (Math.imul(1664525, x) + 1013904223) >>> 0;
  }
  return states;
}

/**
 * Weights by formula: a stream of s in [-1, 1) for each variable, seeded with
 * `<seed>/<layer>/<variable>`. Kernels are s * sqrt(6 / fan in), a fifth of that in the last
 * convolution of a residual block; gammas 1 + 0.1 s; biases, betas and moving means 0.1 s; moving
 * variances 1 + 0.1 |s|.
 */
export function formulaWeights(spec: ModelSpec, seed: number): Map<string, NdArray<Float32Array>> {
  return new Map(
    modelVariables(spec).map(({ name, shape }) => {
      const [layer, kind] = name.split("/");
      const size = shape.reduce((product, n) => product * n, 1);
      const states = lcg(fnv1a(`${seed}/${name}`), size);
      const limit = Math.sqrt(6 / (size / shape[shape.length - 1])) *
        (layer.endsWith("_3_conv") ? 0.2 : 1);
      const data = new Float32Array(size);
      for (let i = 0; i < size; i++) {
        const s = 2 * (states[i] / 2 ** 32) - 1;
        data[i] = kind === "kernel"
          ? s * limit
          : kind === "gamma"
          ? 1 + 0.1 * s
          : kind === "moving_variance"
          ? 1 + 0.1 * Math.abs(s)
          : 0.1 * s;
      }
      return [name, { shape, data }];
    }),
  );
}

/** A list of names as Keras writes it: strings of one length, filled up with zeros. */
export function writeNames(group: Group, attribute: string, names: readonly string[]): void {
  const length = Math.max(1, ...names.map((name) => name.length));
  group.create_attribute(attribute, [...names], [names.length], `S${length}`);
}

/** How Keras called arrays: since version 2 by layer and variable, before by `W` and `b`. */
export type Naming = "keras1" | "keras2";

const keras1 = { kernel: "W", bias: "b" } as Record<string, string>;

/**
 * The bytes of a Keras weight file with these weights, a group a layer. `alter` may damage it: it is
 * called with the open file when all is written.
 */
export async function kerasFile(
  weights: Weights,
  naming: Naming = "keras2",
  alter: (root: Group) => void = () => {},
): Promise<Uint8Array> {
  const { FS } = await ready;
  const path = "written.h5";
  const file = new Hdf5File(path, "w");
  try {
    // Room for all of it at once: growing bit by bit, the file in memory is copied dozens of times.
    const values = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
    const node = FS.lookupPath(path, {}).node as unknown as { contents: Uint8Array };
    const room = new Uint8Array(4 * values + 2 ** 22);
    room.set(node.contents);
    node.contents = room;
    writeLayers(file, weights, naming);
    alter(file);
  } finally {
    file.close();
  }
  const bytes = FS.readFile(path);
  FS.unlink(path);
  return bytes;
}

function writeLayers(root: Group, weights: Weights, naming: Naming): void {
  const layers = Map.groupBy(weights.keys(), (name) => name.split("/")[0]);
  writeNames(root, "layer_names", [...layers.keys()]);
  for (const [layer, names] of layers) {
    const group = root.create_group(layer);
    const arrays = names.map((name) => {
      const kind = name.split("/")[1];
      const array = naming === "keras2" ? `${layer}/${kind}:0` : `${layer}_${keras1[kind]}_1:0`;
      const { shape, data } = weights.get(name)!;
      if (naming === "keras2" && !group.keys().includes(layer)) group.create_group(layer);
      group.create_dataset({ name: array, data, shape: [...shape] });
      return array;
    });
    writeNames(group, "weight_names", arrays);
  }
}
