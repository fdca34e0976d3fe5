import { assertAlmostEquals, assertEquals } from "@std/assert";
import type { OptimizerSpec } from "../../../src/engine/engine.ts";
import { optimizerFor } from "../../../src/engine/layers/optimizer.ts";

/**
 * Five steps of Keras 3.15.1's optimisers on TensorFlow 2.21, the last three on JAX. Step t has the learning rate 0.01 / t
 * and the gradient `base + 0.01 t`, `base` halved and turned round at step 3.
 */
const start = [1, -0.5, 0.25, 0, -2];
const base = [0.1, -0.2, 1e-8, 0, 30];
const keras: [string, OptimizerSpec, number[]][] = [
  [
    "Adam",
    { type: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
    [
      0.9789310693740845,
      -0.4808964133262634,
      0.2276497632265091,
      -0.0223502479493618,
      -2.0199341773986816,
    ],
  ],
  [
    "Adam with a large epsilon",
    { type: "adam", beta1: 0.8, beta2: 0.9, epsilon: 0.1 },
    [
      0.9934938549995422,
      -0.4921424686908722,
      0.2483348548412323,
      -0.0016651455080136657,
      -2.0195462703704834,
    ],
  ],
  [
    "AdamW",
    { type: "adamw", beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.02 },
    [
      0.9784781336784363,
      -0.48067164421081543,
      0.2275393307209015,
      -0.02234654314815998,
      -2.019017457962036,
    ],
  ],
  [
    "SGD",
    { type: "sgd", momentum: 0 },
    [
      0.9977166652679443,
      -0.49693334102630615,
      0.24949999153614044,
      -0.0004999999655410647,
      -2.5355000495910645,
    ],
  ],
  [
    "SGD with momentum",
    { type: "sgd", momentum: 0.9 },
    [
      0.9926475882530212,
      -0.48923856019973755,
      0.2486855685710907,
      -0.0013144100084900856,
      -3.812694549560547,
    ],
  ],
  [
    "SGD with Nesterov momentum",
    { type: "sgd", momentum: 0.9, nesterov: true },
    [
      0.9910995364189148,
      -0.4872480630874634,
      0.24831701815128326,
      -0.001682968926616013,
      -4.166924953460693,
    ],
  ],
  [
    "SGD with Nesterov momentum and weight decay",
    { type: "sgd", momentum: 0.9, nesterov: true, weightDecay: 0.3 },
    [
      0.9842817783355713,
      -0.48385611176490784,
      0.24661080539226532,
      -0.0016808923101052642,
      -4.14924955368042,
    ],
  ],
  [
    "SGD with weight decay",
    { type: "sgd", momentum: 0, weightDecay: 0.3 },
    [
      0.9908892512321472,
      -0.49352583289146423,
      0.24779252707958221,
      -0.0004991857567802072,
      -2.5203499794006348,
    ],
  ],
];

function train(spec: OptimizerSpec, kernel: boolean): Float32Array {
  const variable = Float32Array.from(start);
  const update = optimizerFor(spec, variable, kernel);
  for (let step = 1; step <= 5; step++) {
    const gradient = Float32Array.from(base, (g) => (step === 3 ? -0.5 * g : g) + 0.01 * step);
    update.apply(gradient, 0.01 / step, step);
  }
  return variable;
}

for (const [name, spec, expected] of keras) {
  Deno.test(`${name} is Keras's, the learning rate changing from step to step`, () => {
    const variable = train(spec, true);
    // Keras computes in float32.
    expected.forEach((value, i) => assertAlmostEquals(variable[i], value, 4e-7));
  });
}

Deno.test("weight decay is for kernels alone", () => {
  const [[, adam], , [, adamw]] = keras;
  assertEquals(train(adamw, false), train(adam, false));
});

Deno.test("weight decay shrinks weights whose gradient is 0", () => {
  const variable = Float32Array.of(4);
  const update = optimizerFor(
    { type: "adamw", beta1: 0.9, beta2: 0.999, epsilon: 1e-7, weightDecay: 0.5 },
    variable,
    true,
  );
  update.apply(Float32Array.of(0), 0.1, 1);
  assertAlmostEquals(variable[0], 4 * (1 - 0.1 * 0.5), 1e-6);
});
