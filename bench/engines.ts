/**
 * Measures this machine's engines against each other and, where `python3` (or `KERAS_PYTHON`) can
 * import Keras, against the same network in Keras: images per second of training LeNet-5, one process an
 * engine, precision and thread count, measured in turn, five rounds. Writes `bench/RESULTS.md`.
 *
 *     deno task bench
 *
 * @module
 */
import { compile } from "../src/engine/graph/compile.ts";
import { encodeSavedModel } from "../src/engine/graph/saved_model.ts";
import { isReady } from "../src/runtime/choice.ts";
import { lenet5 } from "../src/models/lenet5.ts";
import { resnetV2 } from "../src/models/resnet_v2.ts";
import type { Precision } from "../src/engine/engine.ts";
import { resolveLayers } from "../src/models/shapes.ts";
import type { ModelSpec } from "../src/models/spec.ts";
import { machine, show, spread, table } from "./figures.ts";
import { writeImages } from "./images.ts";
import { type Configuration, type Jobs, lines, type Ready } from "./worker.ts";

const ROUNDS = 5;
const BATCHES = [32, 128] as const;
/** Threads of the processes measured; two jobs of one thread are set against one of two. */
const THREADS = [1, 2] as const;
/** Images in a measurement, and in the data set that memory is measured with. */
const IMAGES = 6400;
const ALL_IMAGES = 60_000;

const PERMISSIONS =
  "--no-prompt --allow-read --allow-write --allow-env --allow-ffi --allow-sys=cpus".split(" ");

const path = (name: string) => new URL(name, import.meta.url).pathname;

/** Who is measured, and how its process starts. */
interface Subject {
  readonly name: string;
  readonly threads: number;
  /** Images in one measurement: fewer for the slow. */
  readonly images: number;
  readonly command: readonly string[];
}

const subject = (
  name: string,
  engine: Configuration["engine"] | "keras",
  threads: number,
  data: string,
  { images = IMAGES, precision = "float32" }: {
    readonly images?: number;
    readonly precision?: Precision;
  } = {},
): Subject => {
  const configuration = JSON.stringify({ engine, threads, precision, data });
  const command = engine === "keras"
    ? [python, path("keras_peer.py"), configuration]
    : [Deno.execPath(), "run", ...PERMISSIONS, path("worker.ts"), configuration];
  return { name, threads, images, command };
};

const python = Deno.env.get("KERAS_PYTHON") ?? "python3";

/** Whether the Python found can import Keras. */
async function hasKeras(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(python, {
      args: ["-c", "import keras, tensorflow"],
      env: { KERAS_BACKEND: "tensorflow" },
      stdout: "null",
      stderr: "null",
      signal: AbortSignal.timeout(120_000),
    }).output();
    return success;
  } catch {
    return false;
  }
}

/** A process that answers jobs, one after another. */
interface Worker {
  readonly ready: Ready;
  ask<Name extends keyof Jobs>(name: Name, job: Jobs[Name][0]): Promise<Jobs[Name][1]>;
  stop(): Promise<void>;
}

async function startWorker({ command: [program, ...args] }: Subject): Promise<Worker> {
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  const writer = child.stdin.getWriter();
  const output = lines(child.stdout);
  const answer = async () => {
    while (true) {
      const { value, done } = await output.next();
      if (done) throw new Error(`A process ended without an answer: ${program}\n${await errors}`);
      if (value.startsWith("{")) return JSON.parse(value);
    }
  };
  return {
    ready: await answer(),
    async ask(name, job) {
      await writer.write(new TextEncoder().encode(JSON.stringify([name, job]) + "\n"));
      return await answer();
    },
    async stop() {
      await writer.close();
      await child.status;
    },
  };
}

/**
 * Floating-point operations of one training step, an image: two for each multiplication of a
 * convolution or dense layer forward, and for the gradients of its kernel and of its input; the input
 * of the first needs none.
 */
function trainingFlops(spec: ModelSpec): number {
  const multiplications = resolveLayers(spec).flatMap(({ layer, variables, outputShape }) => {
    const kernel = variables.find(({ name }) => name === `${layer.name}/kernel`);
    if (!kernel) return [];
    const places = outputShape.slice(0, -1).reduce((product, n) => product * n, 1);
    return [places * kernel.shape.reduce((product, n) => product * n, 1)];
  });
  const [first] = multiplications;
  return 2 * (3 * multiplications.reduce((sum, n) => sum + n, 0) - first);
}

const whole = (value: number) => Math.round(value).toLocaleString("en-US");

/** Milliseconds of what happens before training, each as often as there are rounds. */
interface Startup {
  readonly load: number[];
  readonly open: number[];
  readonly step: number[];
  /** From the start of the process to the end of the first step. */
  readonly whole: number[];
}

