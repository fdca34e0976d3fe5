/** A study and runs of it with other settings beside it, and what must hold of both, after gc and after an attack. @module */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import type { RunEvent } from "../../src/pipeline/events.ts";
import { finishedIn } from "../../src/pipeline/finished.ts";
import { collect } from "../../src/pipeline/gc.ts";
import { bounded } from "../../src/pipeline/pool.ts";
import { run } from "../../src/pipeline/run.ts";
import { runsDirectory, type Workspace } from "../../src/pipeline/workspace.ts";
import type { Interference } from "./file_operations.ts";
import {
  attack,
  bytes,
  type Files,
  filesIn,
  finish,
  GIVEN,
  outcome,
  start,
  writeFiles,
} from "./interrupted.ts";
import { artifactsOf, snapshot } from "./snapshot.ts";
import {
  inProcess,
  notesOf,
  planOf,
  type Settings,
  SLOW,
  stateOf,
  type Toy,
  withToy,
} from "./toy.ts";

/** What a test does with one study: `root` is where its sources are, written once. */
export interface Bench {
  readonly study: Workspace;
  /** Where a run of that name is. */
  place(name: string): Workspace;
  /** Runs in a place, and returns which stages and how many jobs ran. */
  run(
    place: Workspace,
    given?: Settings,
    targets?: readonly string[],
    more?: {
      /** Waited for before each job. */
      onJob?(): Promise<void>;
      onEvent?(event: RunEvent): void;
    },
  ): Promise<Ran>;
  gc(runs?: readonly string[], remove?: boolean): Promise<Record<string, number>>;
}

export interface Ran {
  readonly stages: readonly string[];
  readonly jobs: number;
}

/** Makes a study of the toy, hands it to a test and removes it. */
export const withBench = (test: (bench: Bench, toy: Toy) => Promise<void>) =>
  withToy(async (toy) => {
    const root = await toy.sources();
    const study = { ...toy.workspace, root };
    await test({
      study,
      place: (name) => ({ ...study, home: join(runsDirectory(study), name) }),
      async run(place, given = {}, targets, { onJob, onEvent } = {}) {
        const plan = await planOf(root, given);
        const stages: string[] = [];
        let jobs = 0;
        const inner = inProcess(root);
        await run(place, plan, targets ?? plan.map(({ stage }) => stage.name), {
          executor: bounded({
            ...inner,
            async run(...job) {
              jobs++;
              await onJob?.();
              return await inner.run(...job);
            },
          }, 2),
          equip: () => Promise.resolve(SLOW),
          locator: notesOf(study.cache),
          ...(place.home.startsWith(runsDirectory(study)) ? { from: study.home } : {}),
        }, (event) => {
          onEvent?.(event);
          if (event.type === "started") stages.push(event.stage);
        });
        return { stages, jobs };
      },
      async gc(runs = [], remove = true) {
        const found = await collect(study, { runs, homes: [], remove, onWait: () => {} });
        return Object.fromEntries(
          found.filter(({ found }) => found.length > 0)
            .map(({ kind, found }) => [kind, found.length]),
        );
      },
    }, toy);
  });

/** Settings of a toy run: those with an offset below 0 fail after the other job has finished. */
const toySettings = fc.record({
  offsets: fc.uniqueArray(fc.constantFrom(1, 2, 3, 4, -1), { minLength: 1, maxLength: 3 }),
  count: fc.constantFrom(3, 4),
});
const step = fc.record({
  place: fc.constantFrom("", "a", "b"),
  settings: toySettings,
  lose: fc.boolean(),
});

/**
 * Runs with random settings in the study and beside it, some of which fail, some of which are removed by
 * hand; then gc: what was up to date is, no result has changed, and no finished job that a place asks for
 * runs again. Returns how many things were collected in all.
 */
