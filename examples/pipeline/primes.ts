/** A stage that starts jobs. @module */
import { type ContextOf, defineStage, json } from "@atelier/atelier/pipeline";
import { z } from "zod";
import { job as count } from "./count.ts";

/** Counts primes below several limits. */
export const primes = defineStage({
  name: "primes",
  about: "Counts primes",
  module: import.meta.url,
  writes: { counts: json(z.array(z.strictObject({ limit: z.int(), count: z.int() }))) },
  jobs: { count },
  keyed: (parameters: { limits: number[] }) => parameters,
});

/** Asks for a job a limit, all at once; those that have finished before do not run again. */
export async function run({ parameters, jobs, outputs }: ContextOf<typeof primes>): Promise<void> {
  const counted = parameters.limits.map(async (limit) => {
    const done = await jobs.count({ name: `below${limit}`, parameters: { limit }, inputs: {} });
    return { limit, count: await done.count.read() };
  });
  await outputs.counts.write(await Promise.all(counted));
}
