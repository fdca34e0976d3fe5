/**
 * The process that runs one job: reads a job document from standard input, checks the parameters by
 * the schema of the job's declaration, calls the `run` of the job's module, and writes messages to
 * standard output (see `messages.ts`). It ends when its standard input does: nobody wants its result then.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { messageOf } from "../files/explain.ts";
import { writeWhole } from "../files/whole.ts";
import { named } from "./artifacts.ts";
import { checkpointIn } from "./checkpoints.ts";
import { readersOf, writersOf } from "./context.ts";
import { processor } from "./machine.ts";
import { jobDocument, type jobMessage, lines } from "./messages.ts";
import type { Job, JobContext } from "./stage.ts";

const encoder = new TextEncoder();

function say(message: z.input<typeof jobMessage>): void {
  // At the beginning of a line, whatever a launcher has printed into the one before.
  let bytes = encoder.encode(`\n${JSON.stringify(message)}\n`);
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}

const input = lines(Deno.stdin.readable);
const first = await input.next();
if (first.done) {
  console.error("The process was told no job: what launched it has to pass on standard input.");
  Deno.exit(1);
}
const document = jobDocument.parse(JSON.parse(first.value));

/** Is 1 once standard input has ended. */
const ended = new Int32Array(new SharedArrayBuffer(4));

/** Ends this process with its standard input, or as soon as the job pauses or reports progress. */
function listen(): void {
  const listener = new Worker(import.meta.resolve("./listener.ts"), { type: "module" });
  listener.onmessage = () => Deno.exit(1);
  listener.postMessage(ended);
}

/** Milliseconds between two reports of progress; the last one of a job is always sent. */
const REPORT_EVERY = 100;
let reported = -Infinity;

try {
  if (document.alive !== undefined) await (await Deno.open(document.alive)).lock(false);
  listen();
  // What a module exports is known only here: its declaration says so, and its parameters are checked.
  const { job }: { job: Job } = await import(document.declaration);
  const { run }: { run(context: JobContext<unknown, unknown, unknown>): Promise<void> } =
    await import(document.module);
  const parameters = job.parameters.safeParse(document.parameters);
  if (!parameters.success) {
    throw new TypeError(
      `the parameters of job ${job.name} are not what it takes: ` +
        z.prettifyError(parameters.error).replaceAll("\n", " "),
    );
  }
  if (document.launched) {
    const machine = { host: Deno.hostname(), processor: processor() };
    say({ type: "facts", facts: { machine } });
  }
  const written = new Set<string>();
  const checkpoint = checkpointIn(document.checkpoint?.path, document.checkpoint?.every);
  await run({
    parameters: parameters.data,
    equipment: document.equipment,
    inputs: readersOf(job.reads, (name) => {
      const stored = document.inputs[name];
      return stored && { ...stored, read: () => Deno.readFile(stored.path) };
    }),
    outputs: writersOf(job.writes, async (name, artifact, value) => {
      if (written.has(name)) throw new Error(`it writes ${name} twice`);
      written.add(name);
      await writeWhole(join(document.output, name), artifact.encode(value));
      return name;
    }),
    checkpoint,
    record: (facts) => say({ type: "facts", facts: z.record(z.string(), z.json()).parse(facts) }),
    progress(done, total, note) {
      if (Atomics.load(ended, 0) === 1) Deno.exit(1);
      const now = performance.now();
      if (done < total && now - reported < REPORT_EVERY) return;
      reported = now;
      say({ type: "progress", done, total, note });
    },
  });
  for (const [name, artifact] of named(job.writes)) {
    if (!written.has(name) && !artifact.optional && !("family" in artifact)) {
      throw new Error(`it did not write ${name}`);
    }
  }
  say({ type: "finished", earlier: checkpoint.earlier() });
  // Native libraries may hold threads that keep the process alive.
  Deno.exit(0);
} catch (error) {
  const { name, message: _, ...data } = error instanceof Error ? error : new Error(String(error));
  const carried = z.record(z.string(), z.json()).safeParse(data);
  // A job writes to its own folder, and to the one for temporary files beside it.
  const message = messageOf(error, document.output);
  say({ type: "failed", kind: name, message, data: carried.data ?? {} });
  console.error(error);
  Deno.exit(1);
}