export async function gcKeepsWhatIsNeeded(numRuns: number, seed: number): Promise<number> {
  let collected = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 2, maxLength: 4 }),
      (steps) =>
        withBench(async ({ study, place, run, gc }) => {
          const given = ({ offsets, count }: typeof steps[number]["settings"]) => ({
            sums: { offsets, times: 1, called: "o" },
            numbers: { count },
          });
          const last = new Map<string, typeof steps[number]["settings"]>();
          for (const { place: name, settings, lose } of steps) {
            const where = name ? place(name) : study;
            await run(where, given(settings)).catch((error) => {
              if (!settings.offsets.includes(-1)) throw error;
            });
            last.set(name, settings);
            // A run that somebody has removed by hand.
            if (lose && name) {
              await Deno.remove(where.home, { recursive: true });
              last.delete(name);
            }
          }
          const states = () =>
            Promise.all([...last].map(async ([name, settings]) => {
              const plan = await planOf(study.root, given(settings));
              return await stateOf(name ? place(name) : study, plan);
            }));
          const before = [await states(), artifactsOf(await snapshot(study.home))] as const;
          const found = await gc([], false);
          assertEquals(await gc([], false), found);
          assertEquals(artifactsOf(await snapshot(study.home)), before[1]);
          assertEquals(await gc(), found);
          assertEquals(await gc(), {});
          collected += Object.values(found).reduce((sum, n) => sum + n, 0);
          assertEquals(await states(), before[0]);
          assertEquals(artifactsOf(await snapshot(study.home)), before[1]);
          for (const [name, settings] of last) {
            const where = name ? place(name) : study;
            if (settings.offsets.includes(-1)) continue;
            await Deno.remove(join(where.home, "results"), { recursive: true });
            assertEquals((await run(where, given(settings))).jobs, 0, name);
          }
        }),
    ),
    { numRuns, seed },
  );
  return collected;
}

/** What came of attacks on a run beside a study. */
export interface Attacked {
  /** How many there were, and how many of them ended the run. */
  readonly attacks: number;
  readonly ended: number;
}

/**
 * Starts runs with other settings beside a study, two at a time, each of which is struck before another
 * operation on files: the first, the one `every` later and so on until there are no more. Of each holds
 * that the study's files are what they were, that gc takes nothing that the next run asks for, and that
 * this comes to what an undisturbed one does.
 */
export const strikeBeside = async (
  every: number,
  strike: Omit<NonNullable<Interference["strike"]>, "at" | "mark">,
): Promise<Attacked> => {
  let [attacks, ended] = [0, 0];
  await attack(async (toy, root) => {
    await finish({ root, home: toy.path(".") });
    const files = await filesIn(toy.path("."));
    const given = { ...GIVEN, sums: { offsets: [1, 7], times: 1, called: "other" } };
    const placed = (home: string) => ({ root, home: join(home, ".cache/runs/x"), from: home });
    const own = (files: Files) =>
      Object.fromEntries(Object.entries(bytes(files)).filter(([path]) => !path.startsWith(".")));
    const begun = async () => {
      const home = await Deno.realPath(await Deno.makeTempDir({ dir: toy.path("..") }));
      await writeFiles(home, files);
      return home;
    };
    const undisturbed = await begun();
    await finish(placed(undisturbed), { given });
    const whole = bytes(await filesIn(placed(undisturbed).home));
    let [n, more] = [0, true];
    const trial = async () => {
      const at = 1 + n++ * every;
      const home = await begun();
      const place = placed(home);
      const mark = `${home}.mark`;
      const found = await outcome(
        start(place, { given, run: { strike: { at, mark, ...strike } } }),
      );
      more &&= await Deno.stat(mark).then(() => true, () => false);
      if (!more) return;
      attacks++;
      if (typeof found === "string") ended++;
      assertEquals(own(await filesIn(home)), own(files), `${at}`);
      const study = { root, home, cache: join(home, ".cache") };
      const jobs = await finishedIn(join(study.cache, "jobs"));
      await collect(study, { runs: [], homes: [], remove: true, onWait: () => {} });
      assertEquals((await finishedIn(join(study.cache, "jobs"))).keys().toArray(), [
        ...jobs.keys(),
      ]);
      assertEquals(await finish(place, { given }), { stale: {}, leftovers: [] });
      assertEquals(bytes(await filesIn(place.home)), whole, `${at}`);
      assertEquals(own(await filesIn(home)), own(files), `${at}`);
      await Deno.remove(home, { recursive: true });
    };
    const series = async () => {
      while (more) {
        await trial().catch((error) => {
          more = false;
          throw error;
        });
      }
    };
    for (const ended of await Promise.allSettled([series(), series()])) {
      if (ended.status === "rejected") throw ended.reason;
    }
  });
  return { attacks, ended };
};
