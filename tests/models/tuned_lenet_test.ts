import { assertEquals, assertThrows } from "@std/assert";
import { countParameters, resolveLayers } from "../../src/models/shapes.ts";
import { tunedLenet } from "../../src/models/tuned_lenet.ts";

/** The values that the study names as its best. */
const best = {
  CONV_1_FILTER: 47,
  KERNEL_1_FILTER: 5,
  CONV_2_FILTER: 117,
  KERNEL_2_FILTER: 3,
  DROPOUT_1: 0.25,
};

Deno.test("the study's best network has the shapes and parameters of its table", () => {
  const layers = resolveLayers(tunedLenet(best, [32, 32, 1], 10)).map((
    { layer, outputShape, parameters },
  ) => [
    layer.name,
    outputShape,
    parameters,
  ]);
  assertEquals(layers, [
    ["rescaling", [32, 32, 1], 0],
    ["conv1", [32, 32, 47], 1222],
    ["pool1", [16, 16, 47], 0],
    ["conv2", [12, 12, 48], 56448],
    ["conv3", [10, 10, 117], 50661],
    ["pool2", [5, 5, 117], 0],
    ["flatten", [2925], 0],
    ["dense1", [256], 749056],
    ["dropout", [256], 0],
    ["dense2", [84], 21588],
    ["logits", [10], 850],
  ]);
  assertEquals(countParameters(tunedLenet(best, [32, 32, 1], 10)), 879825);
});

Deno.test("each value reaches its layer", () => {
  const layers = resolveLayers(
    tunedLenet(
      {
        CONV_1_FILTER: 32,
        KERNEL_1_FILTER: 3,
        CONV_2_FILTER: 64,
        KERNEL_2_FILTER: 5,
        DROPOUT_1: 0.4,
      },
      [32, 32, 1],
      7,
    ),
  );
  const named = Object.fromEntries(layers.map((resolved) => [resolved.layer.name, resolved]));
  assertEquals(named.conv1.variables[0].shape, [3, 3, 1, 32]);
  assertEquals(named.conv3.variables[0].shape, [5, 5, 48, 64]);
  assertEquals(named.conv3.outputShape, [8, 8, 64]);
  assertEquals(named.dropout.layer, { type: "dropout", name: "dropout", rate: 0.4 });
  assertEquals(named.logits.outputShape, [7]);
});

Deno.test("values that make no network are refused by layer", () => {
  const refuse = (values: Partial<typeof best>, message: string) =>
    assertThrows(
      () => resolveLayers(tunedLenet({ ...best, ...values }, [32, 32, 1], 10)),
      Error,
      `Model tuned-lenet, layer ${message}`,
    );
  refuse({ CONV_1_FILTER: 0.5 }, "conv1 (conv2d): filters must be");
  refuse({ KERNEL_2_FILTER: 13 }, "conv3 (conv2d): a window of 13 x 13 is larger than its input");
  refuse({ DROPOUT_1: 1 }, "dropout (dropout): rate is at least 0 and below 1; got 1");
});
