import { assertEquals, assertThrows } from "@std/assert";
import { backend_util } from "@tensorflow/tfjs";
import fc from "fast-check";
import {
  countParameters,
  modelVariables,
  resolveLayers,
  samePadding,
} from "../../src/models/shapes.ts";
import type { Layer, ModelSpec, Padding, Shape } from "../../src/models/spec.ts";

const model = (layers: readonly Layer[], input: Shape = [8, 8, 3]): ModelSpec => ({
  name: "m",
  input,
  layers,
});

/** The output shape of a model's last layer. */
const shapeOf = (spec: ModelSpec) => resolveLayers(spec).at(-1)!.outputShape;

/** As read from JSON, where TypeScript sees nothing. */
const unchecked = (layer: Record<string, unknown>) => model([layer as unknown as Layer]);

const conv: Layer = {
  type: "conv2d",
  name: "conv",
  filters: 4,
  kernelSize: [3, 3],
  padding: "same",
};
const flatten: Layer = { type: "flatten", name: "flatten" };

const geometry = fc.record({
  height: fc.integer({ min: 1, max: 20 }),
  width: fc.integer({ min: 1, max: 20 }),
  window: fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 })),
  strides: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
  padding: fc.constantFrom<Padding>("same", "valid"),
});

Deno.test("windows and padding are TensorFlow.js's for any size, stride and padding", () => {
  fc.assert(fc.property(geometry, ({ height, width, window, strides, padding }) => {
    fc.pre(padding === "same" || (window[0] <= height && window[1] <= width));
    const expected = backend_util.computeConv2DInfo(
      [1, height, width, 3],
      [...window, 3, 5],
      strides,
      1,
      padding,
    );
    const layer: Layer = {
      type: "conv2d",
      name: "conv",
      filters: 5,
      kernelSize: window,
      strides,
      padding,
    };
    const { outHeight, outWidth, padInfo } = expected;
    assertEquals(shapeOf(model([layer], [height, width, 3])), [outHeight, outWidth, 5]);
    const pool: Layer = { type: "maxPooling2d", name: "p", poolSize: window, strides, padding };
    assertEquals(shapeOf(model([pool], [height, width, 3])), [outHeight, outWidth, 3]);
    if (padding === "same") {
      assertEquals(samePadding(height, window[0], strides[0]), [padInfo.top, padInfo.bottom]);
      assertEquals(samePadding(width, window[1], strides[1]), [padInfo.left, padInfo.right]);
    }
  }));
});

Deno.test("a window larger than its input is refused, and only then, unless padding is same", () => {
  fc.assert(fc.property(geometry, ({ height, width, window, strides }) => {
    const pool: Layer = {
      type: "averagePooling2d",
      name: "pool",
      poolSize: window,
      strides,
      padding: "valid",
    };
    const resolve = () => resolveLayers(model([pool], [height, width, 1]));
    if (window[0] <= height && window[1] <= width) resolve();
    else assertThrows(resolve, Error, "Model m, layer pool (averagePooling2d): a window of");
  }));
});

Deno.test("every layer's output shape", () => {
  const cases: [Layer, Shape][] = [
    [{ type: "rescaling", name: "l", scale: 2, offset: 1 }, [8, 8, 3]],
    [{ type: "normalization", name: "l", mean: [1, 2, 3], std: [1, 1, 1] }, [8, 8, 3]],
    [{ type: "zeroPadding2d", name: "l", padding: [[1, 2], [3, 4]] }, [11, 15, 3]],
    [{ type: "upSampling2d", name: "l", size: [2, 3] }, [16, 24, 3]],
    [{ type: "maxPooling2d", name: "l", poolSize: [2, 2], padding: "valid" }, [4, 4, 3]],
    [{ type: "averagePooling2d", name: "l", poolSize: [3, 3], padding: "same" }, [3, 3, 3]],
    [{ type: "globalAveragePooling2d", name: "l" }, [3]],
    [{ type: "flatten", name: "l" }, [192]],
    [{ type: "dropout", name: "l", rate: 0.5 }, [8, 8, 3]],
    [{ type: "batchNormalization", name: "l", epsilon: 1e-3, momentum: 0.99 }, [8, 8, 3]],
    [{ type: "activation", name: "l", activation: "relu" }, [8, 8, 3]],
    [{ type: "add", name: "l", inputs: ["input", "input"] }, [8, 8, 3]],
  ];
  for (const [layer, expected] of cases) assertEquals(shapeOf(model([layer])), expected);
  assertEquals(shapeOf(model([flatten, { type: "dense", name: "d", units: 7 }])), [7]);
});

Deno.test("a grey input is repeated to the channels of a normalisation", () => {
  const layer: Layer = { type: "normalization", name: "n", mean: [1, 2, 3], std: [1, 1, 1] };
  assertEquals(shapeOf(model([layer], [4, 5, 1])), [4, 5, 3]);
});

Deno.test("variables are named, shaped and ordered as Keras has them", () => {
  const spec = model([
    { ...conv, kernelSize: [3, 2] },
    { type: "batchNormalization", name: "bn", epsilon: 1e-3, momentum: 0.99 },
    { ...conv, name: "bare", useBias: false },
    flatten,
    { type: "dense", name: "dense", units: 5 },
    { type: "dense", name: "out", units: 2, useBias: false },
  ]);
  assertEquals(modelVariables(spec), [
    { name: "conv/kernel", shape: [3, 2, 3, 4], trainable: true },
    { name: "conv/bias", shape: [4], trainable: true },
    { name: "bn/gamma", shape: [4], trainable: true },
    { name: "bn/beta", shape: [4], trainable: true },
    { name: "bn/moving_mean", shape: [4], trainable: false },
    { name: "bn/moving_variance", shape: [4], trainable: false },
    { name: "bare/kernel", shape: [3, 3, 4, 4], trainable: true },
    { name: "dense/kernel", shape: [256, 5], trainable: true },
    { name: "dense/bias", shape: [5], trainable: true },
    { name: "out/kernel", shape: [5, 2], trainable: true },
  ]);
  assertEquals(countParameters(spec), 72 + 4 + 16 + 144 + 1280 + 5 + 10);
  assertEquals(resolveLayers(spec).map(({ parameters }) => parameters), [
    76,
    16,
    144,
    0,
    1285,
    10,
  ]);
});

