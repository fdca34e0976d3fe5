/** VGG16 as Keras Applications has it, without its classifier. @module */
import type { Layer, ModelSpec, Shape } from "./spec.ts";

/**
 * What ImageNet networks that come from Caffe were trained on: bytes less the mean of each channel,
 * blue first (Keras 3.15, `imagenet_utils.preprocess_input`, mode "caffe"). A grey image is the same in
 * all channels, so the order of the means is all that is left of the order of the colours.
 */
const CAFFE_MEAN = [103.939, 116.779, 123.68];

/** Filters of the convolutions of each block. */
const BLOCKS = [[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]];

/**
 * VGG16 (Simonyan and Zisserman, 2015, configuration D) from its preprocessing to `block5_pool`, in
 * the form and with the layer names of `keras.applications.VGG16(include_top=False)`: 14,714,688
 * parameters. The output is
 * `[floor(h / 32), floor(w / 32), 512]`.
 *
 * @param input `[height, width, 1]`, grey, or `[height, width, 3]` with blue first; bytes. At least
 * 32 x 32, or a pooling layer has nothing left to pool, which `resolveLayers` refuses.
 */
export function vgg16(input: Shape): ModelSpec {
  const layers: Layer[] = [
    { type: "normalization", name: "preprocessing", mean: CAFFE_MEAN, std: [1, 1, 1] },
  ];
  for (const [block, convolutions] of BLOCKS.entries()) {
    for (const [i, filters] of convolutions.entries()) {
      layers.push({
        type: "conv2d",
        name: `block${block + 1}_conv${i + 1}`,
        filters,
        kernelSize: [3, 3],
        padding: "same",
        activation: "relu",
      });
    }
    layers.push({
      type: "maxPooling2d",
      name: `block${block + 1}_pool`,
      poolSize: [2, 2],
      padding: "valid",
    });
  }
  return { name: "vgg16", input, layers };
}