async function measureStartup(one: Subject): Promise<Startup> {
  const startup: Startup = { load: [], open: [], step: [], whole: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    const worker = await startWorker(one);
    startup.whole.push(performance.now() - start);
    startup.load.push(worker.ready.load);
    startup.open.push(worker.ready.open);
    startup.step.push(worker.ready.step);
    await worker.stop();
  }
  return startup;
}

/** Resident MB with the whole training set placed, after training on part of it. */
async function measureMemory(one: Subject): Promise<number> {
  const worker = await startWorker(one);
  await worker.ask("train", { batch: 128, images: IMAGES });
  const { megabytes } = await worker.ask("memory", {});
  await worker.stop();
  return megabytes;
}

/** Milliseconds to compile and encode ResNet152V2 for prediction. */
function measureCompilation(): number[] {
  const spec = resnetV2(152, [64, 64, 1]);
  return Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    const { graph, signatures } = compile(spec);
    encodeSavedModel(graph, signatures);
    return performance.now() - start;
  });
}

/** All that the report says. */
interface Results {
  readonly subjects: readonly Subject[];
  /** Images per second in each round, by `key`. */
  readonly speeds: ReadonlyMap<string, readonly number[]>;
  /** GFLOP/s by threads. */
  readonly peaks: ReadonlyMap<number, number>;
  readonly startup: Startup;
  readonly memory: number;
  readonly compilation: readonly number[];
  readonly versions: readonly string[];
}

const key = (name: string, threads: number, batch: number) => `${name}, ${threads}, ${batch}`;
const GRAPH = "graph engine";
const GRAPH_HALF = "graph engine, bfloat16";
const FIT = "tfjs-node `model.fit`";
const KERAS = "Keras `fit`";
const KERAS_HALF = "Keras `fit`, mixed_bfloat16";
const PAIR = "graph engine, two jobs of one thread";
const PAIR_HALF = "graph engine, bfloat16, two jobs of one thread";
const half = { precision: "bfloat16" } as const;

async function measure(directory: string, workers: Worker[]): Promise<Results> {
  await writeImages(`${directory}/data`, IMAGES);
  await writeImages(`${directory}/all`, ALL_IMAGES);
  const keras = await hasKeras();
  if (!keras) console.log(`${python} cannot import Keras: measured without it.`);

  const data = `${directory}/data`;
  const subjects = [
    ...THREADS.flatMap((threads) => [
      subject(GRAPH, "graph", threads, data),
      subject(GRAPH_HALF, "graph", threads, data, half),
      subject(FIT, "fit", threads, data, { images: IMAGES / 2 }),
      ...(keras
        ? [
          subject(KERAS, "keras", threads, data),
          subject(KERAS_HALF, "keras", threads, data, half),
        ]
        : []),
    ]),
    subject("portable engine on WebAssembly", "wasm", 1, data, { images: IMAGES / 10 }),
  ];
  const startup = await measureStartup(subjects[0]);
  const memory = await measureMemory(subject(GRAPH, "graph", 1, `${directory}/all`));

  const start = async (one: Subject) => {
    const worker = await startWorker(one);
    workers.push(worker);
    return worker;
  };
  const running = new Map<Subject, Worker>();
  for (const one of subjects) running.set(one, await start(one));
  const pairs = new Map<string, readonly Worker[]>();
  for (const [name, of] of [[PAIR, GRAPH], [PAIR_HALF, GRAPH_HALF]]) {
    const one = subjects.find((subject) => subject.name === of && subject.threads === 1)!;
    pairs.set(name, [running.get(one)!, await start(one)]);
  }

  const speeds = new Map<string, number[]>();
  const peaks = new Map<number, number>();
  // Round 0 warms up: what TensorFlow builds when a batch size is first seen is no one's speed.
  for (let round = 0; round <= ROUNDS; round++) {
    const note = (name: string, threads: number, batch: number, speed: number) => {
      console.log(`round ${round}: ${name}, ${threads} threads, batch ${batch}: ${whole(speed)}`);
      const id = key(name, threads, batch);
      if (round > 0) speeds.set(id, [...speeds.get(id) ?? [], speed]);
    };
    for (const threads of THREADS) {
      const one = subjects.find(({ name, threads: own }) => name === FIT && own === threads)!;
      const worker = running.get(one)!;
      const { gflops } = await worker.ask("multiply", {});
      peaks.set(threads, Math.max(peaks.get(threads) ?? 0, gflops));
    }
    for (const batch of BATCHES) {
      const train = async (worker: Worker, images: number) =>
        images / (await worker.ask("train", { batch, images })).seconds;
      for (const [one, worker] of running) {
        note(one.name, one.threads, batch, await train(worker, one.images));
      }
      for (const [name, pair] of pairs) {
        const [a, b] = await Promise.all(pair.map((worker) => train(worker, IMAGES)));
        note(name, 2, batch, a + b);
      }
    }
  }
  return {
    subjects,
    speeds,
    peaks,
    startup,
    memory,
    compilation: measureCompilation(),
    versions: [...new Set([...running.values()].map(({ ready }) => ready.version))],
  };
}

