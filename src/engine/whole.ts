/** A network with its weights as a SavedModel, which TensorFlow serves without anything else. @module */
import type { ModelSpec } from "../models/spec.ts";
import { checkWeights } from "./checks.ts";
import type { Weights } from "./engine.ts";
import { compileWhole } from "./graph/compile.ts";
import { encodeSavedModel } from "./graph/saved_model.ts";

/**
 * The bytes of a `saved_model.pb`, which is all of a SavedModel: its signature `serving_default` takes
 * `images`, `[N, height, width, channels]` of the model's `inputType`, to `probabilities`, `[N, classes]`.
 *
 * @throws {Error} where the weights are not the model's
 */
export function encodeWholeModel(spec: ModelSpec, weights: Weights): Uint8Array<ArrayBuffer> {
  checkWeights(spec, weights);
  const { graph, signature } = compileWhole(spec, weights);
  return encodeSavedModel(graph, { serving_default: signature });
}
