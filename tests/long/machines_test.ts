/** Two runs, two users and two machines on one folder: one waits and says for whom, and the dead are not waited for. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { ALIVE, untilNobodyWorks } from "../../src/pipeline/lock.ts";
import { waitingFor } from "../../tasks/display.ts";
import { inFolder } from "../support/data_files.ts";
import { canMount, toyCommand } from "../support/disk.ts";
import { lockHolder } from "../support/lock_holder.ts";
import { ended } from "../support/people.ts";
import { settings, tree, withToy } from "../support/toy.ts";

/**
 * A command as on another machine of this name. Where `apart` is a file, that machine sees it in the place
 * of the lock: as on a disk that two machines share, and their locks not.
 */
const on =
  (name: string, lock = "", apart = "") => (command: readonly string[]): readonly string[] => [
    ...["unshare", "-Urm", "--uts", "sh", "-c"],
    'hostname "$1" && { [ -z "$3" ] || mount --bind "$3" "$2"; } && shift 3 && exec "$@"',
    ...["sh", name, lock, apart, ...command],
  ];

const canRename = canMount &&
  await ended(on("other")(["hostname"])).then(({ stdout }) => stdout === "other\n", () => false);

Deno.test({
  name: "two machines that share a disk and its locks: one waits for the other, by name",
  ignore: !canRename,
  fn: () =>
    inFolder(async (folder) => {
      const first = lockHolder(folder, on("alpha"), { USER: "ada" });
      await first.untilItHas();
      // Stopped or not cannot be seen from another machine.
      first.kill("SIGSTOP");
      const second = lockHolder(folder, on("beta"), { USER: "bob" });
      assertEquals(await second.hears(), false);
      const [{ holder, state }] = second.told;
      assertEquals([holder?.pid, holder?.host, holder?.user, state], [
        ...[first.pid, "alpha", "ada", "works"],
      ]);
      first.kill("SIGCONT");
      await first.release();
      await second.untilItHas();
      assertEquals(second.told.length, 1);
      await second.release();
    }),
});

Deno.test({
  name:
    "two machines that share a disk and not its locks: one waits as long as the other lives, and no longer",
  ignore: !canRename,
  fn: () =>
    inFolder(async (folder) => {
      const lock = join(folder, "lock");
      const apart = await Deno.makeTempFile();
      await Deno.writeTextFile(lock, "");
      const first = lockHolder(folder, on("alpha"), { USER: "ada" });
      await first.untilItHas();
      const start = () => lockHolder(folder, on("beta", lock, apart), { USER: "bob" });
      const second = start();
      assertEquals(await second.hears(), false);
      assertEquals(second.told.map(({ holder, state }) => [holder?.host, holder?.pid, state]), [
        ["alpha", first.pid, "elsewhere"],
      ]);
      // Longer than a run without a sign counts as alive.
      let has = false;
      const having = second.untilItHas().then(() => has = true);
      await new Promise((resolve) => setTimeout(resolve, 75_000));
      assertEquals(has, false);
      await first.release();
      await having;
      await second.release();

      const third = lockHolder(folder, on("alpha"));
      await third.untilItHas();
      third.kill("SIGKILL");
      await third.ended;
      const began = performance.now();
      const fourth = start();
      await fourth.untilItHas();
      const waited = Math.round((performance.now() - began) / 1000);
      assertEquals(fourth.told.map(({ state }) => state), ["elsewhere"]);
      assert(waited >= 60 && waited < 75, `it waited for ${waited} s`);
      console.log(`  one killed on another machine, without shared locks: waited for ${waited} s`);
      await fourth.release();
      await Deno.remove(apart);
    }),
});

Deno.test({
  name: "a waiting run ends by Ctrl-C, and the one that it waited for goes on",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const first = lockHolder(folder);
      await first.untilItHas();
      const second = lockHolder(folder);
      assertEquals(await second.hears(), false);
      second.kill("SIGINT");
      assertEquals((await second.ended).code, 130);
      await first.release();
      assertEquals((await first.ended).code, 0);
    }),
});

