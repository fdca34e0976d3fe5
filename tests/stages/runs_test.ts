/** A run with other settings is begun once, found again, and never taken for another one. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { runNames } from "../../src/pipeline/needed.ts";
import { beginRun, readRun, runsOf } from "../../src/stages/runs.ts";
import { SettingError } from "../../src/stages/set.ts";
import { inFolder } from "../support/data_files.ts";
import { ended } from "../support/people.ts";
import { baselineOf, predictedBut, record, withRepository } from "../support/recorded.ts";

const epochs = (value: number) => ({ path: "baseline.epochs", value });
const seed = { path: "baseline.seed", value: 1 };

/** Begins runs in an empty folder. */
const withRuns = (
  test: (
    begin: (name: string, ...set: { path: string; value: number }[]) => ReturnType<typeof beginRun>,
    home: string,
  ) => Promise<void>,
) =>
  inFolder((home) =>
    test(
      (name, ...set) =>
        beginRun({ root: home, home, cache: join(home, ".cache") }, {
          name,
          set,
          study: "study.ts",
        }),
      home,
    )
  );

Deno.test("the same settings find the same run again, in any order; others do not get its name", () =>
  withRuns(async (begin, home) => {
    const first = await begin("a", epochs(2), seed);
    assertEquals(await begin("a", seed, epochs(2)), first);
    for (const set of [[epochs(2)], [epochs(3), seed], []]) {
      const { message } = await assertRejects(() => begin("a", ...set), SettingError);
      assertEquals(
        message,
        "There is a run a already, of other settings: baseline.epochs=2, baseline.seed=1. " +
          "Give this one another name with --name=NAME.",
      );
    }
    await begin("b", epochs(3));
    assertEquals(await readRun({ home }, "a"), first);
    assertEquals((await runsOf({ home })).runs.map(({ name }) => name), ["a", "b"]);
  }));

Deno.test("of two that begin a run at once with other settings, one is refused", () =>
  withRuns(async (begin, home) => {
    const settled = await Promise.allSettled([1, 2, 3, 4].map((n) => begin("a", epochs(n))));
    const begun = settled.flatMap((it) => it.status === "fulfilled" ? [it.value] : []);
    assertEquals(begun.length, 1);
    assertEquals(await readRun({ home }, "a"), begun[0]);
  }));

Deno.test("a folder that is no run is never made one, and is told", () =>
  withRuns(async (begin, home) => {
    const path = (name: string) => join(home, ".cache", "runs", name);
    await begin("good", epochs(2));
    const damaged = { "mine": undefined, "cut": '{"format": 1, "set"', "later": '{"format": 2}' };
    for (const [name, text] of Object.entries(damaged)) {
      await Deno.mkdir(path(name));
      await Deno.writeTextFile(path(`${name}/notes.txt`), "mine");
      if (text !== undefined) await Deno.writeTextFile(path(`${name}/run.json`), text);
      await assertRejects(
        () => begin(name, epochs(2)),
        SettingError,
        "run.json, which says what was set, cannot be used: ",
      );
      assertEquals(await Deno.readTextFile(path(`${name}/notes.txt`)), "mine");
    }
    // Killed when it was begun: nothing is there but a part.
    await Deno.mkdir(path("killed"));
    await Deno.writeTextFile(path(`killed/${crypto.randomUUID()}.part`), "{");
    await begin("killed", epochs(4));
    assertEquals(Array.from(Deno.readDirSync(path("killed")), ({ name }) => name), ["run.json"]);
    await Deno.writeTextFile(path("file"), "");
    await assertRejects(
      () => begin("file", epochs(2)),
      SettingError,
      "cannot be the folder of a run",
    );
    const { runs, faults } = await runsOf({ home });
    assertEquals([runs.map(({ name }) => name).sort(), faults.length], [["good", "killed"], 3]);
    assertEquals(await runNames({ home }), ["cut", "good", "killed", "later", "mine"]);
  }));

Deno.test("diff refuses a name that is a run's and a revision's, and a run that there is not", () =>
  withRepository(async ({ home, commit, git }) => {
    await commit(baselineOf(predictedBut([1])));
    await git("tag", "both");
    const run = join(home, ".cache", "runs", "both");
    await record(run, baselineOf(predictedBut([1, 2])));
    await beginRun({ root: home, home, cache: join(home, ".cache") }, {
      name: "other",
      set: [epochs(2)],
      study: "study.ts",
    });
    const diff = async (...words: string[]) => {
      const { code, stdout, stderr } = await ended([
        ...[Deno.execPath(), "run", "--quiet", "--no-prompt", "--no-check"],
        ...["--allow-read", "--allow-env", "--allow-run=git", "tasks/diff.ts"],
        ...[`--study=${home}`, ...words],
      ]);
      assertEquals([code, stdout], [2, ""]);
      return stderr;
    };
    const [both, none] = await Promise.all([diff("both", "HEAD"), diff(".cache/runs/no", "HEAD")]);
    assertEquals(
      both,
      "error: both is a run and a revision: say .cache/runs/both for the run, " +
        "or name the commit in another way, as in refs/heads/NAME.\n",
    );
    assert(none.startsWith("error: There is no run no. There are: both, other."), none);
  }));
