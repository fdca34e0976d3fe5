/**
 * The job that runs a network trained elsewhere over all images, once: what it gives are the features
 * that heads learn from.
 *
 * @module
 */
import { openEngine } from "../engine/open.ts";
import { encodeWeights } from "../engine/weights.ts";
import { readKerasWeights } from "../models/keras_weights.ts";
import { resolveLayers } from "../models/shapes.ts";
import type { ModelSpec } from "../models/spec.ts";
import { npyHeader, openNpy } from "../files/npy.ts";
import type { JobContext } from "../pipeline/stage.ts";

/** All that the features depend on, besides the images and the weight file `weights`. */
export interface FeaturesParameters {
  /** Ends in the layer whose output is wanted. */
  readonly model: ModelSpec;
  /** What `model` is cut out of; the weight file may hold the weights of all of it. */
  readonly architecture: ModelSpec;
  /** Name of the weight file, for errors. */
  readonly file: string;
  readonly threads: number;
}

/** Images whose features are held in memory at once. */
const CHUNK = 512;

/**
 * Writes `weights.bin` (the model's variables, float32, in their order) and the model's output for
 * every image, `[N, height, width, channels]`: `train-features.npy` and `test-features.npy`, part
 * after part.
 */
export async function run(context: JobContext): Promise<void> {
  const { model, architecture, file, threads } = context
    .parameters as unknown as FeaturesParameters;
  const weights = await readKerasWeights(await context.read("weights"), model, architecture, file);
  await context.write("weights.bin", encodeWeights(weights));

  const engine = await openEngine({ backend: context.backend, threads });
  context.record({ ...engine.description });
  const network = await engine.open(model, weights);
  const sets = await Promise.all(["train", "test"].map(async (part) => {
    const images = await openNpy(context.path(`prepare/${part}-images.npy`), `${part} images`);
    return { part, images };
  }));
  const { outputShape } = resolveLayers(model).at(-1)!;
  const total = sets.reduce((sum, { images }) => sum + images.shape[0], 0);
  let done = 0;
  for (const { part, images } of sets) {
    const [count] = images.shape;
    await network.place({ images });
    const chunks = async function* (): AsyncGenerator<Uint8Array> {
      yield npyHeader([count, ...outputShape], "float32");
      for (let begin = 0; begin < count; begin += CHUNK) {
        const length = Math.min(CHUNK, count - begin);
        const { data } = await network.predict(Int32Array.from({ length }, (_, i) => begin + i));
        yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        done += length;
        context.progress(done, total, "features");
      }
    };
    await context.write(`${part}-features.npy`, chunks());
  }
  await network.close();
}
