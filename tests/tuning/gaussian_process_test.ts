import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { fitGaussianProcess, gaussianProcess } from "../../src/tuning/gaussian_process.ts";

/** Points of the unit square from the linear congruential generator of Numerical Recipes. */
function points(count: number, seed: number): number[][] {
  let state = seed;
  const next = () => (state = (Math.imul(1664525, state) + 1013904223) >>> 0) / 2 ** 32;
  return Array.from({ length: count }, () => [next(), next()]);
}

const x = points(12, 1);
const y = x.map(([a, b]) => Math.sin(5 * a) + b * b + 0.9);
const unseen = points(3, 99);

Deno.test("predictions and marginal likelihood agree with scikit-learn", () => {
  // GaussianProcessRegressor(Matern(length_scale=l, nu=2.5), alpha=1e-4, normalize_y=True,
  // optimizer=None), scikit-learn 1.9.1.
  const expected = [
    {
      lengthScale: 0.3,
      mean: [1.9376274542462737, 1.117059522140634, 2.221353419841675],
      std: [0.16549082483600336, 0.37547310497789965, 0.24051408246247272],
      logMarginalLikelihood: -9.840314064166485,
    },
    {
      lengthScale: 1,
      mean: [1.9413670945132318, 1.1787748047604028, 2.274241546258259],
      std: [0.019908006496956527, 0.04292514473443601, 0.022878517245472206],
      logMarginalLikelihood: -49.035739111686546,
    },
    {
      lengthScale: 2.5,
      mean: [1.9323288234517246, 1.366089165656355, 2.181034192017666],
      std: [0.005839221088067633, 0.010274391890727824, 0.006871713581537146],
      logMarginalLikelihood: -1136.3681011955825,
    },
  ];
  for (const { lengthScale, mean, std, logMarginalLikelihood } of expected) {
    const process = gaussianProcess(x, y, lengthScale);
    assertAlmostEquals(process.logMarginalLikelihood, logMarginalLikelihood, 1e-8);
    const predicted = process.predict(unseen);
    mean.forEach((value, i) => assertAlmostEquals(predicted.mean[i], value, 1e-9));
    std.forEach((value, i) => assertAlmostEquals(predicted.std[i], value, 1e-9));
  }
});

Deno.test("one point gives the kernel itself", () => {
  // With one target the standardised value is 0: the mean stays, the deviation is sqrt(1 - k^2).
  const distance = 0.5;
  const d = Math.sqrt(5) * distance / 0.7;
  const kernel = (1 + d + d * d / 3) * Math.exp(-d);
  const { mean, std } = gaussianProcess([[0.25]], [3], 0.7).predict([[0.75]]);
  assertEquals(mean[0], 3);
  assertAlmostEquals(std[0], Math.sqrt(1 - kernel ** 2 / (1 + 1e-4)), 1e-12);
});

Deno.test("the length scale of a fit is the most likely of the grid", () => {
  const fitted = fitGaussianProcess(x, y);
  // scikit-learn's climb ends at 0.428 with -8.698637; the grid has 0.398 and 0.501.
  assertAlmostEquals(fitted.lengthScale, 0.398, 1e-3);
  assertAlmostEquals(fitted.logMarginalLikelihood, -8.698637070504486, 0.1);
  for (const lengthScale of [0.05, 0.3, 0.6, 1, 5]) {
    assert(gaussianProcess(x, y, lengthScale).logMarginalLikelihood < fitted.logMarginalLikelihood);
  }
});

Deno.test("equal targets and repeated points are no trouble", () => {
  const { mean, std } = fitGaussianProcess([[0.1], [0.1], [0.9]], [2, 2, 2]).predict([[0.5]]);
  assertEquals(mean[0], 2);
  assert(Number.isFinite(std[0]));
});
