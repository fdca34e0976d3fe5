/** Disks that fill up, and a cache elsewhere; `tests/long/disks_test.ts` has the long form. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { canMount, toyCommand, withDisks } from "../support/disk.ts";
import { close, ended, open, ordinary } from "../support/people.ts";
import { settings, tree, withToy } from "../support/toy.ts";

Deno.test({
  name: "on a full disk a run says what it cannot write and what to do; given room, it goes on",
  ignore: !canMount,
  fn: () =>
    withToy(async (toy) => {
      const root = await toy.sources();
      const results = toy.path("results");
      await Deno.mkdir(results);
      await withDisks({ [results]: "size=1m" }, async (disks) => {
        const run = (count: number) =>
          disks.run(toyCommand(toy, root, { ...settings, numbers: { count } }));
        // The page is on another disk than the results, beside which it is made.
        assertEquals((await run(4)).stderr, "");
        const before = await disks.tree(results);
        const page = await Deno.readTextFile(toy.path("page.md"));
        await disks.remount(results, `size=${(await disks.used(results)).kilobytes}k`);
        const { success, stderr } = await run(5);
        assertEquals(success, false);
        const [, path] = /^error: Stage numbers: (\S+) cannot be written: (.*)\n$/.exec(stderr) ??
          [];
        assert(path?.startsWith(`${results}/numbers/`), stderr);
        assertMatch(stderr, /no space left on its disk .*; free some and run again\.\n$/);
        assertEquals(await disks.tree(results), before);
        assertEquals(await Deno.readTextFile(toy.path("page.md")), page);
        await disks.remount(results, "size=1m");
        assertEquals((await run(5)).stderr, "");
        assert(await Deno.readTextFile(toy.path("page.md")) !== page);
      });
    }),
});

Deno.test({
  name: "a run needs no permission for the disk that its cache is a link to",
  // Links need rights there.
  ignore: Deno.build.os === "windows",
  fn: () =>
    withToy(async (toy) => {
      const root = await toy.sources();
      await Deno.mkdir(toy.path("../disk"));
      await Deno.symlink(toy.path("../disk"), toy.path(".cache"));
      const permissions = [
        ...["--allow-read", "--allow-env", "--allow-run", "--allow-sys"],
        `--allow-write=${toy.path(".")}`,
      ];
      const { stderr } = await ended(toyCommand(toy, root, settings, permissions));
      assertEquals(stderr, "");
      assert("page.md" in await tree(toy.path(".")));
    }),
});

Deno.test({
  name:
    "a place that cannot be written will do where all is up to date; where not, it is said what is not",
  // No chmod.
  ignore: Deno.build.os === "windows",
  fn: () =>
    withToy(async (toy) => {
      const root = await toy.sources();
      await open(toy.path(".."));
      const run = (more: object = {}) =>
        ended(ordinary([...toyCommand(toy, root, { ...settings, ...more }), "shown"]), {
          env: { DENO_DIR: toy.path("../deno") },
        });
      await open(toy.path("."));
      const first = await run();
      assertMatch(first.stdout, /page +done/, first.stderr);
      for (const folder of [".cache", ".cache/lock", "results", "."]) await close(toy.path(folder));
      const before = await tree(toy.path("."));
      const { code, stdout, stderr } = await run();
      assertEquals([code, stderr, stdout], [
        0,
        "",
        ["numbers", "sums", "page"].map((stage) => `${stage.padEnd(10)} up to date\n`).join(""),
      ]);
      const stale = await run({ sums: { offsets: [5], times: 1, called: "offset" } });
      assertEquals(stale.code, 1);
      assertMatch(
        stale.stderr,
        /^error: Not up to date: sums, page\. .*\.cache.* cannot be written: /,
      );
      assertEquals(await tree(toy.path(".")), before);
    }),
});
