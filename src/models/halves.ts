/** A network in two: what it makes of an image, and what it concludes from that. @module */
import { cutAt } from "./cut.ts";
import { resolveLayers } from "./shapes.ts";
import type { ModelSpec } from "./spec.ts";

/** More values than this are not looked at: distances among them would take their square of space. */
const MOST_VALUES = 512;

/** See the module. Weights keep their names. */
export interface Halves {
  /** All but the last layer: from images to features, `[features]`. */
  readonly body: ModelSpec;
  /** The last layer alone, from features, `[1, 1, features]`, to its output. */
  readonly last: ModelSpec;
  readonly features: number;
}

/**
 * The halves of a network that ends in a dense layer; one after the other they compute what the network
 * does. Undefined where it ends in another one, or in one that reads more than 512 values.
 */
export function halvesOf(spec: ModelSpec): Halves | undefined {
  const { layer, inputs: [before], inputShapes: [shape] } = resolveLayers(spec).at(-1)!;
  if (layer.type !== "dense" || shape.length !== 1 || shape[0] > MOST_VALUES) return undefined;
  if (!spec.layers.some(({ name }) => name === before)) return undefined;
  const { inputs: _, ...own } = layer;
  return {
    body: cutAt(spec, before),
    last: {
      name: `${spec.name}-${layer.name}`,
      input: [1, 1, shape[0]],
      inputType: "float32",
      layers: [{ type: "flatten", name: `${layer.name}.features` }, own],
    },
    features: shape[0],
  };
}
