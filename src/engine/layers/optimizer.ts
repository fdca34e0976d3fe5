/**
 * Update rules on plain arrays, as Keras 3 and TensorFlow's `ResourceApplyAdam`,
 * `ResourceApplyKerasMomentum` have them. One pass over a variable in JavaScript takes the place of
 * some ten TensorFlow.js operations a variable, and is the same on every backend.
 *
 * @module
 */
import type { OptimizerSpec } from "../engine.ts";

/** How one variable is updated. */
export interface Update {
  /** What is kept from step to step, by name; all of it starts at 0. */
  readonly slots: Readonly<Record<string, Float32Array>>;
  /** Updates it in place; `step` counts from 1. */
  apply(gradient: Float32Array, learningRate: number, step: number): void;
}

/**
 * Makes the update of one variable, with moments of its own that start at 0.
 * `kernel` says whether weight decay applies to it.
 */
export function optimizerFor(
  spec: OptimizerSpec,
  variable: Float32Array,
  kernel: boolean,
): Update {
  if (spec.type === "sgd") {
    const { momentum, nesterov, weightDecay = 0 } = spec;
    const velocity = new Float32Array(variable.length);
    return {
      slots: momentum > 0 ? { velocity } : {},
      apply(gradient, learningRate) {
        const keep = 1 - learningRate * (kernel ? weightDecay : 0);
        for (let i = 0; i < variable.length; i++) {
          const step = learningRate * gradient[i];
          velocity[i] = momentum * velocity[i] - step;
          variable[i] = keep * variable[i] +
            (nesterov ? momentum * velocity[i] - step : velocity[i]);
        }
      },
    };
  }
  // Kingma and Ba (2015), with epsilon outside the correction of the second moment ("epsilon hat").
  const { beta1, beta2, epsilon } = spec;
  const decay = spec.type === "adamw" && kernel ? spec.weightDecay : 0;
  const m = new Float32Array(variable.length);
  const v = new Float32Array(variable.length);
  const apply: Update["apply"] = (gradient, learningRate, step) => {
    const rate = learningRate * Math.sqrt(1 - beta2 ** step) / (1 - beta1 ** step);
    const keep = 1 - learningRate * decay;
    for (let i = 0; i < variable.length; i++) {
      const g = gradient[i];
      const mi = m[i] + (1 - beta1) * (g - m[i]);
      const vi = v[i] + (1 - beta2) * (g * g - v[i]);
      m[i] = mi;
      v[i] = vi;
      variable[i] = keep * variable[i] - rate * mi / (Math.sqrt(vi) + epsilon);
    }
  };
  return { slots: { m, v }, apply };
}
