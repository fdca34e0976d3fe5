/**
 * Times features of an ImageNet network in a process of its own, for `stages.ts`: after a first
 * batch, which builds what TensorFlow builds once. Answers with the seconds as a line of JSON.
 *
 * @module
 */
import { graphEngine } from "../src/engine/graph/engine.ts";
import { loadAddon } from "../src/runtime/load.ts";
import { initialWeights } from "../src/models/initialize.ts";
import { type Base, baseModel } from "../src/models/transfer.ts";
import { randomState } from "../src/random.ts";

/** What is timed: a base of 32 x 32 pixels, on so many images. */
export interface FeaturesTask {
  readonly base: Pick<Base, "network" | "output" | "scale">;
  readonly count: number;
  readonly threads: number;
}

if (import.meta.main) {
  const { base, count, threads }: FeaturesTask = JSON.parse(Deno.args[0]);
  const { model } = baseModel(base, [32, 32, 1]);
  const engine = graphEngine(await loadAddon({ threads }), threads);
  const network = await engine.open(model, initialWeights(model, 0));
  const random = randomState(0);
  const data = Uint8Array.from({ length: count * 32 * 32 }, () => random.interval(255));
  await network.place({ images: { shape: [count, 32, 32, 1], data } });
  const indices = Int32Array.from({ length: count }, (_, i) => i);
  await network.predict(indices.subarray(0, 256));
  const start = performance.now();
  await network.predict(indices);
  console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000 }));
  Deno.exit(0);
}
