/** LeNet-5 with one thing changed: what changes, and that the rest stays. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { ablated, type Ablation, ablations } from "../../src/models/ablations.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import { countMultiplications } from "../../src/models/multiplications.ts";
import { countParameters, resolveLayers } from "../../src/models/shapes.ts";
import type { Layer, Shape } from "../../src/models/spec.ts";

/** Shapes and classes of the study, of odd and of oblong images, in colour, small and large. */
const inputs: [Shape, number][] = [
  [[32, 32, 1], 10],
  [[28, 28, 1], 2],
  [[32, 32, 3], 100],
  [[12, 12, 1], 2],
  [[33, 47, 1], 10],
  [[64, 64, 3], 256],
];

Deno.test("multiplications are those of convolutions and dense layers, worked out by hand", () => {
  const convolutions = 32 * 32 * 32 * (5 * 5 * 1) + 12 * 12 * 48 * (5 * 5 * 32);
  const dense = 1728 * 256 + 256 * 84 + 84 * 10;
  assertEquals(countMultiplications(lenet5([32, 32, 1], 10)), convolutions + dense);
  assertEquals(convolutions + dense, 6_813_512);
});

Deno.test("perceptrons are as large as LeNet-5 within 1%, one by parameters, one by multiplications", () => {
  for (const [input, classes] of inputs) {
    for (
      const [name, measure] of [
        ["mlp", countParameters],
        ["mlp-multiplications", countMultiplications],
      ] as const
    ) {
      const model = ablated(name, input, classes);
      assertEquals(
        model.layers.map(({ type }) => type),
        ["rescaling", "flatten", "dense", "dense"],
      );
      const target = measure(lenet5(input, classes));
      const off = Math.abs(measure(model) / target - 1);
      assertLess(off, 0.01, `${name} of [${input}]: ${measure(model)} against ${target}`);
    }
  }
});

Deno.test("where LeNet-5 fits, every network fits, and bears its own name", () => {
  for (const [input, classes] of inputs) {
    for (const name of ablations) {
      const model = ablated(name, input, classes);
      assertEquals(model.name, name);
      assertEquals(resolveLayers(model).at(-1)!.outputShape, [classes]);
    }
  }
});

/** The names of LeNet-5's layers that are others in a network, or not there. */
function different(name: Ablation): string[] {
  const { layers } = ablated(name, [32, 32, 1], 10);
  const of = (name: string): Layer | undefined => layers.find((layer) => layer.name === name);
  return lenet5([32, 32, 1], 10).layers
    .filter((layer) => JSON.stringify(of(layer.name)) !== JSON.stringify(layer))
    .map(({ name }) => name);
}

Deno.test("each network has one thing of LeNet-5 changed", () => {
  const convolutions = ["conv1", "conv2"];
  const pools = ["pool1", "pool2"];
  assertEquals(
    Object.fromEntries(ablations.map((name) => [name, different(name)])),
    {
      "lenet5": [],
      "mlp": ["conv1", "pool1", "conv2", "pool2", "dense1", "dense2"],
      "mlp-multiplications": ["conv1", "pool1", "conv2", "pool2", "dense1", "dense2"],
      "strides": ["conv1", "pool1", "conv2", "pool2"],
      "average": pools,
      "frozen": [],
      "one-convolution": ["conv2"],
      "kernels-3": convolutions,
    },
  );
  assertEquals(ablated("frozen", [32, 32, 1], 10).frozen, ["conv1"]);
  assertEquals(ablated("lenet5", [32, 32, 1], 10), lenet5([32, 32, 1], 10));
  // Strides shrink as pools do, so that what follows is as large.
  const sizes = (name: Ablation) =>
    resolveLayers(ablated(name, [32, 32, 1], 10)).find(({ layer }) => layer.name === "flatten")!
      .inputShapes[0];
  assertEquals(sizes("strides"), sizes("lenet5"));
  assert(countParameters(ablated("strides", [32, 32, 1], 10)) === 504_342);
});