function render(results: Results): string {
  const { subjects, speeds, peaks, startup, memory, compilation, versions } = results;
  const flops = trainingFlops(lenet5([32, 32, 1], 10));
  const rows = [
    ...subjects.map(({ name, threads }) => ({ name, threads })),
    { name: PAIR, threads: 2 },
    { name: PAIR_HALF, threads: 2 },
  ].map(({ name, threads }) => [
    name,
    String(threads),
    ...BATCHES.flatMap((batch) => {
      const values = speeds.get(key(name, threads, batch))!;
      const share = spread(values)[1] * flops / 1e9 / peaks.get(threads)!;
      return [show(values, whole), `${Math.round(100 * share)}%`];
    }),
  ]);
  const against = (a: string, aThreads: number, b: string, bThreads: number): string[][] => {
    const cells = BATCHES.map((batch) => {
      const mine = speeds.get(key(a, aThreads, batch))!;
      const other = speeds.get(key(b, bThreads, batch));
      return other && show(mine.map((value, i) => value / other[i]), (value) => value.toFixed(2));
    });
    const name = `${a} (${aThreads}) / ${b} (${bThreads})`;
    return cells.every((cell) => cell !== undefined) ? [[name, ...cells]] : [];
  };
  const ratios = [
    ...THREADS.flatMap((threads) => against(GRAPH, threads, FIT, threads)),
    ...THREADS.flatMap((threads) => against(GRAPH, threads, KERAS, threads)),
    ...against(PAIR, 2, KERAS, 2),
    ...against(PAIR, 2, GRAPH, 2),
    ...THREADS.flatMap((threads) => against(GRAPH_HALF, threads, GRAPH, threads)),
    ...THREADS.flatMap((threads) => against(KERAS_HALF, threads, KERAS, threads)),
    ...THREADS.flatMap((threads) => against(GRAPH_HALF, threads, KERAS_HALF, threads)),
    ...against(PAIR_HALF, 2, PAIR, 2),
    ...against(PAIR_HALF, 2, KERAS, 2),
    ...against(PAIR_HALF, 2, KERAS_HALF, 2),
  ];
  const milliseconds = (values: readonly number[]) => `${show(values, whole)} ms`;
  return `# Speed of the engines

Written by \`deno task bench\`. Training LeNet-5 (504,342 parameters, 32 x 32 x 1, Adam, ${
    (flops / 1e6).toFixed(1)
  } MFLOP an image
and step): images per second, **median** of ${ROUNDS} rounds (minimum - maximum). In each round every process is
measured in turn, on the same images. The share is of the fastest product of two 2048 x 2048 matrices in float32
that the same library reached on as many threads, whatever the precision of the row.

Machine: ${machine()}. Deno ${Deno.version.deno};
${versions.join("; ")}.
Matrix products: ${
    THREADS.map((n) => `${whole(peaks.get(n)!)} GFLOP/s on ${n} thread${n > 1 ? "s" : ""}`).join(
      ", ",
    )
  }.

${
    table(
      ["", "threads", ...BATCHES.flatMap((batch) => [`batch ${batch}`, "of peak"])],
      rows,
    )
  }

Ratios, round by round (threads in brackets):

${table(["", ...BATCHES.map((batch) => `batch ${batch}`)], ratios)}

The graph engine before it trains, one thread, ${ROUNDS} processes:

${
    table(["", "time"], [
      ["load libtensorflow", milliseconds(startup.load)],
      [
        `build the graph, load it, assign weights, place ${whole(IMAGES)} images`,
        milliseconds(startup.open),
      ],
      ["first training step", milliseconds(startup.step)],
      ["all, from the start of the process", milliseconds(startup.whole)],
      ["compile ResNet152V2 for prediction", milliseconds(compilation)],
    ])
  }

Resident memory of a process that trains LeNet-5 with ${whole(ALL_IMAGES)} images placed: ${
    whole(memory)
  } MB.
`;
}

if (import.meta.main) {
  if (!(await isReady("tensorflow"))) {
    console.error("The bench needs libtensorflow: run `deno task setup --backend=tensorflow`.");
    Deno.exit(1);
  }
  const directory = await Deno.makeTempDir({ prefix: "atelier-bench-" });
  const workers: Worker[] = [];
  try {
    const report = render(await measure(directory, workers));
    await Deno.writeTextFile(path("RESULTS.md"), report);
    console.log(report);
  } finally {
    for (const worker of workers) await worker.stop();
    await Deno.remove(directory, { recursive: true });
  }
}
