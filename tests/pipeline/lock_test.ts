import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { ALIVE, lock, untilNobodyWorks, type Waiting } from "../../src/pipeline/lock.ts";
import { waitingFor } from "../../tasks/display.ts";
import { inFolder } from "../support/data_files.ts";
import { lockHolder } from "../support/lock_holder.ts";
import { close, open, ordinary } from "../support/people.ts";

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

Deno.test("a run waits until the processes of a killed one have ended", () =>
  inFolder(async (folder) => {
    await untilNobodyWorks(folder, () => {});
    const [first, second] = [1, 2].map(() => Deno.openSync(join(folder, ALIVE)));
    await first.lock(false);
    await second.lock(false);
    let waited = true;
    const waiting = untilNobodyWorks(folder, () => {}).then(() => waited = false);
    first.close();
    await pause(500);
    assertEquals(waited, true);
    second.close();
    await waiting;
    assertEquals(waited, false);
  }));

Deno.test("waiting for the processes of a killed run ends when the run is told to", () =>
  inFolder(async (folder) => {
    await untilNobodyWorks(folder, () => {});
    using held = await Deno.open(join(folder, ALIVE));
    await held.lock(false);
    const aborter = new AbortController();
    const waiting = untilNobodyWorks(folder, () => {}, aborter.signal);
    aborter.abort(new Error("that is enough"));
    await assertRejects(() => waiting, Error, "that is enough");
  }));

Deno.test("who takes a lock removes what one left that was killed while it took it", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, `${crypto.randomUUID()}.part`), "{");
    const unlock = await lock(folder, () => {});
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
    assertEquals(names.sort(), ["lock", "lock.json"]);
    await unlock();
  }));
Deno.test({
  name:
    "a run that waits for one that is stopped says whose it is and how to end it, and can be ended",
  // No such signals.
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const first = lockHolder(folder);
      await first.untilItHas();
      first.kill("SIGSTOP");
      const told: Waiting[] = [];
      const aborter = new AbortController();
      const waiting = lock(folder, (waiting) => {
        told.push(waiting);
        aborter.abort(new Error("that is enough"));
      }, aborter.signal);
      await assertRejects(() => waiting, Error, "that is enough");
      assertEquals(told.map(({ holder, state }) => [holder?.pid, holder?.host, state]), [
        [first.pid, Deno.hostname(), "stopped"],
      ]);
      assertMatch(
        waitingFor(told[0]),
        new RegExp(
          `^The other run is stopped \\(process ${first.pid} .*on ${Deno.hostname()}, since .*\\).*` +
            `\`kill -CONT ${first.pid}\` lets it go on, \`kill -KILL ${first.pid}\` ends it\\.$`,
        ),
      );
      // Killed, it leaves its name behind, and the lock is free at once.
      first.kill("SIGKILL");
      await first.ended;
      assert(await Deno.stat(join(folder, "lock.json")));
      const nobody: Waiting[] = [];
      await (await lock(folder, (waiting) => nobody.push(waiting)))();
      assertEquals(nobody, []);
      // Released in order, it leaves none.
      await assertRejects(() => Deno.stat(join(folder, "lock.json")), Deno.errors.NotFound);
    }),
});

Deno.test({
  name:
    "a lock that another user has made is taken, and waited for, where the folder is open to both",
  // No chmod.
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      await open(folder);
      // As an earlier run of the other one leaves them.
      await (await lock(folder, () => {}))();
      await untilNobodyWorks(folder, () => {});
      const reopen = [await close(join(folder, "lock")), await close(join(folder, ALIVE))];
      const second = lockHolder(folder, ordinary);
      await second.untilItHas();
      const told: Waiting[] = [];
      const released: Promise<void>[] = [];
      const unlock = await lock(folder, (waiting) => {
        told.push(waiting);
        released.push(second.release());
      });
      await unlock();
      assertEquals(told.map(({ holder, state }) => [holder?.pid, state]), [[second.pid, "works"]]);
      await Promise.all(released);
      for (const again of reopen) await again();
    }),
});
