/**
 * Where ImageNet weights come from: a folder the user named, the local cache, or the address at which
 * Keras publishes them. Whatever the source, a file's digest says whether it is the one that is studied.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { digestOf, download, DownloadError } from "../files/download.ts";

/** A weight file: its name, the same wherever it is kept. */
export interface WeightFile {
  readonly file: string;
  /** Of its bytes, in hexadecimal: SHA-256, or MD5 where that is all that is published. */
  readonly digest: string;
  /** Where it can be downloaded; nowhere where left out. */
  readonly address?: string;
}

const KERAS = "https://storage.googleapis.com/tensorflow/keras-applications";

/**
 * The weight files that the study knows. `vgg16` and `resnet152v2` are what Keras Applications loads
 * for `include_top=False` (the MD5 sums are those in Keras 3.15's `vgg16.py` and `resnet.py`); the
 * others hold the lower layers of VGG16, to `block3_conv3`, and of ResNet101V2, to
 * `conv5_block1_preact_bn`, in the same layout.
 *
 * VGG16: Visual Geometry Group, University of Oxford, CC BY 4.0. ResNetV2: TensorFlow Slim, Apache 2.0.
 */
export const weightFiles = {
  "vgg16-block3": {
    file: "vgg16_block3_imagenet_notop.h5",
    digest: "51a5cc7a0053c0e2859b2197a3a62a88bd94abf1286b7b78a055449887474643",
  },
  "resnet101v2-conv4": {
    file: "resnet101v2_conv4_imagenet_notop.h5",
    digest: "2eaeb663514b80425061faa0ef89d58d9b4574efb58bd7bd326ad47726470096",
  },
  "vgg16": {
    file: "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    digest: "6d6bbae143d832006294945121d1f1fc",
    address: `${KERAS}/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5`,
  },
  "resnet152v2": {
    file: "resnet152v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
    digest: "ed17cf2e0169df9d443503ef94b23b33",
    address: `${KERAS}/resnet/resnet152v2_weights_tf_dim_ordering_tf_kernels_notop.h5`,
  },
} as const satisfies { readonly [base: string]: WeightFile };

/** Folders of this machine. */
export interface WeightFolders {
  /** For what can be had again; downloads go to `<cache>/data/imagenet-weights/`. */
  readonly cache: string;
  /** The folder that `IMAGENET_WEIGHTS_DIR` names, if it is set. */
  readonly weightsDirectory?: string;
}

/** Where a weight file is looked for, in this order. */
export function weightPaths(file: string, { cache, weightsDirectory }: WeightFolders): string[] {
  const kept = join(cache, "data", "imagenet-weights");
  return (weightsDirectory === undefined ? [kept] : [weightsDirectory, kept])
    .map((folder) => join(folder, file));
}

/** Told the units done so far and in all, with a few words on what is done. */
type Progress = (done: number, total: number, note: string) => void;

/** A weight file is in no place where it could be; what it says is for people. */
export class WeightsUnavailableError extends Error {
  override name = "WeightsUnavailableError";
  /** @param reasons one line a place: `<place>: <why>` */
  constructor(readonly file: string, readonly reasons: readonly string[], ways: string) {
    super(
      `${file} cannot be had: it is in none of these places.\n` +
        reasons.map((line) => `  ${line}\n`).join("") + ways,
    );
  }
}

/**
 * The path of a weight file, downloaded to the cache where it is neither in the user's folder nor in
 * the cache yet.
 *
 * @param progress told bytes while downloading
 * @throws WeightsUnavailableError where it is nowhere; Error with both digests where the file of that
 * name is another one
 */
export async function locateWeights(
  { file, digest, address }: WeightFile,
  { cache, weightsDirectory }: WeightFolders,
  progress: Progress,
): Promise<string> {
  const paths = weightPaths(file, { cache, weightsDirectory });
  const path = paths[paths.length - 1];
  for (const place of paths) {
    const found = await digestOf(place, digest);
    if (found === digest) return place;
    if (found !== undefined) {
      throw new Error(
        `${place} is not the weight file that is studied.\n` +
          `  digest expected: ${digest}\n  digest found:    ${found}\n` +
          (place === path
            ? "Delete it, and it is fetched again."
            : "Put the original in its place, or declare the digest of your own file."),
      );
    }
  }
  const kept = dirname(path);
  const reasons = [
    weightsDirectory === undefined
      ? "IMAGENET_WEIGHTS_DIR: not set"
      : `IMAGENET_WEIGHTS_DIR, ${weightsDirectory}: not there`,
    `${kept}: not there`,
  ];
  const ways = `Set IMAGENET_WEIGHTS_DIR to a folder that holds ${file}, or put it into ${kept}`;
  if (address === undefined) {
    throw new WeightsUnavailableError(
      file,
      [...reasons, "public addresses: there is none"],
      `${ways}.`,
    );
  }
  try {
    const note = `downloading ${file}`;
    await download([address], path, digest, (done, total) => progress(done, total, note));
    return path;
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    throw new WeightsUnavailableError(
      file,
      [...reasons, ...error.reasons],
      `${ways}, or run this where the address can be reached.`,
    );
  }
}
