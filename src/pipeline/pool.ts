/** How many jobs run at once, and in which order. @module */
import { type Executor, Stopped } from "./executor.ts";

/**
 * An executor that is given at most `places` jobs at once. Of those that wait, the one that took longest
 * the last time is next, so that none of the long ones is left to the end. Jobs of which that is not known
 * come before all others, in the order in which they were asked for: any may be the longest.
 */
export function bounded(executor: Executor, places: number): Executor {
  const waiting: { readonly expected: number; start(): void }[] = [];
  let free = places;
  let stopped = false;
  /** Takes the next one out of those that wait; of equal ones, the first. */
  const next = () => {
    let longest = 0;
    waiting.forEach(({ expected }, i) => {
      if (expected > waiting[longest].expected) longest = i;
    });
    return waiting.splice(longest, 1)[0];
  };
  return {
    async run(job, output, progress) {
      if (free > 0) free--;
      else {
        const { promise, resolve: start } = Promise.withResolvers<void>();
        waiting.push({ expected: job.expected ?? Infinity, start });
        await promise;
      }
      try {
        if (stopped) throw new Stopped(`Job ${job.label} was not run.`);
        return await executor.run(job, output, progress);
      } finally {
        if (waiting.length > 0) next().start();
        else free++;
      }
    },
    async stop() {
      stopped = true;
      await executor.stop();
    },
  };
}
