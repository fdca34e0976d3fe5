/** What the jobs of a run are computed with: what this machine or others have, or what has finished before. @module */
import type { Equipment } from "./stage.ts";

/**
 * Finds out what a run's jobs are computed with.
 *
 * @param finished whether the job that asks has finished with some equipment; none has if omitted
 */
export type Equip = (finished?: (equipment: Equipment) => Promise<boolean>) => Promise<Equipment>;

/**
 * Asks `equip` once, for the first job that has finished with none of `earlier`. The answer is that of
 * all jobs of a run: the first of `earlier` that any of them has finished with, if that is found out
 * before `equip` answers.
 */
export function equipping(
  equip: () => Promise<Equipment>,
  earlier: () => Promise<readonly Equipment[]>,
): Equip {
  const known = Promise.withResolvers<Equipment>();
  let settled: Equipment | undefined;
  let candidates: Promise<readonly Equipment[]> | undefined;
  let asked: Promise<Equipment> | undefined;
  const settle = (equipment: Equipment): Equipment => {
    settled ??= equipment;
    known.resolve(settled);
    return settled;
  };
  return async (finished = () => Promise.resolve(false)) => {
    for (const candidate of await (candidates ??= earlier())) {
      if (settled) break;
      if (await finished(candidate)) settle(candidate);
    }
    return settled ?? await Promise.race([known.promise, asked ??= equip().then(settle)]);
  };
}
