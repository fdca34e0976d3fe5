/**
 * Where the time of a training step goes, by TensorFlow's own tracing: on one thread, on two as jobs run, and on
 * two with TensorFlow told to run otherwise. By turns, on a machine that has nothing else to do.
 *
 *     deno run -A bench/trace.ts [lenet5|compact|residual] [batch] [float32|bfloat16] [rounds]
 *
 * @module
 */
import { compact, residual } from "../src/models/champions.ts";
import { trainingFlop } from "../src/models/computation.ts";
import { lenet5 } from "../src/models/lenet5.ts";
import { machine, spread, table } from "./figures.ts";
import { IDLE, type Round, type Task } from "./trace_worker.ts";
import { lines } from "./worker.ts";

/** How TensorFlow runs, by what it reads of the environment. */
const on = (intra: number, inter: number, other: Record<string, string> = {}) => ({
  TF_NUM_INTRAOP_THREADS: String(intra),
  TF_NUM_INTEROP_THREADS: String(inter),
  TF_CPP_MIN_LOG_LEVEL: "2",
  ...other,
});

/** The thread that waits for a oneDNN operation takes a part of it, instead of handing out all of it. */
const CALLER = { TF_ONEDNN_THREADPOOL_USE_CALLER_THREAD: "1" };

const WAYS = [
  { title: "1 thread", env: on(1, 1) },
  { title: "2 threads", env: on(2, 2) },
  { title: "2, caller works", env: on(2, 2, CALLER) },
  { title: "2, one operation at a time", env: on(2, 1) },
  { title: "2, both", env: on(2, 1, CALLER) },
] as const;

/** Nodes that take less than this part of a step in every column are put together. */
const LEAST = 0.01;

const networks = { lenet5, compact, residual };

const median = (values: readonly number[]) => spread(values)[1];

/** A process that gives a round whenever it is asked. */
async function start(task: Task, env: Record<string, string>) {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      new URL("trace_worker.ts", import.meta.url).pathname,
      JSON.stringify(task),
    ],
    env,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = lines(child.stdout);
  const writer = child.stdin.getWriter();
  const answer = async () => {
    while (true) {
      const { value, done } = await output.next();
      if (done) throw new Error("A process ended without an answer.");
      if (value.startsWith("{")) return JSON.parse(value);
    }
  };
  await answer();
  return {
    async round(): Promise<Round> {
      await writer.write(new TextEncoder().encode("round\n"));
      return await answer();
    },
    stop: () => writer.close(),
  };
}

function render(task: Task, columns: readonly (readonly Round[])[]): string {
  const figure = (value: (round: Round) => number, digits = 2) =>
    columns.map((rounds) => median(rounds.map(value)).toFixed(digits));
  const nodesOf = columns.map((rounds) => rounds.map(({ nodes }) => new Map(nodes)));
  const of = (column: number, node: string) =>
    median(nodesOf[column].map((nodes) => nodes.get(node) ?? 0));
  const names = [...new Set(columns.flatMap((rounds) => rounds[0].nodes.map(([name]) => name)))]
    .filter((name) => name !== IDLE);
  const traced = columns.map((rounds) => median(rounds.map((round) => round.traced)));
  const large = names.filter((name) => traced.some((all, i) => of(i, name) >= LEAST * all));
  const small = names.filter((name) => !large.includes(name));
  const flop = trainingFlop(task.spec, task.batch, 1);
  const peaks = columns.map((rounds) => Math.max(...rounds.map(({ gflops }) => gflops)));
  const ideal = peaks.map((gflops) => flop / gflops / 1e6);
  const steps = columns.map((rounds) => median(rounds.map(({ step }) => step)));
  const rows: string[][] = [
    ["a step through the addon", ...figure(({ step }) => step)],
    [
      "its products and convolutions at the speed of large products",
      ...ideal.map((ms) => ms.toFixed(2)),
    ],
    ["share of that speed", ...ideal.map((ms, i) => `${Math.round(100 * ms / steps[i])}%`)],
    [
      "against 2 threads, round by round",
      ...columns.map((rounds) =>
        median(rounds.map(({ step }, i) => columns[1][i].step / step)).toFixed(2)
      ),
    ],
    ["processor time of a step, all threads", ...figure(({ processor }) => processor)],
    ["how often a thread sleeps in a step", ...figure(({ sleeps }) => sleeps, 0)],
    ["outside of TensorFlow", ...figure(({ outside }) => outside)],
    ["a traced step, from its first operation to its last", ...figure((round) => round.traced)],
    ...large.map((name) => [
      `- \`${name.replace(/^train\//, "")}\``,
      ...columns.map((_, i) => of(i, name).toFixed(2)),
    ]),
    [
      `- ${small.length} others`,
      ...columns.map((_, i) => small.reduce((sum, name) => sum + of(i, name), 0).toFixed(2)),
    ],
    [`- ${IDLE}`, ...columns.map((_, i) => of(i, IDLE).toFixed(2))],
    ["while several run", ...figure(({ together }) => together)],
    ["weights afterwards", ...columns.map((rounds) => rounds.at(-1)!.digest.slice(0, 8))],
  ];
  return `${task.spec.name}, batches of ${task.batch}, ${task.precision}, ${
    (flop / 1e6).toFixed(0)
  } MFLOP a step, on ${machine()}.
Milliseconds, medians of ${columns[0].length} rounds. Operations that run at a time share it.
Large products: ${
    peaks.map((gflops, i) => `${gflops.toFixed(0)} GFLOP/s (${WAYS[i].title})`).join(", ")
  }.

${table(["", ...WAYS.map(({ title }) => title)], rows)}`;
}

if (import.meta.main) {
  const [name = "lenet5", batch = "32", precision = "float32", rounds = "5"] = Deno.args;
  const make = networks[name as keyof typeof networks];
  if (!make || (precision !== "float32" && precision !== "bfloat16")) {
    console.error("trace.ts [lenet5|compact|residual] [batch] [float32|bfloat16] [rounds]");
    Deno.exit(1);
  }
  const task: Task = { spec: make([32, 32, 1], 10), batch: Number(batch), precision };
  const processes: Awaited<ReturnType<typeof start>>[] = [];
  for (const { env } of WAYS) processes.push(await start(task, env));
  const columns: Round[][] = WAYS.map(() => []);
  for (let round = 0; round < Number(rounds); round++) {
    for (const [i, process] of processes.entries()) columns[i].push(await process.round());
    console.error(`round ${round + 1} of ${rounds}`);
  }
  for (const process of processes) await process.stop();
  console.log(render(task, columns));
}
