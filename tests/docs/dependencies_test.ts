/** `docs/dependencies.md` is held to `deno.json`, to what is installed, and to the code. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { count } from "../../src/report/markdown.ts";
import { TENSORFLOW_VERSION } from "../../src/runtime/wheel.ts";
import { credits } from "../../study.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFile(new URL(path, root));

const page = await read("docs/dependencies.md");

/** The rows of the table that begins with a heading, cell by cell. */
function rowsOf(heading: string): string[][] {
  const [, rest] = page.split(new RegExp(`^\\| ${heading} .*\\n\\|[-:| ]+\\|\\n`, "m"));
  return rest.split("\n\n")[0].split("\n").map((line) =>
    line.split("|").slice(1, -1).map((cell) => cell.trim())
  );
}

const packages = rowsOf("Package").map((
  [name, version, usedIn, reason, licence, size, released],
) => ({ name: name.replaceAll("`", ""), version, usedIn, reason, licence, size, released }));

const { imports } = JSON.parse(await read("deno.json"));
const isStandIn = (name: string) => imports[name].startsWith("jsr:");

Deno.test("every package of deno.json is in docs/dependencies.md in its version, and no other", () => {
  assertEquals(
    Object.fromEntries(packages.map(({ name, version }) => [name, version])),
    Object.fromEntries(
      Object.entries<string>(imports).map(([name, from]) => [name, from.split("@").at(-1)]),
    ),
  );
  assertEquals(packages.length, Object.keys(imports).length, "none is listed twice");
});

Deno.test("a dependency's row says what it is for and when it was released", () => {
  for (const { name, reason, released } of packages) {
    assert(reason.length > 10, `${name} is there for a reason`);
    assertMatch(released, isStandIn(name) ? /^–$/ : /^20\d\d-\d\d-\d\d$/, name);
  }
});

Deno.test("where a dependency is said to be used, it is", async () => {
  for (const { name, usedIn } of packages) {
    const modules = [...usedIn.matchAll(/`([^`]+)`/g)].map(([, path]) => path);
    assert(modules.length > 0, `${name} is used somewhere`);
    for (const path of modules) {
      // By its name alone, by a module in it, or by a file that is looked for beside it.
      assertMatch(await read(path), new RegExp(`"(npm:)?${name}[/"]`), `${path} uses ${name}`);
    }
  }
});

Deno.test("the licence of a dependency is the one that it has itself", async () => {
  for (const { name, licence } of packages) {
    const own = isStandIn(name)
      ? "MIT"
      : JSON.parse(await read(`node_modules/${name}/package.json`)).license;
    assert(licence === own || licence.startsWith(`${own} (`), `${name}: ${licence}, not ${own}`);
  }
});

async function bytesIn(folder: URL): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    bytes += isDirectory
      ? await bytesIn(new URL(`${name}/`, folder))
      : (await Deno.lstat(new URL(name, folder))).size;
  }
  return bytes;
}

Deno.test("a dependency is as large as docs/dependencies.md says", async () => {
  for (const { name, size } of packages.filter(({ name }) => !isStandIn(name))) {
    const bytes = await bytesIn(new URL(`node_modules/${name}/`, root));
    assertEquals(size, `${count(Math.round(bytes / 1000))} kB`, name);
  }
});

Deno.test("the versions of native code are those that are pinned", async () => {
  const [, deno] = /npx -y deno@([\d.]+) /.exec(await read(".ci/common"))!;
  const versions = rowsOf("Part").map(([part, version]) => [part, version]);
  assertEquals(versions, [["Deno", deno], ["libtensorflow", TENSORFLOW_VERSION]]);
});

Deno.test("docs/dependencies.md credits whom study.ts credits", () => {
  assertEquals(
    rowsOf("Work"),
    credits.map(({ name, by, licence }) => [name, by, licence]),
  );
});
