/** What follows from made-up accuracies over seeds. */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { holm } from "../../../src/evaluation/holm.ts";
import { welch } from "../../../src/evaluation/welch.ts";
import { type Accuracies, findingsOf } from "../../../src/stages/ablate/findings.ts";
import { type Variant, variantNames } from "../../../src/stages/ablate/plan.ts";

/** Accuracies that differ from variant to variant by as much as from seed to seed. */
const made: Accuracies = {
  variants: new Map(
    variantNames.map((variant, i) => [variant, [0.8 + i / 1e3, 0.803 + i / 900, 0.799 - i / 800]]),
  ),
  curve: [
    { images: 10, lenet5: [0.5, 0.52, 0.51], mlp: [0.5, 0.51, 0.5] },
    { images: 20, lenet5: [0.7, 0.71, 0.72], mlp: [0.6, 0.6, 0.61] },
    { images: 40, lenet5: [0.8, 0.8, 0.81], mlp: [0.7, 0.7, 0.7] },
  ],
  moved: [
    { pixels: 1, lenet5: [0.7, 0.7, 0.7], mlp: [0.7, 0.7, 0.7] },
    { pixels: 2, lenet5: [0.6, 0.61, 0.6], mlp: [0.4, 0.4, 0.41] },
  ],
};

Deno.test("variants are compared by Welch's test and Holm's correction, the shuffled perceptron with the perceptron", () => {
  const { comparisons } = findingsOf(made);
  const others = variantNames.filter((variant) => variant !== "lenet5");
  assertEquals([...comparisons.keys()], others);
  const of = (variant: Variant) => made.variants.get(variant)!;
  const tests = others.map((variant) =>
    welch(of(variant), of(variant === "shuffled-mlp" ? "mlp" : "lenet5"))
  );
  const corrected = holm(tests.map(({ p }) => p));
  others.forEach((variant, i) => {
    assertEquals(comparisons.get(variant), { ...tests[i], p: corrected[i], verdict: "alike" });
  });
});

Deno.test("a difference counts where its corrected p is below the level, not where it is not", () => {
  // Below 0.05 by itself, above it as one of nine.
  const variants = new Map(variantNames.map((variant) => [variant, [0.79, 0.8, 0.81]]));
  variants.set("strides", [0.76, 0.77, 0.78]);
  const { p } = welch(variants.get("strides")!, variants.get("lenet5")!);
  assert(p < 0.05 && 9 * p > 0.05, String(p));
  const some = findingsOf({ ...made, variants }).comparisons.get("strides")!;
  assertEquals(some.verdict, "alike");
  assertAlmostEquals(some.p, 9 * p, 1e-12);
  variants.set("strides", [0.5, 0.5, 0.5]);
  assertEquals(findingsOf({ ...made, variants }).comparisons.get("strides")!.verdict, "less");
});

Deno.test("leads, their growth, enough images, and losses on moved images follow from their accuracies", () => {
  const { leads, growth, enough, losses, sensitivity } = findingsOf(made);
  assertEquals(leads.map(({ images, verdict }) => [images, verdict]), [
    [10, "alike"],
    [20, "more"],
    [40, "more"],
  ]);
  assertAlmostEquals(growth.value, (0.1 + 0.1 + 0.11) / 3 - (0 + 0.01 + 0.01) / 3, 1e-12);
  assertEquals([growth.verdict, enough], ["more", 20]);
  const [lenet5, mlp] = [made.variants.get("lenet5")!, made.variants.get("mlp")!];
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length;
  assertEquals(losses.pixels, 2);
  assertAlmostEquals(losses.lenet5, mean(lenet5) - 1.81 / 3, 1e-12);
  assertAlmostEquals(losses.mlp, mean(mlp) - 1.21 / 3, 1e-12);
  assertEquals(sensitivity.verdict, "less");
});
