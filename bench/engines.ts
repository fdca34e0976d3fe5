/**
 * Measures this machine's engines against each other and, where `python3` (or `KERAS_PYTHON`) can
 * import them, against the same networks in Keras and in PyTorch: images per second of training, one process
 * an engine, network, precision and thread count, measured in turn, five rounds. Writes `bench/RESULTS.md`.
 *
 *     deno task bench
 *
 * @module
 */
import { compile } from "../src/engine/graph/compile.ts";
import { encodeSavedModel } from "../src/engine/graph/saved_model.ts";
import { isReady } from "../src/runtime/choice.ts";
import { compact, residual } from "../src/models/champions.ts";
import { trainingFlop } from "../src/models/computation.ts";
import { lenet5 } from "../src/models/lenet5.ts";
import { resnetV2 } from "../src/models/resnet_v2.ts";
import { countParameters } from "../src/models/shapes.ts";
import type { ModelSpec, Shape } from "../src/models/spec.ts";
import { machine, show, spread, table } from "./figures.ts";
import { writeImages } from "./images.ts";
import { type Configuration, type Jobs, lines, type Ready } from "./worker.ts";

const ROUNDS = 5;
/** Threads of the processes measured; two jobs of one thread are set against one of two. */
const THREADS = [1, 2] as const;
/** Images in the data set that memory is measured with. */
const ALL_IMAGES = 60_000;

const INPUT: Shape = [32, 32, 1];

/** A network that is measured. */
interface Measured {
  readonly spec: ModelSpec;
  readonly batches: readonly number[];
  /** Images in one measurement. */
  readonly images: number;
  /** Whether TensorFlow.js is measured on it as well. */
  readonly tfjs: boolean;
}

const LENET: Measured = { spec: lenet5(INPUT, 10), batches: [32, 128], images: 6400, tfjs: true };
const CHAMPIONS: readonly Measured[] = [compact(INPUT, 10), residual(INPUT, 10)]
  .map((spec) => ({ spec, batches: [128], images: 1280, tfjs: false }));

const PERMISSIONS =
  "--no-prompt --allow-read --allow-write --allow-env --allow-ffi --allow-sys=cpus".split(" ");

const path = (name: string) => new URL(name, import.meta.url).pathname;

const python = Deno.env.get("KERAS_PYTHON") ?? "python3";

const commandOf = (configuration: Configuration): readonly string[] => {
  const { engine } = configuration;
  return [
    ...(engine === "keras" || engine === "torch"
      ? [python, path(`${engine}_peer.py`)]
      : [Deno.execPath(), "run", ...PERMISSIONS, path("worker.ts")]),
    JSON.stringify(configuration),
  ];
};

/** Whether the Python found can import some modules; says so if not. */
async function canImport(modules: string): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(python, {
      args: ["-c", `import ${modules}`],
      env: { KERAS_BACKEND: "tensorflow" },
      stdout: "null",
      stderr: "null",
      signal: AbortSignal.timeout(120_000),
    }).output();
    if (success) return true;
  } catch {
    // There is no such program, or it took too long.
  }
  console.log(`${python} cannot import ${modules}: measured without.`);
  return false;
}

/** A process that answers jobs, one after another. */
interface Worker {
  readonly ready: Ready;
  ask<Name extends keyof Jobs>(name: Name, job: Jobs[Name][0]): Promise<Jobs[Name][1]>;
  stop(): Promise<void>;
}

