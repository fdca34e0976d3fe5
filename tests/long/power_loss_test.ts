/** Runs that lose power after any operation on a file, with whatever of it was not synced. */
import { assertEquals } from "@std/assert";
import { digest } from "../../src/files/digest.ts";
import { readLog } from "../support/file_operations.ts";
import {
  attack,
  beginnings,
  bytes,
  type Files,
  finish,
  outcome,
  randoms,
  recovers,
  secondsSince,
  start,
  writeFiles,
} from "../support/interrupted.ts";
import { Disk, type Loss, LOSSES, randomLoss } from "../support/lost_power.ts";
import type { Toy } from "../support/toy.ts";

const SEED = 20261127;

/** How many mixed losses there are at every moment. */
const MIXED = 4;

/** Kills before every such operation come before a loss of power. */
const KILLED_EVERY = 12;

// Folders cannot be synced, and there are no such signals.
const ignore = Deno.build.os === "windows";

/** Tries disks as they are found, equal ones once, each in a folder of its own. */
function trials(toy: Toy, root: string, whole: Record<string, string>, problems: Error[]) {
  const tried = new Set<string>();
  const next = randoms(SEED);
  let cases = 0;
  return {
    async lose(disk: Disk, what: string) {
      const losses: (readonly [string, Loss])[] = [
        ...Object.entries(LOSSES),
        ...Array.from({ length: MIXED }, () => ["this and that", randomLoss(next)] as const),
      ];
      for (const [lost, loss] of losses) {
        cases++;
        const found = disk.after(loss);
        const shown = digestOf(found);
        if (tried.has(shown)) continue;
        tried.add(shown);
        const home = await Deno.makeTempDir({ dir: toy.workspace.root });
        try {
          await recovers({ root, home }, found, whole);
        } catch (error) {
          problems.push(new Error(`${what}, of which is lost: ${lost}`, { cause: error }));
        }
        await Deno.remove(home, { recursive: true });
      }
    },
    told: () => `${cases} losses, ${tried.size} different disks`,
  };
}

const digestOf = (files: Files) =>
  digest(Object.fromEntries([...files].map(([path, bytes]) => [path, bytes.toBase64()])));

Deno.test({
  name:
    "after a loss of power at any moment a run is continued to the same bytes, and what was finished is there",
  ignore,
  fn: () =>
    attack(async (toy, root) => {
      const began = performance.now();
      const problems: Error[] = [];
      for (const { name, files, whole } of await beginnings(toy, root)) {
        const [home, log] = [toy.path(`../${name} again`), toy.path(`../${name}.log`)];
        await writeFiles(home, files);
        await finish({ root, home }, { run: { log }, jobs: { log } });
        const changes = await readLog(log);
        const disk = new Disk(home, files);
        const { lose, told } = trials(toy, root, whole, problems);
        for (const change of changes) {
          await lose(disk, `${name}: before ${change.op} ${change.path}`);
          disk.apply(change);
        }
        await lose(disk, `${name}: at the end`);
        const found = bytes(disk.after(LOSSES["all that was not synced"]));
        const missing = Object.keys(whole).filter((path) => found[path] !== whole[path]);
        if (missing.length > 0) problems.push(new Error(`${name}: ${missing} are lost at the end`));
        console.log(`${name}: ${changes.length} operations, ${told()}`);
      }
      console.log(secondsSince(began));
      assertEquals(problems, []);
    }),
});

Deno.test({
  name:
    "after a kill, a second run and a loss of power during that, a run is continued to the same bytes",
  ignore,
  fn: () =>
    attack(async (toy, root) => {
      const began = performance.now();
      const problems: Error[] = [];
      const next = randoms(SEED);
      for (const { name, files, whole } of await beginnings(toy, root)) {
        const { lose, told } = trials(toy, root, whole, problems);
        let kills = 0;
        for (let at = 1;; at += KILLED_EVERY) {
          const [home, log] = [toy.path(`../${name} ${at}`), toy.path(`../${name} ${at}.log`)];
          await writeFiles(home, files);
          const strike = { at, mark: `${log}.mark`, kill: "SIGKILL" } as const;
          await outcome(start({ root, home }, { run: { log, strike }, jobs: { log } }));
          if (!await Deno.stat(strike.mark).catch(() => undefined)) break;
          kills++;
          const first = await readLog(log).catch(() => []);
          await finish({ root, home }, { run: { log }, jobs: { log } });
          const changes = await readLog(log);
          const disk = new Disk(home, files);
          for (const [moment, change] of changes.entries()) {
            if (moment >= first.length && next() < 0.1) {
              await lose(disk, `${name}: killed before ${at}, then before ${change.op}`);
            }
            disk.apply(change);
          }
          await lose(disk, `${name}: killed before ${at}, then at the end`);
        }
        console.log(`${name}: ${kills} kills, ${told()}`);
      }
      console.log(secondsSince(began));
      assertEquals(problems, []);
    }),
});
