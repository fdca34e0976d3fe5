/** Models made of parts of others. @module */
import { INPUT } from "./shapes.ts";
import type { Layer, ModelSpec } from "./spec.ts";

/**
 * The part of a model that computes the layer `name`, which becomes its output: that layer and what
 * it depends on, in their order. The cut model is called `<model>-<name>`; weights keep their names.
 *
 * @throws {Error} where the model has no layer of that name
 */
export function cutAt(spec: ModelSpec, name: string): ModelSpec {
  const end = spec.layers.findIndex((layer) => layer.name === name);
  if (end < 0) {
    throw new Error(
      `Model ${spec.name} cannot be cut at ${name}, which is not one of its layers: ${
        spec.layers.map((layer) => layer.name).join(", ")
      }.`,
    );
  }
  // Backwards from the output: a layer is needed by the time it is reached, or never.
  const needed = new Set([name]);
  for (let i = end; i >= 0; i--) {
    if (!needed.has(spec.layers[i].name)) continue;
    const inputs = spec.layers[i].inputs ?? spec.layers.slice(i - 1, i).map((layer) => layer.name);
    for (const input of inputs) needed.add(input);
  }
  return {
    ...spec,
    name: `${spec.name}-${name}`,
    layers: spec.layers.filter((layer) => needed.has(layer.name)),
    ...(spec.frozen ? { frozen: spec.frozen.filter((layer) => needed.has(layer)) } : {}),
  };
}

/**
 * A model for images that are `times` times smaller in height and width than those it takes: every
 * pixel is repeated first, in a layer called `upsampling`.
 *
 * @throws {Error} where the model's input cannot be divided so
 */
export function upsampled(spec: ModelSpec, times: number): ModelSpec {
  const [height, width, channels] = spec.input;
  if (!(Number.isInteger(times) && times > 0 && height % times === 0 && width % times === 0)) {
    throw new Error(
      `Model ${spec.name} takes images of ${height} x ${width}, which is not ${times} times a whole size.`,
    );
  }
  const upsampling: Layer = { type: "upSampling2d", name: "upsampling", size: [times, times] };
  return {
    ...spec,
    input: [height / times, width / times, channels],
    layers: [
      upsampling,
      ...spec.layers.map((layer) =>
        layer.inputs === undefined ? layer : {
          ...layer,
          inputs: layer.inputs.map((name) => name === INPUT ? upsampling.name : name),
        }
      ),
    ],
  };
}