async function startWorker(configuration: Configuration): Promise<Worker> {
  const [program, ...args] = commandOf(configuration);
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
  const ready: Ready = await answer();
  const parameters = countParameters(configuration.spec);
  if (ready.parameters !== parameters) {
    throw new Error(
      `${ready.version}: the network ${configuration.spec.name} has ${ready.parameters} parameters, ` +
        `and ${parameters} here: it is not the same.`,
    );
  }
  return {
    ready,
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

const whole = (value: number) => Math.round(value).toLocaleString("en-US");

/** Milliseconds of what happens before training, each as often as there are rounds. */
interface Startup {
  readonly load: number[];
  readonly open: number[];
  readonly step: number[];
  /** From the start of the process to the end of the first step. */
  readonly whole: number[];
}

async function measureStartup(one: Configuration): Promise<Startup> {
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
async function measureMemory(one: Configuration): Promise<number> {
  const worker = await startWorker(one);
  await worker.ask("train", { batch: 128, images: LENET.images });
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

/** Who is measured: processes that train at the same time, each with as many threads. */
interface Subject extends Pick<Configuration, "engine" | "precision" | "threads"> {
  readonly name: string;
  readonly jobs: number;
  /** What part of the images it trains on: less for the slow. */
  readonly share: number;
}

const GRAPH = "graph engine";
const GRAPH_HALF = "graph engine, bfloat16";
const FIT = "tfjs-node `model.fit`";
const KERAS = "Keras `fit`";
const KERAS_HALF = "Keras `fit`, mixed_bfloat16";
const TORCH = "PyTorch";
const TORCH_HALF = "PyTorch, autocast to bfloat16";
const PAIR = "graph engine, two jobs of one thread";
const PAIR_HALF = "graph engine, bfloat16, two jobs of one thread";

const subject = (
  name: string,
  engine: Subject["engine"],
  threads: number,
  other: Partial<Subject> = {},
): Subject => ({ name, engine, threads, precision: "float32", jobs: 1, share: 1, ...other });

const half = { precision: "bfloat16" } as const;

/** Who is measured on a network, where those in Python are there. */
const subjectsOf = ({ tfjs }: Measured, peers: ReadonlySet<"keras" | "torch">): Subject[] =>
  [
    ...THREADS.flatMap((threads) => [
      subject(GRAPH, "graph", threads),
      subject(GRAPH_HALF, "graph", threads, half),
      ...(tfjs ? [subject(FIT, "fit", threads, { share: 1 / 2 })] : []),
      subject(KERAS, "keras", threads),
      subject(KERAS_HALF, "keras", threads, half),
      subject(TORCH, "torch", threads),
      subject(TORCH_HALF, "torch", threads, half),
    ]),
    ...(tfjs ? [subject("portable engine on WebAssembly", "wasm", 1, { share: 1 / 10 })] : []),
    subject(PAIR, "graph", 1, { jobs: 2 }),
    subject(PAIR_HALF, "graph", 1, { jobs: 2, ...half }),
  ].filter(({ engine }) => (engine !== "keras" && engine !== "torch") || peers.has(engine));

/** What came out for one network. */
interface Outcome {
  readonly measured: Measured;
  readonly subjects: readonly Subject[];
  /** Images per second in each round, by `key`. */
  readonly speeds: ReadonlyMap<string, readonly number[]>;
  readonly versions: readonly string[];
}

/** `threads` are those of all jobs together. */
const key = (name: string, threads: number, batch: number) => `${name}, ${threads}, ${batch}`;

/** Trains one network in all processes, round by round; `peaks`, GFLOP/s by threads, are raised where more is reached. */
async function measure(
  measured: Measured,
  subjects: readonly Subject[],
  data: string,
  peaks: Map<number, number>,
): Promise<Outcome> {
  const { spec, batches } = measured;
  const running: { readonly subject: Subject; readonly workers: Worker[] }[] = [];
  const speeds = new Map<string, number[]>();
  try {
    for (const subject of subjects) {
      const { engine, threads, precision } = subject;
      const workers: Worker[] = [];
      running.push({ subject, workers });
      for (let job = 0; job < subject.jobs; job++) {
        workers.push(await startWorker({ spec, engine, threads, precision, data }));
      }
    }
    // Round 0 warms up: what TensorFlow builds when a batch size is first seen is no one's speed.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const threads of THREADS) {
        const { workers: [worker] } = running.find(({ subject }) =>
          subject.name === GRAPH && subject.threads === threads
        )!;
        const { gflops } = await worker.ask("multiply", {});
        peaks.set(threads, Math.max(peaks.get(threads) ?? 0, gflops));
      }
      for (const batch of batches) {
        for (const { subject: { name, threads, jobs, share }, workers } of running) {
          const images = measured.images * share;
          const each = await Promise.all(
            workers.map(async (worker) =>
              images / (await worker.ask("train", { batch, images })).seconds
            ),
          );
          const speed = each.reduce((sum, n) => sum + n);
          const id = key(name, threads * jobs, batch);
          console.log(`round ${round}: ${spec.name}, ${id}: ${whole(speed)}`);
          if (round > 0) speeds.set(id, [...speeds.get(id) ?? [], speed]);
        }
      }
    }
    const versions = running.flatMap(({ workers }) => workers.map(({ ready }) => ready.version));
    return { measured, subjects, speeds, versions };
  } finally {
    for (const { workers } of running) for (const worker of workers) await worker.stop();
  }
}

/** All that the report says. */
interface Results {
  readonly lenet: Outcome;
  readonly champions: readonly Outcome[];
  /** GFLOP/s by threads. */
  readonly peaks: ReadonlyMap<number, number>;
  readonly startup: Startup;
  readonly memory: number;
  readonly compilation: readonly number[];
  /** Those in Python that were not found. */
  readonly missing: readonly string[];
}

async function measureAll(directory: string): Promise<Results> {
  const data = `${directory}/data`;
  const all = `${directory}/all`;
  await writeImages(data, LENET.images);
  await writeImages(all, ALL_IMAGES);
  const peers = new Set<"keras" | "torch">();
  if (await canImport("keras, tensorflow")) peers.add("keras");
  if (await canImport("torch")) peers.add("torch");
  const one = { spec: LENET.spec, engine: "graph", threads: 1, precision: "float32" } as const;
  const startup = await measureStartup({ ...one, data });
  const memory = await measureMemory({ ...one, data: all });
  const peaks = new Map<number, number>();
  const lenet = await measure(LENET, subjectsOf(LENET, peers), data, peaks);
  const champions: Outcome[] = [];
  for (const measured of CHAMPIONS) {
    champions.push(await measure(measured, subjectsOf(measured, peers), data, peaks));
  }
  const missing = [
    ...(peers.has("keras") ? [] : ["Keras"]),
    ...(peers.has("torch") ? [] : ["PyTorch"]),
  ];
  const compilation = measureCompilation();
  return { lenet, champions, peaks, startup, memory, compilation, missing };
}

/** A column of a table: a network and a batch size. */
interface Column {
  readonly title: string;
  readonly outcome: Outcome;
  readonly batch: number;
}

/** Images per second and shares of the peak, who is measured by column. */
const speedTable = (columns: readonly Column[], peaks: Results["peaks"]): string =>
  table(
    ["", "threads", ...columns.flatMap(({ title }) => [title, "of peak"])],
    columns[0].outcome.subjects.map(({ name, threads, jobs }) => [
      name,
      String(threads * jobs),
      ...columns.flatMap(({ outcome: { measured, speeds }, batch }) => {
        const values = speeds.get(key(name, threads * jobs, batch))!;
        const gflops = spread(values)[1] * trainingFlop(measured.spec, 1, 1) / 1e9;
        return [
          show(values, whole),
          `${Math.round(100 * gflops / peaks.get(threads * jobs)!)}%`,
        ];
      }),
    ]),
  );

/** Whose speed is divided by whose, on as many threads. */
const RATIOS: readonly (readonly [string, number, string, number])[] = [
  ...[[GRAPH, FIT], [GRAPH, KERAS], [GRAPH, TORCH]]
    .flatMap(([a, b]) => THREADS.map((n) => [a, n, b, n] as const)),
  [PAIR, 2, KERAS, 2],
  [PAIR, 2, TORCH, 2],
  [PAIR, 2, GRAPH, 2],
  ...[
    [GRAPH_HALF, GRAPH],
    [KERAS_HALF, KERAS],
    [TORCH_HALF, TORCH],
    [GRAPH_HALF, KERAS],
    [GRAPH_HALF, KERAS_HALF],
    [GRAPH_HALF, TORCH_HALF],
  ].flatMap(([a, b]) => THREADS.map((n) => [a, n, b, n] as const)),
  [PAIR_HALF, 2, PAIR, 2],
  [PAIR_HALF, 2, KERAS, 2],
  [PAIR_HALF, 2, KERAS_HALF, 2],
  [PAIR_HALF, 2, TORCH_HALF, 2],
];

/** Ratios of speeds, round by round; those of whom nobody measured are left out. */
function ratioTable(columns: readonly Column[]): string {
  const rows = RATIOS.flatMap(([a, aThreads, b, bThreads]) => {
    const cells = columns.map(({ outcome: { speeds }, batch }) => {
      const mine = speeds.get(key(a, aThreads, batch));
      const other = speeds.get(key(b, bThreads, batch));
      return mine && other &&
        show(mine.map((value, i) => value / other[i]), (value) => value.toFixed(2));
    });
    const name = `${a} (${aThreads}) / ${b} (${bThreads})`;
    return cells.every((cell) => cell !== undefined) ? [[name, ...cells]] : [];
  });
  return table(["", ...columns.map(({ title }) => title)], rows);
}

const millions = (value: number) => (value / 1e6).toFixed(1);

function render(results: Results): string {
  const { lenet, champions, peaks, startup, memory, compilation, missing } = results;
  const versions = [lenet, ...champions].flatMap((outcome) => outcome.versions);
  const { spec, batches } = lenet.measured;
  const byBatch = batches.map((batch): Column => ({
    title: `batch ${batch}`,
    outcome: lenet,
    batch,
  }));
  const byNetwork = champions.map((outcome): Column => {
    const { spec, batches: [batch] } = outcome.measured;
    return { title: `\`${spec.name}\`, batch ${batch}`, outcome, batch };
  });
  const sizes = champions.map(({ measured: { spec } }) =>
    `\`${spec.name}\` has ${whole(countParameters(spec))} parameters and ` +
    `${millions(trainingFlop(spec, 1, 1))} MFLOP an image and step`
  ).join(", ");
  const milliseconds = (values: readonly number[]) => `${show(values, whole)} ms`;
  return `# Speed of the engines

Written by \`deno task bench\`. Images per second of training, **median** of ${ROUNDS} rounds (minimum - maximum). In
each round every process is measured in turn, on the same images. Everyone trains the same layers with Adam, and gives
the loss and how many were right. The share is of the fastest product of two 2048 x 2048 matrices in float32 that
libtensorflow reached on as many threads, whatever the precision of the row.${
    missing.length > 0 ? `\nNot measured, because it was not there: ${missing.join(", ")}.` : ""
  }

Machine: ${machine()}. Deno ${Deno.version.deno};
${[...new Set(versions)].join("; ")}.
Matrix products: ${
    THREADS.map((n) => `${whole(peaks.get(n)!)} GFLOP/s on ${n} thread${n > 1 ? "s" : ""}`).join(
      ", ",
    )
  }.

## LeNet-5

${whole(countParameters(spec))} parameters, ${spec.input.join(" x ")}, ${
    millions(trainingFlop(spec, 1, 1))
  } MFLOP an image and step.

${speedTable(byBatch, peaks)}

Ratios, round by round (threads in brackets):

${ratioTable(byBatch)}

## The champions' networks

${sizes}.

${speedTable(byNetwork, peaks)}

Ratios, round by round (threads in brackets):

${ratioTable(byNetwork)}

## Before training

The graph engine with LeNet-5, one thread, ${ROUNDS} processes:

${
    table(["", "time"], [
      ["load libtensorflow", milliseconds(startup.load)],
      [
        `build the graph, load it, assign weights, place ${whole(LENET.images)} images`,
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
  try {
    const report = render(await measureAll(directory));
    await Deno.writeTextFile(path("RESULTS.md"), report);
    console.log(report);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
