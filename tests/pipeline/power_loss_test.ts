/** A loss of power costs work, and no more; the long form is in `tests/long/power_loss_test.ts`. */
import { assert, assertEquals } from "@std/assert";
import { readLog } from "../support/file_operations.ts";
import { attack, bytes, filesIn, finish, recovers } from "../support/interrupted.ts";
import { Disk, LOSSES } from "../support/lost_power.ts";

Deno.test({
  name:
    "after a loss of power a run is continued to the same bytes, and what was finished is there",
  // Folders cannot be synced.
  ignore: Deno.build.os === "windows",
  fn: () =>
    attack(async (toy, root) => {
      const [home, log] = [toy.path("../whole"), toy.path("../log")];
      await Deno.mkdir(home);
      await finish({ root, home }, { run: { log }, jobs: { log } });
      const whole = bytes(await filesIn(home));
      const changes = await readLog(log);
      const disk = new Disk(home, new Map());
      const lost = (loss: string) => disk.after(LOSSES[loss]);

      // Before a manifest is synced, when it has its name, and when a finished job has its.
      const isManifest = (stage: string) => (path: string) =>
        path.endsWith(`/results/${stage}/manifest.json`);
      const moments = new Map(
        ["numbers", "sums", "page"].map((stage) => [
          changes.findIndex((change) => change.op === "rename" && isManifest(stage)(change.to)),
          stage,
        ]),
      );
      moments.set(
        changes.findLastIndex((change) =>
          change.op === "rename" && /\/jobs\/[0-9a-f]{64}$/.test(change.to)
        ),
        "job",
      );
      assert(moments.size === 4 && !moments.has(-1));
      for (const [moment, change] of changes.entries()) {
        disk.apply(change);
        if (!moments.has(moment)) continue;
        for (const loss of ["all that was not synced", "bytes, not names"]) {
          const place = { root, home: toy.path(`../${moment} ${loss}`) };
          await recovers(place, lost(loss), whole);
        }
      }
      const found = bytes(lost("all that was not synced"));
      const missing = Object.keys(whole).filter((path) => found[path] !== whole[path]);
      assertEquals(missing, []);
    }),
});
