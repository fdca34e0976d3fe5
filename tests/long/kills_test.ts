/** Runs and jobs that are killed a hundred times at random, and before every operation on a file. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import {
  atEachOperation,
  attack,
  beginnings,
  filesIn,
  finish,
  heals,
  members,
  newlyAhead,
  noneLeft,
  outcome,
  pause,
  randoms,
  secondsSince,
  SIGNALS,
  start,
  withSlowJobs,
  writeFiles,
} from "../support/interrupted.ts";

const SEED = 20261126;

// No such signals, and no ps.
const ignore = Deno.build.os === "windows";

/** Who is killed before which operations: those of the run or of a job, by which signal, one of so many. */
const KILLS = [
  { killed: "the run", whose: "run", whom: "itself", kill: "SIGKILL", every: 1 },
  { killed: "a job", whose: "jobs", whom: "itself", kill: "SIGKILL", every: 1 },
  { killed: "the run, by a job", whose: "jobs", whom: "its parent", kill: "SIGKILL", every: 1 },
  { killed: "both", whose: "run", whom: "its group", kill: "SIGKILL", every: 4 },
  { killed: "both, by a job", whose: "jobs", whom: "its group", kill: "SIGKILL", every: 1 },
  ...(["SIGTERM", "SIGINT", "SIGHUP"] as const).flatMap((kill) => [
    { killed: "the run", whose: "run", whom: "itself", kill, every: 10 } as const,
    { killed: "a job", whose: "jobs", whom: "itself", kill, every: 4 } as const,
    { killed: "both", whose: "run", whom: "its group", kill, every: 20 } as const,
  ]),
] as const;

Deno.test({
  name:
    "killed before any file operation of its own or of its jobs, a run is continued to the same bytes",
  ignore,
  fn: () =>
    attack(async (toy, root) => {
      const began = performance.now();
      const problems: Error[] = [];
      let all = 0;
      for (const beginning of await beginnings(toy, root)) {
        for (const { killed, whose, ...strike } of KILLS) {
          const { every, ...more } = strike;
          const trials = await atEachOperation({
            ...{ root, folder: toy.workspace.root, beginning, whose, every },
            strike: more,
          });
          const ended = trials.filter(({ outcome }) => typeof outcome === "string").length;
          console.log(
            `${beginning.name}: ${strike.kill} to ${killed}, ${trials.length} trials, ` +
              `${ended} of which ended the run`,
          );
          all += trials.length;
          for (const { at, struck, problem } of trials) {
            if (!problem) continue;
            const what = `${beginning.name}: ${strike.kill} to ${killed} before ${at}, ${struck}`;
            problems.push(new Error(what, { cause: problem }));
          }
        }
      }
      console.log(`${all} kills before file operations: ${secondsSince(began)}`);
      assertEquals(problems, []);
    }),
});

Deno.test({
  name: "killed at a hundred random moments, a run is continued to the same bytes",
  ignore,
  fn: () =>
    withSlowJobs(async (toy) => {
      const root = await toy.sources();
      const began = performance.now();
      const starts = await beginnings(toy, root);
      const whole = { root, home: join(toy.workspace.root, "whole") };
      await Deno.mkdir(whole.home);
      const started = performance.now();
      await finish(whole);
      const duration = performance.now() - started;
      const next = randoms(SEED);
      const counts: Record<string, number> = {};
      let hits = 0;
      for (let i = 0; i < 100; i++) {
        const beginning = starts[i % starts.length];
        const signal = SIGNALS[i % SIGNALS.length];
        const target = (["the run", "a job", "both"] as const)[Math.floor(next() * 3)];
        const home = join(toy.workspace.root, `random${i}`);
        await writeFiles(home, beginning.files);
        const run = start({ root, home });
        let ended = false;
        const found = outcome(run).finally(() => ended = true);
        // Jobs come after some time, which is not the same on every machine.
        let job;
        if (target === "a job") {
          while (!ended && !job) job = (await members(run, { home })).find(({ isJob }) => isJob);
        }
        await Promise.race([pause(next() * (job ? 0.3 : 1) * duration), found]);
        try {
          const both = target === "both" && !ended ? await members(run, { home }) : [];
          for (const { pid } of both) Deno.kill(pid, signal);
          if (!ended && both.length === 0) Deno.kill(job?.pid ?? run.pid, signal);
        } catch {
          // It has ended in between.
        }
        const hit = typeof await found === "string";
        if (hit) {
          hits++;
          counts[`${signal} to ${target}`] = (counts[`${signal} to ${target}`] ?? 0) + 1;
        }
        assertEquals(newlyAhead(beginning, await filesIn(home)), []);
        await Promise.all([noneLeft(run, { home }), heals({ root, home }, beginning.whole)]);
        await Deno.remove(home, { recursive: true });
      }
      console.log(
        `100 kills at random, ${hits} of which ended the run: ${secondsSince(began)}`,
        counts,
      );
      assert(hits >= 50, `only ${hits} of 100 met anything`);
    }),
});
