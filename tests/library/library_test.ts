/** Atelier as a library: its entry points, their pages, their examples, and a project that uses them. */
import { assert, assertEquals, assertLess, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isReady } from "../../src/runtime/choice.ts";
import { inFolder } from "../support/data_files.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string) => Deno.readTextFile(join(root, path));

const { name, exports, version, imports, tasks } = JSON.parse(await read("deno.json"));

/** Names of the entry points, without `./`. */
const entries = Object.keys(exports).map((entry) => entry.slice(2));

/** The example of each. */
const examples: Readonly<Record<string, string>> = {
  data: "data.ts",
  engine: "train.ts",
  evaluation: "compare.ts",
  pipeline: "pipeline.ts",
  tuning: "search.ts",
};

async function deno(args: readonly string[], cwd = root, env: Record<string, string> = {}) {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1", ...env },
  }).output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert(success, `deno ${args.join(" ")}\n${out}\n${err}`);
  return out;
}

/** Runs an example of this checkout, or of a project elsewhere, and returns what it prints; its files go. */
const run = (example: string, project = root, ...flags: string[]) =>
  inFolder((folder) =>
    deno(["run", "-A", "-q", ...flags, `examples/${example}`], project, { TMPDIR: folder })
  );

Deno.test("deno.json names the entry points of src/library and no others", async () => {
  assertEquals(entries, Object.keys(examples));
  const modules = await Array.fromAsync(Deno.readDir(join(root, "src/library")), (it) => it.name);
  assertEquals(
    Object.values(exports).toSorted(),
    modules.map((module) => `./src/library/${module}`).sort(),
  );
});

Deno.test("deno doc finds nothing undocumented behind the entry points", async () => {
  await deno(["doc", "--lint", ...Object.values<string>(exports)]);
});

Deno.test("examples in docstrings and on pages run; that they compile is for deno task check", async () => {
  const pages = entries.map((entry) => `docs/${entry}.md`);
  const modules = Object.values<string>(exports).map((module) => module.slice(2));
  const output = await deno(["test", "-A", "--doc", "--no-check", ...pages, ...modules]);
  for (const path of [...pages, ...modules]) assertStringIncludes(output, `from ./${path}#`);
  assertStringIncludes(tasks.check.command, `deno check --doc . ${pages.join(" ")} &&`);
});

for (const entry of entries) {
  Deno.test(`the page of ${entry} shows its example and names every export`, async () => {
    const page = await read(`docs/${entry}.md`);
    assertStringIncludes(page, `# \`${name}/${entry}\``);
    assertStringIncludes(page, `](../examples/${examples[entry]})`);
    assertStringIncludes(await read("docs/library.md"), `[\`/${entry}\`](${entry}.md)`);
    const module = (await read(exports[`./${entry}`])).replaceAll(/\/\*[^]*?\*\//g, "");
    const names = [...module.matchAll(/\{([^}]*)\}/g)].flatMap(([, list]) =>
      list.split(",").map((name) => name.trim().replace(/^type /, ""))
    ).filter((name) => name !== "");
    assert(names.length > 10);
    assertEquals(names.filter((name) => !page.includes(`\`${name}\``)), []);
  });
}

Deno.test("examples are short, and import entry points and packages alone", async () => {
  const folders = ["examples", "examples/pipeline"];
  const paths = (await Promise.all(
    folders.map((folder) =>
      Array.fromAsync(Deno.readDir(join(root, folder)), (it) => `${folder}/${it.name}`)
    ),
  )).flat().filter((path) => path.endsWith(".ts"));
  assertEquals(
    paths.filter((path) => /^examples\/[^/]+$/.test(path)).sort(),
    Object.values(examples).map((example) => `examples/${example}`).sort(),
  );
  for (const path of paths) {
    const text = await read(path);
    assertLess(text.trimEnd().split("\n").length, 40, path);
    for (const [, from] of text.matchAll(/ from "([^"]+)"/g)) {
      assert(!from.startsWith("../"), `${path} imports ${from}`);
    }
  }
});

