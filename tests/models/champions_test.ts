import { assertEquals, assertLess } from "@std/assert";
import { compact, residual } from "../../src/models/champions.ts";
import { heWeights } from "../../src/models/he.ts";
import { countMultiplications } from "../../src/models/multiplications.ts";
import { modelVariables, resolveLayers } from "../../src/models/shapes.ts";
import { type ModelSpec, modelSpec } from "../../src/models/spec.ts";

const parameters = (spec: ModelSpec) =>
  modelVariables(spec).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);

Deno.test("compact has fewer parameters than LeNet-5, counted by hand", () => {
  const spec = compact([32, 32, 1], 10);
  // Kernels of 3 x 3 but for the first, four numbers a channel of batch normalisation, and the classifier.
  const widths = [1, 32, 64, 64, 128, 128, 160];
  const counted = widths.slice(1).reduce(
    (sum, w, i) => sum + (i === 0 ? 25 : 9) * widths[i] * w + 4 * w,
    0,
  );
  assertEquals(parameters(spec), counted + 160 * 10 + 10);
  assertEquals(parameters(spec), 465_514);
  assertLess(parameters(spec), 504_342);
  assertEquals(countMultiplications(spec), 53_012_544);
  assertEquals(modelSpec.parse(spec), spec);
});

Deno.test("residual halves its image twice and has some 800,000 parameters", () => {
  const spec = residual([32, 32, 1], 10);
  assertEquals([parameters(spec), countMultiplications(spec)], [807_498, 72_719_008]);
  const layers = resolveLayers(spec);
  const shapes = layers.filter(({ layer }) => layer.type === "add").map((it) => it.outputShape);
  assertEquals(shapes, [[28, 28, 32], [14, 14, 64], [14, 14, 64], [7, 7, 144], [7, 7, 144]]);
  assertEquals(modelSpec.parse(spec), spec);
});

Deno.test("kernels are drawn He uniform, all else as it is always", () => {
  const spec = compact([32, 32, 1], 10);
  for (const [name, { shape, data }] of heWeights(spec, 3)) {
    if (!name.endsWith("/kernel")) {
      const one = /gamma|variance/.test(name);
      assertEquals(data, new Float32Array(data.length).fill(one ? 1 : 0), name);
      continue;
    }
    const limit = Math.sqrt(6 / shape.slice(0, -1).reduce((a, b) => a * b, 1));
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    assertLess(largest, limit * (1 + 1e-6), name);
    assertLess(limit * (1 - 20 / data.length), largest, `${name} reaches its limit`);
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    assertLess(Math.abs(mean), 5 * limit / Math.sqrt(3 * data.length), name);
  }
});
