/** What travels in `classifier.html`, as JSON: a network with all that its use takes. @module */
import type { ImageForm } from "../data/form.ts";
import type { Limits } from "../evaluation/likeness.ts";
import type { ModelSpec } from "../models/spec.ts";

/** See the module. Bytes are in base64. */
export interface Carried {
  readonly classes: readonly string[];
  /** How a picture is made what the network reads. */
  readonly form: ImageForm;
  readonly model: ModelSpec;
  /** What `model.json` says, as far as it tells what the weight file holds; and that file. */
  readonly manifest: unknown;
  readonly weights: string;
  /** By what to divide what its softmax is given. */
  readonly temperature: number;
  /** Where the images lie that it learnt from, float32; and how far from there is usual. */
  readonly known: {
    readonly picture: Values;
    readonly classes?: Values;
    readonly all?: Values;
  };
  readonly limits: Limits;
  /** Images of the study's test part, in the form that the data have them. */
  readonly examples: readonly { readonly label: number; readonly pixels: string }[];
  /** TensorFlow.js's operations in WebAssembly. */
  readonly wasm: string;
}

/** An array of float32, little-endian. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: string;
}
