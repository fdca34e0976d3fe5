/** ImageNet weights: which files there are, and where they are on this machine. @module */
import { join } from "node:path";
import type { Folder, OutsideFile } from "../files/locate.ts";

const KERAS = "https://storage.googleapis.com/tensorflow/keras-applications";

/**
 * The weight files that the study knows. `vgg16` and `resnet152v2` are what Keras Applications loads
 * for `include_top=False` (the MD5 sums are those in Keras 3.15's `vgg16.py` and `resnet.py`); the
 * others hold the lower layers of VGG16, to `block3_conv3`, and of ResNet101V2, to
 * `conv5_block1_preact_bn`, in the same layout.
 *
 * Whose they are, and under which licence, stands in `credits` of `study.ts`.
 */
export const weightFiles = {
  "vgg16-block3": {
    name: "vgg16_block3_imagenet_notop.h5",
    digest: "51a5cc7a0053c0e2859b2197a3a62a88bd94abf1286b7b78a055449887474643",
    addresses: [],
    kind: "weights",
  },
  "resnet101v2-conv4": {
    name: "resnet101v2_conv4_imagenet_notop.h5",
    digest: "2eaeb663514b80425061faa0ef89d58d9b4574efb58bd7bd326ad47726470096",
    addresses: [],
    kind: "weights",
  },
  "vgg16": {
    name: "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5",
    digest: "6d6bbae143d832006294945121d1f1fc",
    addresses: [`${KERAS}/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5`],
    kind: "weights",
  },
  "resnet152v2": {
    name: "resnet152v2_weights_tf_dim_ordering_tf_kernels_notop.h5",
    digest: "ed17cf2e0169df9d443503ef94b23b33",
    addresses: [`${KERAS}/resnet/resnet152v2_weights_tf_dim_ordering_tf_kernels_notop.h5`],
    kind: "weights",
  },
} as const satisfies { readonly [base: string]: OutsideFile };

/**
 * Where weight files are on this machine: the folder that `IMAGENET_WEIGHTS_DIR` names, if it is set,
 * and one below the cache.
 */
export function weightsFolder(cache: string, directory?: string): Folder {
  const kept = join(cache, "data", "imagenet-weights");
  return { places: [{ variable: "IMAGENET_WEIGHTS_DIR", path: directory }], cache: kept };
}