Deno.test({
  name: "a run waits for many, one after the other, and never are two at work",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const runs = Array.from({ length: 8 }, () => lockHolder(folder));
      let [working, most] = [0, 0];
      await Promise.all(runs.map(async (run) => {
        await run.untilItHas();
        most = Math.max(most, ++working);
        await new Promise((resolve) => setTimeout(resolve, 50));
        working--;
        await run.release();
      }));
      assertEquals(most, 1);
    }),
});

Deno.test("jobs of a killed run that do not end are named as what is waited for", () =>
  inFolder(async (folder) => {
    await untilNobodyWorks(folder, () => {});
    using job = await Deno.open(join(folder, ALIVE));
    await job.lock(false);
    const told: string[] = [];
    await untilNobodyWorks(folder, (waiting) => {
      told.push(waitingFor(waiting));
      job.unlockSync();
    });
    assertEquals(told.length, 1);
    assertMatch(
      told[0],
      /^Jobs of a run that was killed have not ended yet; this one waits for them\./,
    );
  }));

const ROOT = Deno.build.os !== "windows" && Deno.uid() === 0;

/** A command of one of two users of one group, whose files are open to the group or not. */
const user = (uid: number, umask: string) => (command: readonly string[]): string[] => [
  ...["setpriv", `--reuid=${uid}`, "--regid=65500", "--clear-groups"],
  ...["sh", "-c", `umask ${umask} && exec "$@"`, "sh"],
  // Neither has a home, where Deno would look for its own cache.
  ...["env", "--unset=HOME", "DENO_DIR=/nonexistent/deno", ...command],
];

for (
  const { umask, open } of [{ umask: "002", open: true }, { umask: "022", open: false }]
) {
  Deno.test({
    name: open
      ? "two users of one group go on with each other's results and finished jobs in a folder open to it"
      : "a user whose files are closed to the other: results serve both, and what cannot be changed is named",
    // Only root can become two users.
    ignore: !ROOT,
    fn: () =>
      withToy(async (toy) => {
        const root = await toy.sources();
        const home = toy.path(".");
        await Deno.chmod(toy.path(".."), 0o755);
        await Deno.chown(home, 0, 65500);
        await Deno.chmod(home, 0o2775);
        const run = (uid: number, what: unknown) =>
          ended(user(uid, umask)(toyCommand(toy, root, what)));
        const [ada, bob] = [65501, 65502];
        const more = { ...settings, more: { offsets: [3], times: 2, called: "more" } };

        assertEquals((await run(ada, settings)).stderr, "");
        const made = await tree(toy.path("results"));
        const up = await run(bob, settings);
        const changed = await run(bob, more);
        if (open) {
          assertEquals([up.stderr, changed.stderr], ["", ""]);
          // Lost results come back from the jobs that the other has finished.
          await Deno.remove(toy.path("results/sums"), { recursive: true });
          assertEquals((await run(bob, more)).stderr, "");
          const manifest = JSON.parse(made["sums/manifest.json"]);
          const { provenance } = await toy.manifest("sums");
          assertEquals(
            Object.values(provenance.jobs).map(({ facts }) => facts.process),
            Object.values<{ facts: { process: string } }>(manifest.provenance.jobs)
              .map(({ facts }) => facts.process),
          );
          // What a killed run of one has left, the other removes.
          await Deno.mkdir(toy.path(".cache/jobs/unfinished-1"));
          await Deno.chown(toy.path(".cache/jobs/unfinished-1"), ada, 65500);
          assertEquals((await run(bob, more)).stderr, "");
          assertEquals(
            Object.keys(await tree(toy.path(".cache"))).filter((name) =>
              name.includes("unfinished")
            ),
            [],
          );
          assertEquals((await run(ada, settings)).stderr, "");
        } else {
          for (const { success, stderr } of [up, changed]) {
            assertEquals(success, false);
            assertMatch(
              stderr,
              /^error: \/\S+ cannot be (written|opened): it or its folder belongs to somebody else or is closed; give yourself the right, or use another folder\.\n$/,
            );
          }
          assertEquals(await tree(toy.path("results")), made);
          assertEquals((await run(ada, more)).stderr, "");
        }
      }),
  });
}
