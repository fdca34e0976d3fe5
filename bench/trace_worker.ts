/**
 * Training steps of one network, traced in a process of its own, for `trace.ts`. Takes a task as its argument,
 * answers with a line of JSON and then, to each line it is sent, with what a round gave.
 *
 * @module
 */
import process from "node:process";
import type { Precision, TrainableNetwork } from "../src/engine/engine.ts";
import { graphEngine } from "../src/engine/graph/engine.ts";
import { sha256 } from "../src/files/digest.ts";
import { initialWeights } from "../src/models/initialize.ts";
import type { ModelSpec } from "../src/models/spec.ts";
import { randomState } from "../src/random.ts";
import { readChoice } from "../src/runtime/choice.ts";
import { loadAddon } from "../src/runtime/load.ts";
import { spread } from "./figures.ts";
import { products } from "./products.ts";
import { openTracing, type Operation } from "./tracing.ts";
import { lines } from "./worker.ts";

/** What is trained. How many threads there are, and what else TensorFlow is told, the environment says. */
export interface Task {
  readonly spec: ModelSpec;
  readonly batch: number;
  readonly precision: Precision;
}

/** What a round gave: medians over its steps (means, of processor time and sleeps), in milliseconds. */
export interface Round {
  /** A step through tfjs-node's addon, as jobs take it. */
  readonly step: number;
  /** Processor time of it, all threads together. */
  readonly processor: number;
  /** How often a thread went to sleep in it; 0 where the system does not say. */
  readonly sleeps: number;
  /** What of it is not TensorFlow's: a step with the library called directly, less the call. */
  readonly outside: number;
  /** A traced step, from its first operation to its last. */
  readonly traced: number;
  /**
   * The same by nodes, in the order in which they began; where several ran at a time each has its part of that
   * time. Under `IDLE` what passed while none ran.
   */
  readonly nodes: readonly (readonly [name: string, milliseconds: number])[];
  /** Where several ran at a time. */
  readonly together: number;
  /** GFLOP/s of `products` in float32. */
  readonly gflops: number;
  /** Of the weights afterwards. */
  readonly digest: string;
}

/** Where no operation ran. */
export const IDLE = "no operation runs";

/** Steps of each kind in a round. */
const STEPS = 20;

const median = (values: readonly number[]) => spread(values)[1];

/** How often the threads of this process have gone to sleep so far, as Linux counts it. */
function sleepsSoFar(): number {
  if (Deno.build.os !== "linux") return 0;
  let sum = 0;
  for (const { name } of Deno.readDirSync("/proc/self/task")) {
    const status = Deno.readTextFileSync(`/proc/self/task/${name}/status`);
    sum += Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1] ?? 0);
  }
  return sum;
}

/** How the time of one step was spent, by nodes; see `Round`. */
function split(operations: readonly Operation[]) {
  const marks = operations.flatMap(({ node, start, end }) => [
    { time: start, node, began: true },
    { time: end, node, began: false },
  ]).toSorted((a, b) => a.time - b.time || Number(b.began) - Number(a.began));
  const running = new Set<string>();
  const nodes = new Map<string, number>();
  let together = 0;
  let last = marks[0].time;
  const add = (node: string, time: number) => nodes.set(node, (nodes.get(node) ?? 0) + time);
  for (const { time, node, began } of marks) {
    for (const one of running) add(one, (time - last) / running.size);
    if (running.size === 0) add(IDLE, time - last);
    if (running.size > 1) together += time - last;
    if (began) {
      add(node, 0);
      running.add(node);
    } else running.delete(node);
    last = time;
  }
  return { nodes, together, traced: last - marks[0].time };
}

if (import.meta.main) {
  const { spec, batch, precision }: Task = JSON.parse(Deno.args[0]);
  const { tensorflow } = await readChoice();
  if (!tensorflow) throw new Error("There is no libtensorflow: run `deno task setup`.");
  const random = randomState(0);
  const data = Uint8Array.from(
    { length: batch * spec.input.reduce((a, b) => a * b) },
    () => random.uint32() >>> 24,
  );
  const labels = Uint8Array.from({ length: batch }, () => random.interval(9));
  const indices = Int32Array.from({ length: batch }, (_, i) => i);

  const open = async (addon: Parameters<typeof graphEngine>[0]) => {
    const network = await graphEngine(addon, 0).train(spec, {
      optimizer: { type: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
      loss: { labelSmoothing: 0, l2: 0 },
      precision,
      seed: 0,
    }, initialWeights(spec, 0));
    const images = { shape: [batch, ...spec.input], data };
    await network.place({ images, labels: { shape: [batch], data: labels } });
    return network;
  };
  const step = (network: TrainableNetwork) => network.trainBatch(indices, 1e-4);
  const timed = async (run: () => Promise<unknown>) => {
    const start = performance.now();
    await run();
    return performance.now() - start;
  };

  // The environment counts when the first graph runs; the addon, which comes after, shares the library.
  const tracing = openTracing(tensorflow);
  const direct = await open(tracing.addon);
  for (let i = 0; i < 3; i++) await step(direct);
  const product = await products(tracing.addon, "float32");
  const usual = await open(await loadAddon());
  for (let i = 0; i < 3; i++) await step(usual);
  console.log(JSON.stringify({ ready: true }));

  for await (const _ of lines(Deno.stdin.readable)) {
    const steps: number[] = [];
    const outside: number[] = [];
    const splits: ReturnType<typeof split>[] = [];
    const sleeps = sleepsSoFar();
    const processor = process.cpuUsage();
    for (let i = 0; i < STEPS; i++) steps.push(await timed(() => step(usual)));
    const { user, system } = process.cpuUsage(processor);
    const slept = sleepsSoFar() - sleeps;
    for (let i = 0; i < STEPS; i++) {
      const before = tracing.spent();
      const whole = await timed(() => step(direct));
      outside.push(whole - (tracing.spent() - before));
      splits.push(split(await tracing.traced(() => step(direct))));
    }
    const names = [...new Set(splits.flatMap(({ nodes }) => [...nodes.keys()]))];
    const weights = [...(await direct.read()).values()].flatMap(({ data }) => [...data]);
    const round: Round = {
      step: median(steps),
      processor: (user + system) / 1000 / STEPS,
      sleeps: slept / STEPS,
      outside: median(outside),
      traced: median(splits.map(({ traced }) => traced)),
      nodes: names.map((name) => [name, median(splits.map(({ nodes }) => nodes.get(name) ?? 0))]),
      together: median(splits.map(({ together }) => together)),
      gflops: product(),
      digest: sha256(new Uint8Array(Float32Array.from(weights).buffer)),
    };
    console.log(JSON.stringify(round));
  }
  // libtensorflow's threads would keep the process alive.
  Deno.exit(0);
}
