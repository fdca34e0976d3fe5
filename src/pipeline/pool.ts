/** How many jobs run at once, and in which order. @module */
import { type Executor, Stopped } from "./executor.ts";

/** Places for jobs, each of which is one's at a time. */
export interface Places {
  /**
   * Takes one, or waits for it. Of those that wait, the one that is expected to take longest is next; of
   * equal ones, the first.
   *
   * @param expected in seconds; longer than any other if omitted
   * @returns resolves when it is there; undefined where it is at once
   */
  take(expected?: number): Promise<void> | undefined;
  /** Gives one back. */
  free(): void;
}

/** So many places. */
export function placesFor(count: number): Places {
  const waiting: { readonly expected: number; start(): void }[] = [];
  let free = count;
  const next = () => {
    let longest = 0;
    waiting.forEach(({ expected }, i) => {
      if (expected > waiting[longest].expected) longest = i;
    });
    return waiting.splice(longest, 1)[0];
  };
  return {
    take(expected = Infinity) {
      if (free === 0) return new Promise((start) => waiting.push({ expected, start }));
      free--;
    },
    free() {
      if (waiting.length > 0) next().start();
      else free++;
    },
  };
}

/**
 * An executor that is given at most `count` jobs at once. Of those that wait, the one that took longest
 * the last time is next, so that none of the long ones is left to the end. Jobs of which that is not known
 * come before all others, in the order in which they were asked for: any may be the longest.
 */
export function bounded(executor: Executor, count: number): Executor {
  const places = placesFor(count);
  let stopped = false;
  return {
    async run(job, output, progress) {
      const wait = places.take(job.expected);
      if (wait) await wait;
      try {
        if (stopped) throw new Stopped(`Job ${job.label} was not run.`);
        return await executor.run(job, output, progress);
      } finally {
        places.free();
      }
    },
    async stop() {
      stopped = true;
      await executor.stop();
    },
  };
}
