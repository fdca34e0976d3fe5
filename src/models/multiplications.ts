/** How much work a network is. @module */
import { resolveLayers } from "./shapes.ts";
import type { ModelSpec } from "./spec.ts";

/**
 * How many times a network multiplies a value by a weight to predict one image: in its convolutions and
 * dense layers, which are nearly all of its work. Windows that reach over an edge count whole.
 *
 * @throws {Error} where `resolveLayers` does
 */
export function countMultiplications(spec: ModelSpec): number {
  return resolveLayers(spec).reduce((sum, { layer, inputShapes: [input], outputShape }) => {
    const outputs = outputShape.reduce((product, n) => product * n, 1);
    switch (layer.type) {
      case "conv2d": {
        const [height, width] = layer.kernelSize;
        return sum + outputs * height * width * input[2];
      }
      case "dense":
        return sum + outputs * input[0];
      default:
        return sum;
    }
  }, 0);
}
