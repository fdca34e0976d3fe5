/**
 * Disks that fill up at every moment, by bytes and by files, that are read-only or somebody else's: a
 * run says so with path and remedy, loses nothing, and goes on once it may.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256 } from "../../src/files/digest.ts";
import { parseManifest } from "../../src/pipeline/manifest.ts";
import { storedPath } from "../../src/pipeline/store.ts";
import { isReady } from "../../src/runtime/choice.ts";
import { equipCheckout, exportTo } from "../support/checkout.ts";
import { inFolder, sha256 as hashOf } from "../support/data_files.ts";
import { canMount, type Disks, type MountOptions, toyCommand, withDisks } from "../support/disk.ts";
import { close, ended, open, ordinary } from "../support/people.ts";
import { settings, type Toy, tree, withToy } from "../support/toy.ts";

/** What a project holds, by path. */
type Files = Readonly<Record<string, string>>;

/** Lists longer than a page of memory, so that a disk may fill within a file. */
const given = { ...settings, numbers: { count: 3000 } };
const other = { ...given, numbers: { count: 2500 }, page: { title: "Other" } };

/** A project whose jobs use a temporary folder, as the graph engine does. */
const withProject = (test: (toy: Toy, root: string) => Promise<void>) =>
  withToy(async (toy) => {
    toy.edit(
      "sum/run.ts",
      'progress(1, 2, "half");',
      `progress(1, 2, "half");
      const temporary = await Deno.makeTempDir({ prefix: "atelier-graph-" });
      await Deno.writeFile(temporary + "/graph.pb", new Uint8Array(30_000));
      await Deno.remove(temporary, { recursive: true });`,
    );
    await test(toy, await toy.sources());
  });

const workspace = { root: "", home: "", cache: ".cache" };

function manifestsIn(files: Files) {
  return Object.entries(files).flatMap(([path, text]) => {
    const stage = /^results\/(\w+)\/manifest\.json$/.exec(path)?.[1];
    return stage ? [{ stage, manifest: parseManifest(text, stage) }] : [];
  });
}

/** What manifests name and do not find. */
const ahead = (files: Files): string[] =>
  manifestsIn(files).flatMap(({ stage, manifest }) =>
    Object.values(manifest.outputs).map((stored) => ({
      path: storedPath(workspace, stage, stored),
      expected: stored.sha256,
    })).filter(({ path, expected }) => sha256(files[path] ?? "") !== expected)
      .map(({ path }) => path)
  );

/** Results, local artifacts and the page; of manifests, which hold times, the key and what they name. */
function results(files: Files): Files {
  const kept = Object.entries(files).filter(([path]) =>
    !/^\.cache\/(jobs\/|[^/]+$)/.test(path) && !path.endsWith("/manifest.json")
  );
  const named = manifestsIn(files).map(({ stage, manifest: { key, outputs } }) =>
    [`results/${stage}/manifest.json`, JSON.stringify({ key, outputs })] as const
  );
  return Object.fromEntries([...kept, ...named]);
}

const isManifest = (path: string) => path.endsWith("/manifest.json");

/** The manifests that are the same in two results. */
const same = (now: Files, then: Files): string[] =>
  Object.keys(then).filter((path) => isManifest(path) && now[path] === then[path]);

/** Files whose names say that they are not whole. */
const unfinished = (files: Files): string[] =>
  Object.keys(files).filter((path) => /unfinished-|\.part$/.test(path));

/** How a run may end that meets a full disk: in one sentence with the path and what to do. */
const FULL =
  /^error: (?:Stage \w+: )?(?:Job [^:]+ failed: )?(\/\S+) cannot be (?:written|opened): there is no space left on its disk \(or no file may be added\); free some and run again\.\n$/;

/** Which part of the project a path is in: for the figures. */
const partOf = (home: string, path: string): string => {
  const inside = path.slice(home.length + 1);
  return /^\.cache\/jobs/.test(inside)
    ? "jobs"
    : /^\.cache\/artifacts/.test(inside)
    ? "artifacts"
    : /^\.cache/.test(inside)
    ? "lock"
    : "results";
};

interface Sweep {
  readonly name: string;
  /** What lies on the small disk, from the project's folder. */
  readonly folder: string;
  /** How much room there is, by number. */
  readonly options: (count: number) => MountOptions;
  readonly used: (found: { readonly kilobytes: number; readonly files: number }) => number;
  readonly step: number;
}

