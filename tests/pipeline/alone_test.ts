import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { inScratch } from "../../src/pipeline/alone.ts";
import { inFolder } from "../support/data_files.ts";

Deno.test("a scratch place that a killed process left is removed by the next one, and none that is in use", () =>
  inFolder(async (folder) => {
    const workspace = { root: folder, home: folder, cache: join(folder, ".cache") };
    const left = await inScratch(workspace, ({ home }) => Promise.resolve(home));
    await Deno.mkdir(join(left, "results"), { recursive: true });
    const isThere = (path: string) => Deno.stat(path).then(() => true, () => false);
    await inScratch(workspace, async (first) => {
      assert(!await isThere(left));
      await inScratch(workspace, async (second) => {
        assert(await isThere(first.home) && await isThere(second.home));
      });
      assert(await isThere(first.home));
    });
    const names = (await Array.fromAsync(Deno.readDir(workspace.cache))).map(({ name }) => name);
    assertEquals(names, ["again"]);
  }));
