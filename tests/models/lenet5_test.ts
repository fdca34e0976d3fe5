import { assertEquals } from "@std/assert";
import { lenet5 } from "../../src/models/lenet5.ts";
import { countParameters, resolveLayers } from "../../src/models/shapes.ts";

Deno.test("LeNet-5 has the shapes and parameters of the study's table", () => {
  const layers = resolveLayers(lenet5([32, 32, 1], 10)).map((
    { layer, outputShape, parameters },
  ) => [
    layer.name,
    outputShape,
    parameters,
  ]);
  assertEquals(layers, [
    ["rescaling", [32, 32, 1], 0],
    ["conv1", [32, 32, 32], 832],
    ["pool1", [16, 16, 32], 0],
    ["conv2", [12, 12, 48], 38448],
    ["pool2", [6, 6, 48], 0],
    ["flatten", [1728], 0],
    ["dense1", [256], 442624],
    ["dense2", [84], 21588],
    ["logits", [10], 850],
  ]);
  assertEquals(countParameters(lenet5([32, 32, 1], 10)), 504342);
});

Deno.test("the number of classes changes the last layer alone", () => {
  assertEquals(countParameters(lenet5([32, 32, 1], 3)), 504342 - 7 * 85);
  assertEquals(
    lenet5([32, 32, 1], 3).layers.slice(0, -1),
    lenet5([32, 32, 1], 10).layers.slice(0, -1),
  );
});