Deno.test({
  name: "an example trains a convolutional network, and TensorFlow.js predicts the same with it",
  ignore: !await isReady("tensorflow"),
  async fn() {
    const output = await run("train.ts");
    const right = Number(/^right of 120 unseen: (\d+)$/m.exec(output)![1]);
    assertLess(110, right);
    const [here, there] = [...output.matchAll(/\[ ([\d.e-]+), ([\d.e-]+) \]/g)]
      .map(([, ...numbers]) => numbers.map(Number));
    assertLess(0.5, here[0]);
    here.forEach((value, i) => assertLess(Math.abs(value - there[i]), 1e-5));
  },
});

Deno.test("an example searches with Hyperband over a plain function", async () => {
  const output = await run("search.ts");
  assertStringIncludes(output, "planned: { trials: 70, epochs: 375 }");
  const [, steps, height] = /after (\d+) steps, at ([\d.]+)$/m.exec(output)!;
  assertEquals(steps, "27");
  assertLess(Number(height), 1); // It starts at 775.
});

Deno.test("an example compares predictions by paired tests", async () => {
  const output = await run("compare.ts");
  assertStringIncludes(output, "first 0.896 95% interval: [ 0.8661");
  assertStringIncludes(output, "first: 42 that third misses, third: 48 that first misses");
  assertMatch(output, /p = 1\.8e-15, 5\.3e-15 after Holm/);
});

Deno.test("an example reads, describes and splits images", async () => {
  const output = await run("data.ts");
  assertStringIncludes(output, "shape: [ 100, 2, 2, 1 ] images by class: [ 34, 33, 33 ]");
  assertStringIncludes(output, "for training: 79 held out: 20");
});

/** What the example of a pipeline prints: what runs, and what does not run again. */
const ran = `\
"Primes", primes below 1000,20000:
  primes runs: it has not run yet: results hold no manifest
  page runs: it has not run yet: results hold no manifest
"Primes", primes below 1000,20000:
  primes is up to date
  page is up to date
"How many primes", primes below 1000,20000:
  primes is up to date
  page runs: parameter title: "Primes" -> "How many primes"
"How many primes", primes below 1000,20000,300000:
  primes runs: parameter limits.2: none -> 300000
  page runs: input primes/counts.json changed
[
  { limit: 1000, count: 168 },
  { limit: 20000, count: 2262 },
  { limit: 300000, count: 25997 }
]
# How many primes

- below 1000: 168
- below 20000: 2262
- below 300000: 25997

`;

Deno.test("an example runs a pipeline in which nothing is done twice", async () => {
  assertEquals(await run("pipeline.ts"), ran);
});

Deno.test("a project elsewhere uses a checkout as docs/library.md says", async () => {
  const page = await read("docs/library.md");
  const settings = JSON.parse(/```json\n([^]*?)```/.exec(page)![1]);
  assertEquals(settings.imports[name], `jsr:${name}@${version}`);
  for (const used of ["@tensorflow/tfjs", "zod"]) {
    assertEquals(settings.imports[used], imports[used], used);
  }
  await inFolder(async (parent) => {
    // As on the page: the checkout beside the project, here by way of a link.
    await Deno.symlink(root, join(parent, "atelier"), { type: "dir" });
    const project = join(parent, "project");
    await Deno.mkdir(join(project, "examples/pipeline"), { recursive: true });
    for (
      const file of [
        "pipeline.ts",
        ...["count", "page", "primes"].map((it) => `pipeline/${it}.ts`),
      ]
    ) {
      await Deno.copyFile(join(root, "examples", file), join(project, "examples", file));
    }
    // Packages are those of the checkout, so that no network is needed.
    await Deno.symlink(join(root, "node_modules"), join(project, "node_modules"), { type: "dir" });
    const offline = { nodeModulesDir: "manual", ...settings };
    await Deno.writeTextFile(join(project, "deno.json"), JSON.stringify(offline));
    assertEquals(await run("pipeline.ts", project, "--cached-only"), ran);
  });
});
