/**
 * The process that runs one job: reads a job document from standard input, imports the job's
 * module, calls its `run`, and writes messages to standard output (see `messages.ts`).
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import { jobDocument, type jobMessage } from "./messages.ts";
import type { JobContext } from "./stage.ts";
import { writeWhole } from "../files/whole.ts";

const encoder = new TextEncoder();

function say(message: z.input<typeof jobMessage>): void {
  let bytes = encoder.encode(JSON.stringify(message) + "\n");
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}

/** Milliseconds between two reports of progress; the last one of a job is always sent. */
const REPORT_EVERY = 100;
let reported = -Infinity;

const document = jobDocument.parse(
  JSON.parse(await new Response(Deno.stdin.readable).text()),
);
function path(input: string): string {
  const path = document.inputs[input];
  if (!path) throw new Error(`The job reads ${input}, which it did not ask for.`);
  return path;
}
const context: JobContext = {
  parameters: document.parameters,
  backend: document.backend,
  path,
  read: (input) => Deno.readFile(path(input)),
  write: (name, content) => writeWhole(join(document.output, name), content),
  record: (facts) => say({ type: "facts", facts: facts as Record<string, z.core.util.JSONType> }),
  progress(done, total, note) {
    const now = performance.now();
    if (done < total && now - reported < REPORT_EVERY) return;
    reported = now;
    say({ type: "progress", done, total, note });
  },
};

try {
  const job = await import(document.module) as {
    run(context: JobContext): Promise<void>;
  };
  await job.run(context);
  say({ type: "finished" });
  // Native libraries may hold threads that keep the process alive.
  Deno.exit(0);
} catch (error) {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  say({ type: "failed", kind: name, message });
  console.error(error);
  Deno.exit(1);
}
