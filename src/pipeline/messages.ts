/** What a job's process is told and what it tells, one JSON document a line. @module */
import { z } from "zod";

const facts = z.record(z.string(), z.json());

/** What the worker process reads from its standard input, which stays open as long as the job is wanted. */
export const jobDocument = z.strictObject({
  /** Addresses of the module that declares the job and of the one that does the work. */
  declaration: z.string(),
  module: z.string(),
  parameters: z.json(),
  equipment: z.strictObject({ variant: z.string(), facts }),
  /** Path of every input by its file name. */
  inputs: z.record(z.string(), z.strictObject({ path: z.string(), sha256: z.string() })),
  /** Folder to write to. */
  output: z.string(),
  /** File whose shared lock says that a process is at work; see `untilNobodyWorks`. */
  alive: z.string().optional(),
  /** Where it keeps checkpoints, and how long it works between two of them at least, in milliseconds. */
  checkpoint: z.strictObject({ path: z.string(), every: z.number() }).optional(),
  /** Whether it may be on another machine, which is then recorded. */
  launched: z.boolean().optional(),
});

/** What the worker process writes to its standard output. */
export const jobMessage = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("progress"),
    done: z.number(),
    total: z.number(),
    note: z.string().optional(),
  }),
  z.strictObject({ type: z.literal("facts"), facts }),
  z.strictObject({ type: z.literal("failed"), kind: z.string(), message: z.string(), data: facts }),
  z.strictObject({
    type: z.literal("finished"),
    /** Seconds that killed runs of the job had worked up to the checkpoint that this one went on from. */
    earlier: z.number().min(0),
  }),
]);

/**
 * The lines of a stream of UTF-8, without their ends.
 *
 * @throws the reason of `signal` where that is aborted before the stream has ended
 */
export async function* lines(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream(), { signal })) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    yield* parts;
  }
  if (rest) yield rest;
}
