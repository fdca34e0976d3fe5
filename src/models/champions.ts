/** Networks of small convolutions and batch normalisation, for images of some 32 x 32 pixels. @module */
import type { Layer, ModelSpec, Padding, Pair, Shape } from "./spec.ts";

/** A convolution without bias, since a batch normalisation follows. */
const conv = (
  name: string,
  filters: number,
  size: number,
  { strides = [1, 1], padding = "same" }: { strides?: Pair; padding?: Padding } = {},
): Layer => ({
  type: "conv2d",
  name,
  filters,
  kernelSize: [size, size],
  ...(strides[0] > 1 ? { strides } : {}),
  padding,
  useBias: false,
});

/**
 * The first convolution, which takes off two pixels on each side: as much as `prepare` puts around images of
 * 28 x 28, so that nothing is computed at places where there are only zeros.
 */
const stem = (name: string, filters: number): Layer => conv(name, filters, 5, { padding: "valid" });

/** Statistics that follow sooner than Keras's (0.99): a training here is some thousands of steps. */
const norm = (name: string): Layer => ({
  type: "batchNormalization",
  name,
  epsilon: 1e-5,
  momentum: 0.9,
});

const relu = (name: string): Layer => ({ type: "activation", name, activation: "relu" });

/** Bytes to about -1 to 1. */
const centred: Layer = { type: "rescaling", name: "rescaling", scale: 1 / 127.5, offset: -1 };

/** Mean over the image, and a class of it. */
const head = (classes: number): Layer[] => [
  { type: "globalAveragePooling2d", name: "pooled" },
  { type: "dense", name: "logits", units: classes, activation: "softmax" },
];

/** Filters of the six convolutions of `compact`. */
const FILTERS = [32, 64, 64, 128, 128, 160];

/**
 * Six convolutions, all but the first 3 x 3, each with batch normalisation and ReLU, the image halved after
 * every second one, in the manner of VGG (Simonyan and Zisserman, 2015). For 32 x 32 x 1 and ten classes
 * 465,514 parameters, moving statistics among them, and 53 million multiplications: fewer parameters than
 * LeNet-5 has here.
 *
 * @param input `[height, width, channels]`, at least 8 x 8
 */
export function compact(input: Shape, classes: number): ModelSpec {
  const layers = FILTERS.flatMap((filters, i): Layer[] => {
    const n = i + 1;
    const convolution = n === 1 ? stem("conv1", filters) : conv(`conv${n}`, filters, 3);
    const block = [convolution, norm(`norm${n}`), relu(`relu${n}`)];
    if (n % 2 === 1 || n === FILTERS.length) return block;
    return [...block, {
      type: "maxPooling2d",
      name: `pool${n / 2}`,
      poolSize: [2, 2],
      padding: "valid",
    }];
  });
  return { name: "compact", input, layers: [centred, ...layers, ...head(classes)] };
}

/** Filters of the three stacks of `residual`, and how many blocks each has. */
const STACKS = [
  { filters: 32, blocks: 1 },
  { filters: 64, blocks: 2 },
  { filters: 144, blocks: 2 },
];

/**
 * A residual network with batch normalisation and ReLU before each convolution (He et al., "Identity
 * mappings in deep residual networks", 2016): five blocks of two 3 x 3 convolutions in three stacks, each
 * but the first of which halves the image at its beginning. For 32 x 32 x 1 and ten classes 807,498
 * parameters and 73 million multiplications. Few blocks and many filters, after wide residual networks
 * (Zagoruyko and Komodakis, 2016).
 *
 * @param input `[height, width, channels]`, at least 5 x 5
 */
export function residual(input: Shape, classes: number): ModelSpec {
  const layers: Layer[] = [centred, stem("stem", STACKS[0].filters)];
  let last = "stem";
  let channels = STACKS[0].filters;
  for (const [s, { filters, blocks }] of STACKS.entries()) {
    for (let b = 1; b <= blocks; b++) {
      const name = `stack${s + 1}_block${b}`;
      const stride = s > 0 && b === 1 ? 2 : 1;
      layers.push(
        ...block(name, last, { filters, stride, widened: stride > 1 || filters !== channels }),
      );
      [last, channels] = [`${name}_sum`, filters];
    }
  }
  return {
    name: "residual",
    input,
    layers: [...layers, norm("last_norm"), relu("last_relu"), ...head(classes)],
  };
}

/** One block, which reads the layer `input`; where its output has another shape, a 1 x 1 convolution leads past it. */
function block(
  name: string,
  input: string,
  { filters, stride, widened }: {
    readonly filters: number;
    readonly stride: number;
    readonly widened: boolean;
  },
): Layer[] {
  const strides = [stride, stride] as const;
  return [
    { ...norm(`${name}_norm1`), inputs: [input] },
    relu(`${name}_relu1`),
    conv(`${name}_conv1`, filters, 3, { strides }),
    norm(`${name}_norm2`),
    relu(`${name}_relu2`),
    conv(`${name}_conv2`, filters, 3),
    ...(widened
      ? [{ ...conv(`${name}_past`, filters, 1, { strides }), inputs: [`${name}_relu1`] }]
      : []),
    {
      type: "add",
      name: `${name}_sum`,
      inputs: [widened ? `${name}_past` : input, `${name}_conv2`],
    },
  ];
}
