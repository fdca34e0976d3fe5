/** Refuses trainings in bfloat16 where they would be slow, or none at all, before they begin. @module */
import type { Executor, ReadyJob } from "../src/pipeline/executor.ts";
import { readChoice } from "../src/runtime/choice.ts";
import { findHalf, type Half, isQuick } from "../src/runtime/half.ts";

/** Whether a job's parameters ask for bfloat16 anywhere. */
function asksForHalf(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, part]) =>
    (key === "precision" && part === "bfloat16") || asksForHalf(part)
  );
}

/** What there is against a job on this machine; undefined where there is nothing. */
function against(half: Half, slow: boolean): string | undefined {
  if (half.ratio === null) return `which this machine cannot compute in: ${half.reason}`;
  if (slow || isQuick(half)) return undefined;
  return `in which this machine has ${half.ratio.toFixed(1)} times the speed of float32: ` +
    "say --slow-bfloat16 to train it all the same";
}

/**
 * An executor that refuses jobs whose parameters ask for bfloat16 where this machine is not quick in it.
 * Jobs that have finished do not reach it, wherever they ran.
 *
 * @param slow whether slow ones are taken
 * @param find how quick it is, in place of what set-up has found, for tests
 */
export function refusingSlowHalf(
  executor: Executor,
  slow: boolean,
  find: () => Promise<Half> = async () => await findHalf(await readChoice()),
): Executor {
  let found: Promise<Half> | undefined;
  const known = ({ equipment }: ReadyJob) =>
    equipment.variant === "graph" ? found ??= find() : findHalf({ tensorflow: null });
  return {
    async run(job, output, progress) {
      const why = asksForHalf(job.parameters) ? against(await known(job), slow) : undefined;
      if (why !== undefined) {
        throw new Error(
          `${job.label} is to be trained in bfloat16, ${why}. Its recipe may also leave precision out.`,
        );
      }
      return await executor.run(job, output, progress);
    },
    stop: () => executor.stop(),
  };
}
