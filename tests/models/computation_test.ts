import { assert, assertEquals } from "@std/assert";
import type { Node } from "../../src/engine/graph/builder.ts";
import { compile } from "../../src/engine/graph/compile.ts";
import { compact, residual } from "../../src/models/champions.ts";
import { trainingFlop, trainingMultiplications } from "../../src/models/computation.ts";
import { lenet5 } from "../../src/models/lenet5.ts";
import { countMultiplications } from "../../src/models/multiplications.ts";
import { resolveLayers } from "../../src/models/shapes.ts";
import type { ModelSpec } from "../../src/models/spec.ts";
import { baseModel, headModel, withHead } from "../../src/models/transfer.ts";
import { enlarged, everything, penalised, small, training } from "../support/models.ts";

/** The product of the sizes of all axes but the batch's. */
const size = (shape: readonly number[]) =>
  shape.filter((n) => n !== -1).reduce((product, n) => product * n, 1);

/** How many multiplications a node is for one image. */
function multiplicationsOf({ op, inputs, outputs, attributes }: Node): number {
  switch (op) {
    case "Conv2D": {
      const [height, width, channels] = inputs[1].shape;
      return size(outputs[0].shape) * height * width * channels;
    }
    case "Conv2DBackpropInput":
    case "Conv2DBackpropFilter": {
      // Every place of the gradient of the output meets the whole kernel.
      const kernel = op === "Conv2DBackpropInput" ? inputs[1] : outputs[0];
      return size(inputs[2].shape.slice(0, -1)) * size(kernel.shape);
    }
    case "MatMul": {
      const turned = "b" in attributes.transpose_a && attributes.transpose_a.b;
      const inner = inputs[0].shape[turned ? 0 : 1];
      return size(outputs[0].shape) * size([inner]);
    }
    default:
      return 0;
  }
}

/** What all nodes of a compiled training step multiply for one image. */
function inGraph(spec: ModelSpec): number {
  const { train } = compile(spec, { ...training, loss: penalised }).signatures;
  const reached = new Set<Node>();
  const waiting = Object.values(train.outputs).map(({ node }) => node);
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (reached.has(node)) continue;
    reached.add(node);
    waiting.push(...node.inputs.map((input) => input.node), ...node.after);
  }
  return [...reached].reduce((sum, node) => sum + multiplicationsOf(node), 0);
}

/** As `transfer` fine-tunes it: a base whose later layers are trained. */
const fineTuned = (() => {
  const { model } = baseModel(
    { network: "vgg16", output: "block3_pool", scale: 1 },
    [32, 32, 1],
  );
  const features = resolveLayers(model).at(-1)!.outputShape;
  return withHead(model, headModel("dense", features, 10), "block3_conv1");
})();

Deno.test("a training step multiplies as often as all nodes of its compiled graph", () => {
  const image = [32, 32, 1];
  for (
    const spec of [
      small,
      enlarged,
      lenet5(image, 10),
      compact(image, 10),
      residual(image, 10),
      fineTuned,
    ]
  ) {
    assertEquals(trainingMultiplications(spec), inGraph(spec), spec.name);
  }
});

Deno.test("whichever layers are frozen, a training step multiplies as often as its compiled graph", () => {
  const layers = resolveLayers(everything).filter(({ variables }) => variables.length > 0)
    .map(({ layer }) => layer.name);
  const counts = new Set<number>();
  // All but all of them.
  for (let which = 0; which < 2 ** layers.length - 1; which++) {
    const spec = { ...everything, frozen: layers.filter((_, i) => which & (1 << i)) };
    const counted = trainingMultiplications(spec);
    assertEquals(counted, inGraph(spec), `frozen: ${spec.frozen.join(", ") || "none"}`);
    counts.add(counted);
  }
  assert(counts.size > 10, "freezing makes a difference");
});

Deno.test("LeNet-5 multiplies three times as often as in predicting, but for its first convolution's input", () => {
  const spec = lenet5([32, 32, 1], 10);
  const first = 32 * 32 * 32 * 5 * 5;
  const expected = 3 * countMultiplications(spec) - first;
  assertEquals(trainingMultiplications(spec), expected);
  assertEquals(trainingFlop(spec, 54_000, 10), 2 * expected * 540_000);
});
