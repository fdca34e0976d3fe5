import { assert, assertEquals } from "@std/assert";
import {
  bayesianOptimization,
  type BayesianOptimizationOptions,
} from "../../src/tuning/bayesian_optimization.ts";
import { randomSearch } from "../../src/tuning/random_search.ts";
import { type Space, type Values, valuesKey } from "../../src/tuning/space.ts";
import { ranked, search } from "../../src/tuning/trial.ts";
import { studySpace } from "../support/spaces.ts";

const options: BayesianOptimizationOptions = { maxTrials: 30, epochs: 5, batchSize: 2 };

/** Like the study's accuracy: best at a learning rate of 1e-3, a dropout of 0.25 and wide windows. */
const toy = (values: Values) =>
  0.92 - 0.02 * Math.log10(values.learning_rate as number / 1e-3) ** 2 -
  0.1 * (values.DROPOUT_1 as number - 0.25) ** 2 - (values.KERNEL_1_FILTER === 3 ? 0.004 : 0);

Deno.test("Bayesian optimisation comes nearer to the optimum than random search", async () => {
  const missing = async (oracle: typeof bayesianOptimization | typeof randomSearch) => {
    let sum = 0;
    for (const seed of [1, 2, 3, 4, 5]) {
      const { trials } = await search(
        oracle(studySpace, options, seed),
        ({ values }) => Promise.resolve({ score: toy(values) }),
      );
      sum += 0.92 - ranked(trials)[0].score;
    }
    return sum / 5;
  };
  const [bayesian, random] = [await missing(bayesianOptimization), await missing(randomSearch)];
  assert(bayesian > 0 && bayesian < random / 3, `${bayesian} against ${random}`);
});

/** Sizes of the batches when `score` decides. */
function batchSizes(
  space: Space,
  options: BayesianOptimizationOptions,
  score: (id: number) => number,
): number[] {
  const [batches] = bayesianOptimization(space, options, 43);
  const sizes: number[] = [];
  for (let step = batches.next(); !step.done;) {
    sizes.push(step.value.length);
    step = batches.next(step.value.map(({ id }) => score(id)));
  }
  return sizes;
}

Deno.test("random trials come first, three a hyperparameter, then batches of one size", () => {
  assertEquals(batchSizes(studySpace, { ...options, maxTrials: 25, batchSize: 3 }, Math.sin), [
    18,
    3,
    3,
    1,
  ]);
  assertEquals(batchSizes(studySpace, { ...options, maxTrials: 5 }, Math.sin), [5]);
});

Deno.test("failed random trials are made up for, and never learnt from", () => {
  const sizes = batchSizes(
    studySpace,
    { ...options, maxTrials: 12, numInitialPoints: 6 },
    (id) => id % 2 ? NaN : Math.sin(id),
  );
  assertEquals(sizes, [6, 3, 1, 1, 1]); // 3, 2, 0 and 1 succeed; then a proposal
  assertEquals(
    batchSizes(studySpace, { ...options, maxTrials: 8, numInitialPoints: 6 }, () => NaN),
    [
      6,
      2,
    ],
  );
});

Deno.test("a small space is searched once through", async () => {
  const space: Space = { n: { type: "int", minValue: 1, maxValue: 9 } };
  const { trials } = await search(
    bayesianOptimization(space, options, 43),
    ({ values }) => Promise.resolve({ score: -((values.n as number - 6) ** 2) }),
  );
  assertEquals(trials.length, 9);
  assertEquals(new Set(trials.map(({ values }) => valuesKey(values))).size, 9);
});

Deno.test("trials of one batch keep away from each other", async () => {
  // On a single peak, a batch without pessimistic scores would sit on one spot.
  const space: Space = { x: { type: "float", minValue: 0, maxValue: 1 } };
  const { trials } = await search(
    bayesianOptimization(
      space,
      { ...options, maxTrials: 8, batchSize: 4, numInitialPoints: 4 },
      43,
    ),
    ({ values }) => Promise.resolve({ score: -((values.x as number - 0.4) ** 2) }),
  );
  const batch = trials.slice(4).map(({ values }) => values.x as number).sort();
  for (let i = 1; i < batch.length; i++) assert(batch[i] - batch[i - 1] > 1e-3, `${batch}`);
});

Deno.test("the search goes to the peak of a function of one variable", async () => {
  const space: Space = { x: { type: "float", minValue: 0, maxValue: 1 } };
  const { trials } = await search(
    bayesianOptimization(space, { ...options, maxTrials: 20 }, 43),
    ({ values }) =>
      Promise.resolve({ score: Math.sin(9 * (values.x as number)) * (values.x as number) }),
  );
  // The maximum of x sin(9 x) on [0, 1] lies at 0.8865, where tan(9 x) = -9 x.
  assert(Math.abs(ranked(trials)[0].values.x as number - 0.8865) < 0.005);
});
