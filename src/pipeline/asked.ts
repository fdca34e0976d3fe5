/**
 * Which jobs a stage has asked for that is not done yet. A manifest names them once it is; until then
 * this note alone tells that what has finished is waited for.
 *
 * @module
 */
import { join } from "node:path";
import { removeForGood, removeParts, writeWhole } from "../files/whole.ts";
import type { JobRunner } from "./finished.ts";
import type { Workspace } from "./workspace.ts";

/** The folder of the notes, a file a stage. */
export const askedDirectory = ({ home }: Pick<Workspace, "home">): string =>
  join(home, ".cache", "asked");

/** Removes what runs that were killed have left of notes; whoever calls this has the lock of the cache. */
export async function removeUnwritten(workspace: Workspace): Promise<void> {
  const folder = askedDirectory(workspace);
  const isThere = await Deno.stat(folder).then(() => true, () => false);
  if (isThere) await removeParts(folder);
}

const noteOf = (workspace: Workspace, stage: string) => join(askedDirectory(workspace), stage);

/** Keys of jobs, in whatever text they stand. */
export const keysIn = (text: string): string[] => text.match(/\b[0-9a-f]{64}\b/g) ?? [];

/** A runner that notes what a stage asks it for, beside what the stage asked for before and did not finish. */
export async function asking(
  workspace: Workspace,
  stage: string,
  runner: JobRunner,
): Promise<JobRunner> {
  const path = noteOf(workspace, stage);
  const keys = new Set(keysIn(await Deno.readTextFile(path).catch(() => "")));
  let [last, next]: [Promise<void>, Promise<void> | undefined] = [Promise.resolve(), undefined];
  const write = () => {
    next = undefined;
    return writeWhole(path, [...keys].map((key) => `${key}\n`).join(""));
  };
  return {
    async run(job, progress) {
      if (!keys.has(job.key)) {
        keys.add(job.key);
        // What is asked for at once is written at once.
        next ??= last = last.then(write);
        await next;
      }
      return await runner.run(job, progress);
    },
    has: (job) => runner.has(job),
    settled: () => runner.settled(),
  };
}

/** Forgets what a stage has asked for, whose manifest tells it now. */
export const forgetAsked = (workspace: Workspace, stage: string): Promise<void> =>
  removeForGood(noteOf(workspace, stage));
