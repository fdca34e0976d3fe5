/** ResNet50V2, ResNet101V2 and ResNet152V2 as Keras Applications has them, without their classifier. @module */
import type { BatchNormalization, Layer, ModelSpec, Shape } from "./spec.ts";

/** Residual blocks of each stack, `conv2` to `conv5`. */
const STACKS = { 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3] } as const;

/** Number of weighted layers, by which these networks are called. */
export type ResNetV2Depth = keyof typeof STACKS;

const PAD_1 = [[1, 1], [1, 1]] as const;

const batchNormalization = (name: string): BatchNormalization => ({
  type: "batchNormalization",
  name,
  epsilon: 1.001e-5,
  momentum: 0.99,
});

const relu = (name: string): Layer => ({ type: "activation", name, activation: "relu" });

/**
 * A ResNetV2 (He et al., "Identity mappings in deep residual networks", 2016) from its preprocessing
 * to `post_relu`, in the form and with the layer names of Keras 3.15's
 * `keras.applications.ResNet50V2(include_top=False)`, `ResNet101V2` and `ResNet152V2`: 23,564,800,
 * 42,626,560 and 58,331,648 parameters. The output is `[ceil(h / 32), ceil(w / 32), 2048]`.
 *
 * Bytes become -1 to 1 first (`imagenet_utils.preprocess_input`, mode "tf"). As in Keras, and unlike
 * the paper, a stack halves the image in its last block, not in its first one, and `conv5` does not.
 *
 * @param input `[height, width, 1]`, grey, or `[height, width, 3]`, red first; bytes
 */
export function resnetV2(depth: ResNetV2Depth, input: Shape): ModelSpec {
  const stacks = STACKS[depth];
  const layers: Layer[] = [
    {
      type: "normalization",
      name: "preprocessing",
      mean: [127.5, 127.5, 127.5],
      std: [127.5, 127.5, 127.5],
    },
    { type: "zeroPadding2d", name: "conv1_pad", padding: [[3, 3], [3, 3]] },
    {
      type: "conv2d",
      name: "conv1_conv",
      filters: 64,
      kernelSize: [7, 7],
      strides: [2, 2],
      padding: "valid",
    },
    { type: "zeroPadding2d", name: "pool1_pad", padding: PAD_1 },
    {
      type: "maxPooling2d",
      name: "pool1_pool",
      poolSize: [3, 3],
      strides: [2, 2],
      padding: "valid",
    },
  ];
  for (const [stack, blocks] of stacks.entries()) {
    for (let block = 1; block <= blocks; block++) {
      const last = layers[layers.length - 1].name;
      const stride = block === blocks && stack < stacks.length - 1 ? 2 : 1;
      // Keras numbers layers without a name of their own from the second one on.
      const pooling = stack === 0 ? "max_pooling2d" : `max_pooling2d_${stack}`;
      layers.push(
        ...residualBlock(`conv${stack + 2}_block${block}`, last, {
          filters: 64 * 2 ** stack,
          shortcut: block === 1
            ? { type: "convolution" }
            : stride === 1
            ? { type: "identity" }
            : { type: "pooling", name: pooling },
          stride,
        }),
      );
    }
  }
  return {
    name: `resnet${depth}v2`,
    input,
    layers: [...layers, batchNormalization("post_bn"), relu("post_relu")],
  };
}

/** What a residual block adds its result to: its input, as it is, thinned out, or in more channels. */
type Shortcut =
  | { readonly type: "identity" }
  | { readonly type: "pooling"; readonly name: string }
  | { readonly type: "convolution" };

/** The layers of one block, which reads the layer `input`: 1 x 1, 3 x 3 and 1 x 1 convolutions beside a shortcut. */
function residualBlock(
  name: string,
  input: string,
  { filters, shortcut, stride }: {
    readonly filters: number;
    readonly shortcut: Shortcut;
    readonly stride: number;
  },
): Layer[] {
  const preactivation = `${name}_preact_relu`;
  const strides = [stride, stride] as const;
  const layers: Layer[] = [
    { ...batchNormalization(`${name}_preact_bn`), inputs: [input] },
    relu(preactivation),
    {
      type: "conv2d",
      name: `${name}_1_conv`,
      filters,
      kernelSize: [1, 1],
      padding: "valid",
      useBias: false,
    },
    batchNormalization(`${name}_1_bn`),
    relu(`${name}_1_relu`),
    { type: "zeroPadding2d", name: `${name}_2_pad`, padding: PAD_1 },
    {
      type: "conv2d",
      name: `${name}_2_conv`,
      filters,
      kernelSize: [3, 3],
      strides,
      padding: "valid",
      useBias: false,
    },
    batchNormalization(`${name}_2_bn`),
    relu(`${name}_2_relu`),
  ];
  let beside = input;
  if (shortcut.type === "pooling") {
    // A window of one pixel: every second one stays.
    beside = shortcut.name;
    layers.push({
      type: "maxPooling2d",
      name: beside,
      inputs: [input],
      poolSize: [1, 1],
      strides,
      padding: "valid",
    });
  }
  if (shortcut.type === "convolution") {
    beside = `${name}_0_conv`;
    layers.push({
      type: "conv2d",
      name: beside,
      inputs: [preactivation],
      filters: 4 * filters,
      kernelSize: [1, 1],
      strides,
      padding: "valid",
    });
  }
  return [
    ...layers,
    {
      type: "conv2d",
      name: `${name}_3_conv`,
      inputs: [`${name}_2_relu`],
      filters: 4 * filters,
      kernelSize: [1, 1],
      padding: "valid",
    },
    { type: "add", name: `${name}_out`, inputs: [beside, `${name}_3_conv`] },
  ];
}
