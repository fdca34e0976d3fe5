/** How many jobs run at once. @module */
import { type Executor, Stopped } from "./executor.ts";

/** An executor that is given at most `places` jobs at once, in the order in which they were asked for. */
export function bounded(executor: Executor, places: number): Executor {
  const waiting: (() => void)[] = [];
  let free = places;
  let stopped = false;
  return {
    async run(job, output, progress) {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        if (stopped) throw new Stopped(`Job ${job.label} was not run.`);
        return await executor.run(job, output, progress);
      } finally {
        const next = waiting.shift();
        if (next) next();
        else free++;
      }
    },
    async stop() {
      stopped = true;
      await executor.stop();
    },
  };
}