const LARGE = "size=16m,nr_inodes=10000";
const bytes = {
  options: (count: number) => `size=${count}k,nr_inodes=10000`,
  used: ({ kilobytes }: { readonly kilobytes: number }) => kilobytes,
  step: 4,
};
const inodes = {
  options: (count: number) => `size=16m,nr_inodes=${count}`,
  used: ({ files }: { readonly files: number }) => files,
  step: 1,
};
const sweeps: readonly Sweep[] = [
  { name: "the project's disk, by bytes", folder: ".", ...bytes },
  { name: "the project's disk, by files", folder: ".", ...inodes },
  { name: "the cache's disk, by bytes", folder: ".cache", ...bytes },
  { name: "the cache's disk, by files", folder: ".cache", ...inodes },
  { name: "the results' disk, by bytes", folder: "results", ...bytes },
  { name: "the results' disk, by files", folder: "results", ...inodes },
];

for (const { name, folder, options, used, step } of sweeps) {
  Deno.test({
    name:
      `full at any moment, ${name}: a sentence, earlier results whole, and the rest once there is room`,
    ignore: !canMount,
    fn: () =>
      withProject(async (toy, root) => {
        const [home, place] = [toy.path("."), toy.path(folder)];
        const run = async (disks: Disks, what: unknown) => {
          const { success, stderr } = await disks.run(toyCommand(toy, root, what));
          assert(success, stderr);
          return await disks.tree(home);
        };
        /** On a large disk that holds a project, and nothing beside it. */
        const withCopy = async (of: Files, test: (disks: Disks) => Promise<void>) => {
          await Deno.remove(home, { recursive: true }).catch(() => {});
          await Deno.mkdir(place, { recursive: true });
          await withDisks({ [place]: LARGE }, async (disks) => {
            await disks.write(home, of);
            await test(disks);
          });
        };
        let earlier: Files = {};
        await withCopy({}, async (disks) => void (earlier = await run(disks, other)));

        const met = new Map<string, number>();
        let [runs, failed] = [0, 0];
        for (const beginning of [{}, earlier]) {
          const before = results(beginning);
          let expected: Files = {};
          await withCopy(beginning, async (disks) => {
            expected = results(await run(disks, given));
          });
          // A disk of no size, to mount, is one without bounds.
          for (let [room, whole] = [step, 0]; whole < 2; room += step) {
            await withCopy(beginning, async (disks) => {
              await disks.remount(place, options(used(await disks.used(place)) + room));
              const { success, stderr } = await disks.run(toyCommand(toy, root, given));
              runs++;
              const left = await disks.tree(home);
              assertEquals(ahead(left), [], `${room}`);
              if (success) whole++;
              else {
                failed++;
                const [, path] = FULL.exec(stderr) ?? [];
                assert(path?.startsWith(home), `${room}: ${stderr}`);
                const part = partOf(home, path);
                met.set(part, (met.get(part) ?? 0) + 1);
                // Every stage has what it had, or what it was to have.
                const after = results(left);
                const had = new Set([...same(after, before), ...same(after, expected)]);
                assertEquals(
                  Object.keys(before).filter((path) => isManifest(path) && !had.has(path)),
                  [],
                );
              }
              await disks.remount(place, LARGE);
              const healed = await run(disks, given);
              assertEquals(results(healed), expected, `${room}`);
              assertEquals(unfinished(healed), []);
            });
          }
        }
        // Two from each beginning meet none.
        assert(failed >= 4, `only ${failed} of ${runs} runs met a full disk`);
        const figures = [...met].map(([part, count]) => `${count} at ${part}`).join(", ");
        console.log(
          `  ${name}: ${runs} runs, ${failed} met a full disk (${figures}), none lost anything`,
        );
      }),
  });
}

Deno.test({
  name: "with no room for temporary files a run goes on: it and its jobs have their own",
  ignore: !canMount,
  fn: () =>
    withProject(async (toy, root) => {
      const temporary = toy.path("../temporary");
      await Deno.mkdir(temporary);
      await withDisks({ [temporary]: "size=4k,nr_inodes=1" }, async (disks) => {
        const variables = { TMPDIR: temporary, TMP: temporary, TEMP: temporary };
        const { success, stderr } = await disks.run(toyCommand(toy, root, given), variables);
        assert(success, stderr);
      });
    }),
});

