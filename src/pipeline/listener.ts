/**
 * Waits for the end of standard input in a thread of its own, beside a job that may compute for long
 * without a pause: stores 1 in the shared integer that it is given, and then says so.
 *
 * @module
 */
/// <reference lib="deno.worker" />

self.onmessage = async ({ data }: MessageEvent<Int32Array<SharedArrayBuffer>>) => {
  // Nothing more is sent than what the job has read.
  for await (const _ of Deno.stdin.readable);
  Atomics.store(data, 0, 1);
  self.postMessage(undefined);
};
