/** A job: what it takes and gives, and the work, which is done in a process of its own. @module */
import { defineJob, type JobContextOf, json } from "@atelier/atelier/pipeline";
import { z } from "zod";

/** Counts the primes below a limit. */
export const job = defineJob({
  name: "count",
  declaration: import.meta.url,
  module: import.meta.url,
  parameters: z.strictObject({ limit: z.int().min(2) }),
  reads: {},
  writes: { count: json(z.int()) },
});

/** Sieves. */
export async function run({ parameters, outputs }: JobContextOf<typeof job>): Promise<void> {
  const composite = new Uint8Array(parameters.limit).fill(1, 0, 2);
  for (let i = 2; i < composite.length; i++) {
    for (let multiple = i * i; multiple < composite.length; multiple += i) composite[multiple] = 1;
  }
  await outputs.count.write(composite.filter((it) => it === 0).length);
}
