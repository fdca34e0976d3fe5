/** A network that gives, beside its output, what its last layer reads. @module */
import { halvesOf } from "../models/halves.ts";
import { modelVariables } from "../models/shapes.ts";
import type { ModelSpec } from "../models/spec.ts";
import type { NdArray } from "../ndarray.ts";
import type { Engine, ImageSet, Weights } from "./engine.ts";

/** What a network makes of images. */
export interface Classified {
  /** The output of its last layer, `[n, classes]`. */
  readonly probabilities: NdArray<Float32Array>;
  /** What that reads, `[n, features]`; see `halvesOf` for where there is none. */
  readonly features?: NdArray<Float32Array>;
}

/** See the module. */
export interface Classifier {
  /** Copies the images that indices refer to from now on; as `ImageSet` has them. */
  place(images: ImageSet["images"]): Promise<void>;
  /** What the network makes of the placed images at `indices`. */
  classify(indices: Int32Array): Promise<Classified>;
  /** Frees what is held outside the JavaScript heap. */
  close(): Promise<void>;
}

/**
 * Opens a network in its two halves, so that features cost nothing. The bits are those of the network
 * in one.
 *
 * @throws {Error} as `Engine.open`
 */
export async function openClassifier(
  engine: Engine,
  spec: ModelSpec,
  weights: Weights,
): Promise<Classifier> {
  const halves = halvesOf(spec);
  if (!halves) {
    const network = await engine.open(spec, weights);
    return {
      place: (images) => network.place({ images }),
      classify: async (indices) => ({ probabilities: await network.predict(indices) }),
      close: () => network.close(),
    };
  }
  const of = (part: ModelSpec) =>
    new Map(modelVariables(part).map(({ name }) => [name, weights.get(name)!]));
  const body = await engine.open(halves.body, of(halves.body));
  const last = await engine.open(halves.last, of(halves.last));
  return {
    place: (images) => body.place({ images }),
    async classify(indices) {
      const features = await body.predict(indices);
      const [count] = features.shape;
      await last.place({
        images: { shape: [count, 1, 1, halves.features], data: features.data },
      });
      const all = Int32Array.from({ length: count }, (_, i) => i);
      return { probabilities: await last.predict(all), features };
    },
    async close() {
      await body.close();
      await last.close();
    },
  };
}
