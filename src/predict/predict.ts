/** What pictures show, by a kept network. @module */
import { join } from "node:path";
import { type Pixels, preprocess, type Step } from "../data/preprocess.ts";
import { scaled } from "../evaluation/calibration.ts";
import { measured, unlikeness } from "../evaluation/likeness.ts";
import { sha256 } from "../files/digest.ts";
import { encodeNpy } from "../files/npy.ts";
import type { NdArray } from "../ndarray.ts";
import { inScratch, jobAlone } from "../pipeline/alone.ts";
import type { Executor } from "../pipeline/executor.ts";
import type { Equipment, Progress } from "../pipeline/stage.ts";
import type { Workspace } from "../pipeline/workspace.ts";
import { job as classify } from "./classify_job.ts";
import type { Usable } from "./networks.ts";

/** Images as a network reads them, and what was done to each. */
export interface Prepared {
  readonly images: NdArray<Uint8Array>;
  readonly steps: readonly (readonly Step["name"][])[];
}

/** Takes pictures one after the other and keeps what a network reads of each. */
export function preparing({ metadata: { preprocessing } }: Usable) {
  const [height, width] = preprocessing.size;
  const { channels } = preprocessing;
  const size = height * width * channels;
  const steps: Step["name"][][] = [];
  let data = new Uint8Array(64 * size);
  return {
    add(pixels: Pixels): void {
      const { image, steps: taken } = preprocess(pixels, preprocessing);
      if ((steps.length + 1) * size > data.length) {
        data = new Uint8Array(data.buffer.transfer(2 * data.length));
      }
      data.set(image.data, steps.length * size);
      steps.push(taken.map(({ name }) => name));
    },
    done: (): Prepared => ({
      images: {
        shape: [steps.length, height, width, channels],
        data: data.subarray(0, steps.length * size),
      },
      steps,
    }),
  };
}

/** What a network says of images. */
export interface Predicted {
  /** As its softmax gives them, `[n, classes]`. */
  readonly raw: NdArray<Float32Array>;
  /** The same, calibrated by its temperature. */
  readonly probabilities: NdArray<Float64Array>;
  /** Above 1 for an image that is unlike the training images; `[n]`. */
  readonly unlikeness: Float64Array;
}

/**
 * Predicts images in a process of its own, with the rights of a job.
 *
 * @throws {Error} as the executor does
 */
export async function predict(
  { listed, metadata, files, known }: Usable,
  images: NdArray<Uint8Array>,
  workspace: Workspace,
  { executor, equipment, threads }: {
    readonly executor: Executor;
    readonly equipment: Equipment;
    readonly threads: number;
  },
  progress: Progress,
): Promise<Predicted> {
  return await inScratch(workspace, async (scratch) => {
    const path = join(scratch.home, "images.npy");
    const bytes = encodeNpy(images);
    await Deno.writeFile(path, bytes);
    const made = await jobAlone(
      scratch,
      classify,
      {
        label: "pictures",
        parameters: { model: metadata.model, threads },
        files: {
          images: { path, sha256: sha256(bytes) },
          model: { path: files.model.path, sha256: files.model.sha256 },
          weights: { path: files.weights.path, sha256: files.weights.sha256 },
        },
      },
      executor,
      equipment,
      progress,
    );
    const raw = await made.probabilities.read();
    const features = await made.features.read();
    const far = measured(known, images, features.shape[1] > 0 ? features : undefined);
    return {
      raw,
      probabilities: scaled(raw, listed.temperature),
      unlikeness: unlikeness(far, listed.likeness),
    };
  });
}