Deno.test("a layer reads the one before it, or those it names", () => {
  const layers = resolveLayers(model([
    conv,
    { type: "activation", name: "relu", activation: "relu" },
    { type: "add", name: "sum", inputs: ["conv", "relu"] },
  ]));
  assertEquals(layers.map(({ inputs }) => inputs), [["input"], ["conv"], ["conv", "relu"]]);
  assertEquals(layers[2].inputShapes, [[8, 8, 4], [8, 8, 4]]);
});

Deno.test("what does not fit is refused by the layer's name and the rule", () => {
  const cases: [ModelSpec, string][] = [
    [model([], [8, 8, 3]), "Model m has no layers"],
    [model([conv], [8, 8]), "[height, width, channels], three positive integers; got [8,8]"],
    [model([conv], [8, 0, 3]), "got [8,0,3]"],
    [model([conv], [8, 8.5, 3]), "got [8,8.5,3]"],
    [model([{ ...conv, name: "a b" }]), "layer a b (conv2d): a layer's name begins with"],
    [model([{ ...conv, name: "" }]), "a layer's name begins with"],
    [model([{ ...conv, name: "input" }]), "layer input (conv2d): the name is taken"],
    [model([conv, conv]), "layer conv (conv2d): the name is taken"],
    [
      model([{ ...conv, inputs: ["later"] }, { ...conv, name: "later" }]),
      "layer conv (conv2d) reads later, which is not a layer before it. Before it stand: input.",
    ],
    [model([{ ...conv, inputs: [] }]), "takes one input; got 0"],
    [model([{ ...conv, inputs: ["input", "input"] }]), "takes one input; got 2"],
    [model([{ type: "add", name: "sum" }]), "layer sum (add) takes two or more inputs; got 1"],
    [
      model([conv, { type: "add", name: "sum", inputs: ["conv", "input"] }]),
      "layer sum (add) adds inputs of one shape; got [8,8,4] and [8,8,3]",
    ],
    [
      model([conv, { ...flatten, inputs: ["input"] }]),
      "layer conv (conv2d): no layer reads it, and it is not the last",
    ],
    [model([{ type: "dense", name: "d", units: 2 }]), "needs [features]; its input is [8,8,3]"],
    [model([flatten, conv]), "layer conv (conv2d) needs [height, width, channels]"],
    [
      model([flatten, { type: "globalAveragePooling2d", name: "g" }]),
      "layer g (globalAveragePooling2d) needs [height, width, channels]",
    ],
    [model([{ ...conv, filters: 0 }]), "filters must be a positive integer; got 0"],
    [model([{ ...conv, filters: 1.5 }]), "got 1.5"],
    [model([{ ...conv, kernelSize: [3, -1] }]), "the window must be two positive integers"],
    [model([{ ...conv, strides: [0, 1] }]), "strides must be two positive integers; got [0,1]"],
    [unchecked({ ...conv, kernelSize: [3] }), "the window must be two positive integers; got [3]"],
    [unchecked({ ...conv, padding: "SAME" }), 'padding is "same" or "valid"; got "SAME"'],
    [unchecked({ ...conv, activation: "gelu" }), 'activation is "relu" or "softmax"; got "gelu"'],
    [unchecked({ type: "lstm", name: "l" }), 'layer l (lstm): there is no layer type "lstm"'],
    [
      model([flatten, { type: "dense", name: "d", units: -2 }]),
      "layer d (dense): units must be a positive integer; got -2",
    ],
    [
      model([{ type: "zeroPadding2d", name: "z", padding: [[0, -1], [0, 0]] }]),
      "layer z (zeroPadding2d): padding must be integers of 0 or more",
    ],
    [
      model([{ type: "upSampling2d", name: "u", size: [2, 1.5] }]),
      "layer u (upSampling2d): size must be two positive integers; got [2,1.5]",
    ],
    [model([{ type: "dropout", name: "d", rate: 1 }]), "rate is at least 0 and below 1; got 1"],
    [model([{ type: "dropout", name: "d", rate: NaN }]), "got NaN"],
    [
      model([{ type: "normalization", name: "n", mean: [1, 2], std: [1, 2] }]),
      "one number a channel; got 2 and 2 for an input of 3",
    ],
    [
      model([{ type: "normalization", name: "n", mean: [1, 2, 3], std: [1, 0, 1] }]),
      "std must be above 0; got [1,0,1]",
    ],
    [
      model([{ type: "batchNormalization", name: "b", epsilon: 0, momentum: 0.9 }]),
      "epsilon is above 0; got 0",
    ],
    [
      model([{ type: "batchNormalization", name: "b", epsilon: 1e-3, momentum: 1.1 }]),
      "momentum is from 0 to 1; got 1.1",
    ],
    [{ ...model([conv]), frozen: ["conv", "cnov"] }, "frozen names cnov, which is not one of its"],
    [{ ...model([conv]), frozen: ["input"] }, "frozen names input"],
  ];
  for (const [spec, message] of cases) assertThrows(() => resolveLayers(spec), Error, message);
});
