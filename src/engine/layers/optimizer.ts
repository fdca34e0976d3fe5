/**
 * Update rules on plain arrays, as Keras 3 and TensorFlow's `ResourceApplyAdam`,
 * `ResourceApplyKerasMomentum` have them. One pass over a variable in JavaScript takes the place of
 * some ten TensorFlow.js operations a variable, and is the same on every backend.
 *
 * @module
 */
import type { OptimizerSpec } from "../engine.ts";

/** Updates one variable in place; `step` counts from 1. */
export type Update = (gradient: Float32Array, learningRate: number, step: number) => void;

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
    const { momentum } = spec;
    const velocity = new Float32Array(variable.length);
    return (gradient, learningRate) => {
      for (let i = 0; i < variable.length; i++) {
        velocity[i] = momentum * velocity[i] - learningRate * gradient[i];
        variable[i] += velocity[i];
      }
    };
  }
  // Kingma and Ba (2015), with epsilon outside the correction of the second moment ("epsilon hat").
  const { beta1, beta2, epsilon } = spec;
  const decay = spec.type === "adamw" && kernel ? spec.weightDecay : 0;
  const m = new Float32Array(variable.length);
  const v = new Float32Array(variable.length);
  return (gradient, learningRate, step) => {
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
}
