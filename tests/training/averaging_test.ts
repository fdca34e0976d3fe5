import { assertAlmostEquals, assertEquals } from "@std/assert";
import { copyOf, moveTowards } from "../../src/training/averaging.ts";
import { noise } from "../support/reference.ts";

const weightsAt = (step: number) =>
  new Map([["a/kernel", { shape: [5], data: Float32Array.from(noise(5, 40 + step)) }]]);
const all = Array.from({ length: 30 }, (_, i) => weightsAt(i));
const valuesAt = (i: number) => all.map((weights) => weights.get("a/kernel")!.data[i]);

Deno.test("exponential: each step counts by how long it is past, as the definition's sum has it", () => {
  const average = copyOf(all[0]);
  for (const weights of all.slice(1)) moveTowards(average, weights, 1 - 0.9);
  average.get("a/kernel")!.data.forEach((found, i) => {
    // In float64: the first weights have what is left of the whole.
    const expected = valuesAt(i).reduce(
      (sum, value, t) => sum + value * 0.9 ** (29 - t) * (t === 0 ? 1 : 0.1),
      0,
    );
    assertAlmostEquals(found, expected, 1e-6);
  });
});

Deno.test("of the last epochs: the mean", () => {
  const average = copyOf(all[0]);
  all.slice(1).forEach((weights, i) => moveTowards(average, weights, 1 / (i + 2)));
  average.get("a/kernel")!.data.forEach((found, i) =>
    assertAlmostEquals(found, valuesAt(i).reduce((sum, value) => sum + value) / 30, 1e-6)
  );
  assertEquals(all[0], weightsAt(0), "what is averaged stays as it is");
});
