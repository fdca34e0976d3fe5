/** Searches for the step and the momentum with which a descent gets lowest, by Hyperband. @module */
import {
  importance,
  openOracle,
  planned,
  ranked,
  search,
  type Space,
} from "@atelier/atelier/tuning";

/** The height that so many steps of gradient descent end at, in the valley x^2 + 30 y^2, from (5, 5). */
function descend(step: number, momentum: number, steps: number): number {
  const [at, speed, slope] = [[5, 5], [0, 0], [2, 60]];
  for (let i = 0; i < steps; i++) {
    for (const axis of [0, 1]) {
      speed[axis] = momentum * speed[axis] - step * slope[axis] * at[axis];
      at[axis] += speed[axis];
    }
  }
  return at[0] ** 2 + 30 * at[1] ** 2;
}

const space: Space = {
  step: { type: "float", minValue: 1e-4, maxValue: 1, sampling: "log" },
  momentum: { type: "float", minValue: 0, maxValue: 0.9, step: 0.1 },
};
const options = { type: "hyperband", maxEpochs: 27, factor: 3, hyperbandIterations: 1 } as const;
console.log("planned:", planned(options));

// An epoch is one step here. Hyperband gives few steps to many trials, and more to the best of them.
const { trials } = await search(openOracle(space, options, 42), ({ values, epochs }) => {
  const height = descend(Number(values.step), Number(values.momentum), epochs);
  // Larger is better. A score that is no finite number counts as failed.
  return Promise.resolve({ score: -Math.log10(height) });
});

const [best] = ranked(trials);
console.log("best:", best.values, "after", best.epochs, "steps, at", 10 ** -best.score);
console.log("what matters:", importance(space, trials, 1)?.shares);
