/** Nothing but `deno install --frozen=false`, by hand, writes `deno.lock`. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { replacing, withCopy } from "../support/copy.ts";

Deno.test("where deno.json asks for more than is locked, nothing runs and the lock stays", () =>
  withCopy(async ({ path, write, deno }) => {
    const ways = [
      ["task", "status"],
      ["run", "src/random.ts"],
      ["test", "src/random.ts"],
      ["check", "src/random.ts"],
      ["install"],
    ];
    const lock = () => Deno.readTextFile(path("deno.lock"));
    const before = await lock();
    assert((await deno("run", "src/random.ts")).success, "as it is, it runs");

    // Nothing has to be fetched for it: the lock has that version, but not what is asked for.
    await write("deno.json", replacing(`"acorn": `, `"another": "npm:zod@^4.6.0", "acorn": `));
    for (const way of ways) {
      const { success, stderr } = await deno(...way);
      assert(!success, `deno ${way.join(" ")} fails`);
      assertMatch(stderr, /lockfile is out of date/);
      assertEquals(await lock(), before, `after deno ${way.join(" ")}`);
    }

    // It is the setting that holds it back.
    await write("deno.json", replacing(`"frozen": true`, `"frozen": false`));
    assert((await deno("run", "src/random.ts")).success);
    assert(await lock() !== before);
  }));

const root = new URL("../../", import.meta.url);

async function* modulesIn(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* modulesIn(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield new URL(name, folder);
  }
}

Deno.test("no task, no module and not CI takes the freeze away", async () => {
  // As flags, and as commands that change the lock: in a shell's line, or in a list of arguments.
  const unfreezing =
    /--frozen=false|--no-lock|--lock\b|\bdeno (install|add|remove|update|outdated)/;
  const inLists = /\["(install|add|remove|update|outdated)"/;
  const { lock, tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  assertEquals(lock, { frozen: true });
  const texts = new Map([["deno.json", JSON.stringify(tasks)]]);
  for (const folder of [".ci/", ".github/workflows/"]) {
    for await (const { name } of Deno.readDir(new URL(folder, root))) {
      texts.set(folder + name, await Deno.readTextFile(new URL(folder + name, root)));
    }
  }
  for (const folder of ["src/", "tasks/", "tests/", "bench/"]) {
    for await (const module of modulesIn(new URL(folder, root))) {
      if (module.href !== import.meta.url) {
        texts.set(module.pathname, await Deno.readTextFile(module));
      }
    }
  }
  assert(texts.size > 250);
  for (const [name, text] of texts) {
    const found = unfreezing.exec(text) ?? inLists.exec(text);
    assert(!found, `${name} has ${found?.[0]}`);
  }
});
