/** The order of the house, as ARCHITECTURE.md has it, and what else holds for all files. */
import { assert, assertEquals } from "@std/assert";
import { projectFiles } from "./support/checkout.ts";

const root = new URL("../", import.meta.url);

const read = (path: string) => Deno.readTextFile(new URL(path, root));

/** Paths of all files below a folder, from the root, with `/`. */
async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, root))) {
    if (isDirectory) found.push(...await filesIn(`${folder}${name}/`));
    else found.push(`${folder}${name}`);
  }
  return found.sort();
}

/** An import, of types too. */
interface Import {
  /** A path from the root, or the name of a package. */
  readonly target: string;
  /** The names imported; empty where all are, as a namespace or by an address. */
  readonly names: readonly string[];
  readonly kind: "types" | "values" | "dynamic" | "address";
}

const IMPORT = /^(?:import|export) (type )?([^;"]*?)\s*from "([^"]+)";/gm;
const DYNAMIC = /(?:(\{[^{}]*\}) = await )?\bimport\(\s*"([^"]+)",?\s*\)/g;
const ADDRESS = /\bimport\.meta\.resolve\("([^"]+)"\)/g;

/** `{ type a, b as c }` as `a`, `b`. */
const namesIn = (clause = "") =>
  (/\{([^}]*)\}/.exec(clause)?.[1] ?? "").split(",")
    .map((name) => name.trim().replace(/^type /, "").split(/ as |:/)[0].trim())
    .filter((name) => name !== "");

function importsOf(path: string, text: string): Import[] {
  const target = (from: string) =>
    from.startsWith(".")
      ? new URL(from, new URL(path, "file:///")).pathname.slice(1)
      : /^(node:[^/]+|(@[^/]+\/)?[^/]+)/.exec(from)![0];
  return [
    ...[...text.matchAll(IMPORT)].map(([, type, clause, from]): Import => ({
      target: target(from),
      names: namesIn(clause),
      kind: type ? "types" : "values",
    })),
    ...[...text.matchAll(DYNAMIC)].map(([, names, from]): Import => ({
      target: target(from),
      names: namesIn(names),
      kind: "dynamic",
    })),
    ...[...text.matchAll(ADDRESS)].map(([, from]): Import => ({
      target: target(from),
      names: [],
      kind: "address",
    })),
  ];
}

/** Every source file with its text and its imports, by its path. */
const sources = new Map<string, { readonly text: string; readonly imports: Import[] }>();
const paths = [
  ...(await Promise.all(["src/", "tasks/", "studies/", "tests/", "bench/"].map(filesIn))).flat(),
  "study.ts",
];
for (const path of paths.filter((path) => path.endsWith(".ts"))) {
  const text = await read(path);
  sources.set(path, { text, imports: importsOf(path, text) });
}

const inSource = [...sources].filter(([path]) => path.startsWith("src/"));

/** Where a path belongs: `engine` for `src/engine/open.ts`, `random` for `src/random.ts`, `tasks`, `study`. */
const placeOf = (path: string) =>
  path.startsWith("studies/") ? "study" : /^(?:src\/)?([^/.]+)/.exec(path)![1];

const isPackage = (target: string) => !/\.ts$/.test(target) || target.startsWith("node:");

// Who may know whom is told once, in ARCHITECTURE.md: `| place | what it imports | packages |`.
const architecture = await read("ARCHITECTURE.md");
const listed = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
const house = new Map(
  [...architecture.matchAll(/^\| `([^`]+)` *\|([^|]*)\|([^|]*)\|$/gm)].map((
    [, place, knows, packages],
  ) => [place, { knows: listed(knows), packages: listed(packages) }]),
);

const imported = [...sources]
  .filter(([path]) => !/^(tests|bench)\//.test(path))
  .flatMap(([path, { imports }]) => imports.map(({ target }) => ({ path, target })))
  .filter(({ path, target }) => isPackage(target) || placeOf(path) !== placeOf(target));

Deno.test("every folder of src, and every module beside them, has its place in ARCHITECTURE.md", () => {
  const places = new Set(inSource.map(([path]) => placeOf(path)));
  assertEquals([...house.keys()].sort(), [...places, "study", "tasks"].sort());
  for (const place of places) {
    assert(
      new RegExp(`^src/${place}(/|\\.ts) `, "m").test(architecture),
      `${place} is not described`,
    );
  }
});

Deno.test("nothing imports against the order of the house", () => {
  const against = imported.filter(({ path, target }) => {
    const { knows, packages } = house.get(placeOf(path))!;
    return isPackage(target) ? !packages.includes(target) : !knows.includes(placeOf(target));
  });
  assertEquals(against, [], "ARCHITECTURE.md says who may import what");
});

Deno.test("the order of the house allows nothing that is not needed", () => {
  const needed = new Set(
    imported.map(({ path, target }) =>
      `${placeOf(path)} -> ${isPackage(target) ? target : placeOf(target)}`
    ),
  );
  const allowed = [...house].flatMap(([place, { knows, packages }]) =>
    [...knows, ...packages].map((name) => `${place} -> ${name}`)
  );
  assertEquals(allowed.filter((entry) => !needed.has(entry)), [], "take it out of ARCHITECTURE.md");
});

Deno.test("the house has an order: nobody knows himself by way of others", () => {
  const above = (place: string, path: readonly string[]): void => {
    assert(!path.includes(place), [...path, place].join(" -> "));
    house.get(place)!.knows.forEach((known) => above(known, [...path, place]));
  };
  for (const place of house.keys()) above(place, []);
});

Deno.test("engines load a backend when they are opened, and know only types of it before", () => {
  for (const [path, { imports }] of inSource.filter(([path]) => placeOf(path) === "engine")) {
    for (const { target, kind } of imports.filter(({ target }) => placeOf(target) === "runtime")) {
      if (kind === "address") continue; // Names what does not count in keys.
      const opens = /^src\/engine\/open(_trainer)?\.ts$/.test(path);
      assertEquals(kind, opens ? "dynamic" : "types", `${path}: ${target}`);
    }
  }
});

const isRoom = (path: string) => /^src\/stages\/[^/]+\//.test(path);
const roomOf = (path: string) => path.split("/")[2];

Deno.test("of another stage nothing is known but its declaration", () => {
  for (const [path, { imports }] of inSource.filter(([path]) => placeOf(path) === "stages")) {
    for (const { target } of imports.filter(({ target }) => isRoom(target))) {
      if (isRoom(path) && roomOf(path) === roomOf(target)) continue;
      assert(target.endsWith("/stage.ts"), `${path} imports ${target}`);
    }
  }
});

Deno.test("what a stage computes knows nothing of how it is reported", () => {
  const reached = new Map<string, string>();
  const visit = (path: string, by: string) => {
    if (reached.has(path)) return;
    reached.set(path, by);
    for (const { target, kind } of sources.get(path)!.imports) {
      if (!isPackage(target) && kind !== "address") visit(target, path);
    }
  };
  const runs = inSource.map(([path]) => path)
    .filter((path) => /\/run\.ts$/.test(path) && isRoom(path) && roomOf(path) !== "report");
  assert(runs.length > 0);
  for (const path of runs) visit(path, path);
  const reporting = [...reached].filter(([path]) =>
    placeOf(path) === "report" || /\/(section|charts)\.ts$/.test(path)
  );
  assertEquals(reporting, [], "who imports them stands beside them");
});

/** Processes of their own, whose output is their answer. */
const processes = [
  "src/pipeline/worker.ts",
  "src/runtime/half_probe.ts",
  "src/runtime/probe.ts",
];

Deno.test("nothing in src knows the terminal", () => {
  const words = /\bconsole\.|\bDeno\.std(out|err)\b|"node:process"/;
  assertEquals(
    inSource.filter(([path, { text }]) => !processes.includes(path) && words.test(text))
      .map(([path]) => path),
    [],
  );
});

const EXPORT =
  /^export (?:async )?(function\*?|const|let|class|interface|type) ([A-Za-z_$][\w$]*)/gm;

/** What a module that is found by its address has to export. */
const byAddress = ["run", "section", "networks", "finding", "explored", "job", "compiled"];

/** Exports that nothing imports, not even a test; with the reason. */
const forNobody: Readonly<Record<string, string>> = {
  "src/pipeline/code.ts withoutErrorTexts": "for a test of what is cut out",
  "src/pipeline/manifest.ts LaterFormat": "thrown to callers",
  "src/stages/plan.ts StudyError": "thrown to callers",
};

const withoutComments = (text: string) => text.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");

const exported = inSource.flatMap(([path, { text }]) =>
  [...text.matchAll(EXPORT)].map(([, kind, name]) => ({ path, kind, name }))
).filter(({ name }) => !byAddress.includes(name));

const importers = ({ path, name }: { readonly path: string; readonly name: string }) =>
  [...sources].filter(([other, { imports }]) =>
    other !== path &&
    imports.some(({ target, names, kind }) =>
      target === path && (names.includes(name) || (names.length === 0 && kind !== "address"))
    )
  ).map(([other]) => other);

const usedWithin = ({ path, name }: { readonly path: string; readonly name: string }) =>
  withoutComments(sources.get(path)!.text).match(new RegExp(`\\b${name}\\b`, "g"))!.length > 1;

Deno.test("everything that src exports is used by more than tests", () => {
  const unused = exported.filter((it) =>
    !usedWithin(it) && importers(it).every((other) => other.startsWith("tests/"))
  ).map(({ path, name }) => `${path} ${name}`);
  // What an entry point (`src/library/`) exports again is public, and used by it.
  assertEquals(unused, []);
});

Deno.test("every function, constant and class that src exports is imported somewhere", () => {
  const unused = exported.filter((it) =>
    it.kind !== "interface" && it.kind !== "type" && importers(it).length === 0
  ).map(({ path, name }) => `${path} ${name}`);
  assertEquals(unused.filter((it) => !(it in forNobody)), []);
});

Deno.test("no file names a folder of somebody's own", async () => {
  const home = /(?<![\w.~)}\]$])(\/(home|Users|root)\/|[A-Z]:\\Users\\)[\w.-]/;
  for (const path of await projectFiles()) {
    const text = await read(path).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return ""; // Deleted, and not yet committed.
      throw error;
    });
    const found = home.exec(text);
    assert(!found, `${path}: ${text.slice(Math.max(0, (found?.index ?? 0) - 20)).slice(0, 60)}`);
  }
});