Deno.test({
  name:
    "on a disk that has become read-only a run says so, changes nothing, and goes on once it may",
  ignore: !canMount,
  fn: () =>
    withProject(async (toy, root) => {
      const home = toy.path(".");
      await Deno.mkdir(home, { recursive: true });
      await withDisks({ [home]: LARGE }, async (disks) => {
        assert((await disks.run(toyCommand(toy, root, other))).success);
        const before = await disks.tree(home);
        await disks.remount(home, "ro");
        for (const what of [other, given]) {
          const { success, stderr } = await disks.run(toyCommand(toy, root, what));
          assertEquals(success, false);
          assertEquals(
            stderr,
            `error: ${join(home, ".cache", "lock")} cannot be written: its disk is read-only; ` +
              "use a folder on another one, or have it made writable.\n",
          );
        }
        assertEquals(await disks.tree(home), before);
        await disks.remount(home, `rw,${LARGE}`);
        const { success, stderr } = await disks.run(toyCommand(toy, root, given));
        assert(success, stderr);
      });
    }),
});

Deno.test({
  name: "verify on a full disk says so, and not that results differ",
  ignore: !canMount || !await isReady("tensorflow"),
  fn: () =>
    inFolder(async (folder) => {
      const project = join(await Deno.realPath(folder), "project");
      await exportTo(project);
      await equipCheckout(project);
      const cache = join(project, ".cache");
      const runtime = await Deno.realPath(join(cache, "runtime"));
      await withDisks({ [cache]: "size=64k" }, async (disks) => {
        const script = `ln -s "$2" .cache/runtime && exec "$1" task -q verify`;
        const { success, stdout, stderr } = await disks.run([
          ...["sh", "-c", `cd "$0" && ${script}`, project, Deno.execPath(), runtime],
        ]);
        assertEquals(success, false);
        assert(!stdout.includes("DIFFERS"), stdout);
        assertMatch(
          stderr,
          /^error: \/\S+ cannot be written: there is no space left on its disk .*\n$/,
        );
      });
    }),
});

Deno.test({
  name: "a download to a full disk says so, and goes on where it was once there is room",
  ignore: !canMount,
  fn: () =>
    inFolder(async (folder) => {
      const bytes = crypto.getRandomValues(new Uint8Array(50_000));
      const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
        const from = Number(/\d+/.exec(request.headers.get("range") ?? "0")![0]);
        return new Response(bytes.subarray(from), {
          status: from > 0 ? 206 : 200,
          headers: from > 0 ? { "content-range": `bytes ${from}-49999/50000` } : {},
        });
      });
      const path = join(folder, "file");
      const source = new URL("../../src/files/download.ts", import.meta.url);
      const code = `import { download } from "${source}";
        import { runTask } from "${new URL("../../tasks/exits.ts", import.meta.url)}";
        const [address, path, digest] = Deno.args;
        await runTask(() => download([address], path, { digest }).then(() => 0));`;
      const address = `http://127.0.0.1:${server.addr.port}/file`;
      const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
      const command = [
        ...[Deno.execPath(), "eval", "--no-check", "--ext=ts", "--config", config],
        ...[code, address, path, hashOf(bytes)],
      ];
      await withDisks({ [folder]: "size=20k" }, async (disks) => {
        const { stderr } = await disks.run(command);
        assertEquals(
          stderr,
          `error: ${path} cannot be written: there is no space left on its disk (or no file may ` +
            "be added); free some and run again.\n",
        );
        await disks.remount(folder, "size=1m");
        assertEquals((await disks.run(command)).stderr, "");
        const { stdout } = await disks.run(["sha256sum", path]);
        assertEquals(stdout.split(" ")[0], hashOf(bytes));
      });
      await server.shutdown();
    }),
});

const CLOSED =
  /^error: (?:Stage \w+: )?(\/\S+) cannot be (?:written|opened|read|removed): it or its folder belongs to somebody else or is closed; give yourself the right, or use another folder\.\n/;

Deno.test({
  name:
    "a folder of somebody else's, whichever it is, is named with what to do, and stays as it is",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withProject(async (toy, root) => {
      const home = toy.path(".");
      const run = (what: unknown) => ended(ordinary(toyCommand(toy, root, what)));
      for (const path of [toy.path(".."), home]) await open(path);
      const first = await run(other);
      assert(first.success, first.stderr);
      const folders = [
        ...[".", ".cache", ".cache/jobs", ".cache/artifacts/numbers"],
        ...["results/numbers", "results/sums", "results/page"],
      ];
      for (const [i, folder] of folders.entries()) {
        const path = toy.path(folder);
        const reopen = await close(path);
        const changed = { ...given, numbers: { count: i + 1 }, page: { title: folder } };
        const { success, stderr } = await run(changed);
        assertEquals(success, false, folder);
        assert(CLOSED.exec(stderr)?.[1].startsWith(path), `${folder}: ${stderr}`);
        assertEquals(ahead(await tree(home)), []);
        await reopen();
      }
      const healed = await run(given);
      assert(healed.success, healed.stderr);
    }),
});
