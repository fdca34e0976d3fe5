import {
  assert,
  assertEquals,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { digest } from "../../src/files/digest.ts";
import {
  formatManifest,
  type Ingredients,
  keyOf,
  LaterFormat,
  manifestArtifact,
  parseJobRecords,
  parseManifest,
  requireManifest,
} from "../../src/pipeline/manifest.ts";
import { statusOf } from "../../src/pipeline/status.ts";
import { forged } from "../support/forge.ts";
import { hash, ingredients, manifest } from "../support/manifest.ts";
import { FAST, notesOf, settings, withToy } from "../support/toy.ts";

/** The text with something changed and the seal made anew, as a forger would. */
function resealed(from: string, to: string): string {
  const { seal: _, ...content } = JSON.parse(formatManifest(manifest));
  const text = JSON.stringify(content);
  const changed = text.replaceAll(from, to);
  assertNotEquals(changed, text);
  return JSON.stringify({ ...JSON.parse(changed), seal: digest(JSON.parse(changed)) });
}

Deno.test("a manifest is read back as it was written", () => {
  const text = formatManifest(manifest);
  assertEquals(parseManifest(text, "sums"), { format: 2, ...manifest });
  const artifact = manifestArtifact("sums");
  assertEquals(artifact.decode(new TextEncoder().encode(text), "manifest.json").key, manifest.key);
});

Deno.test("any edit of a manifest shows", () => {
  const text = formatManifest(manifest);
  for (
    const [from, to] of [
      ['"seconds": 1.5', '"seconds": 1.4'],
      ["2026-01-01", "2026-01-02"],
      ["the first", "the second"],
      [hash("1"), hash("2")],
      ["note.txt", "notes.txt"],
      ['"fast"', '"slow"'],
    ]
  ) {
    const edited = text.replace(from, to);
    assertNotEquals(edited, text);
    assertThrows(() => parseManifest(edited, "sums"), Error, "has been edited");
  }
  assertThrows(() => parseManifest(text, "means"), Error, "belongs to stage sums");
  // Layout and the order of keys are not content.
  assertEquals(parseManifest(JSON.stringify(JSON.parse(text)), "sums").key, manifest.key);
});

Deno.test("a manifest whose key is not that of its ingredients is refused", () => {
  for (const [from, to] of [[manifest.key, hash("9")], ['"zod":"4.6.7"', '"zod":"4.6.8"']]) {
    assertThrows(
      () => parseManifest(resealed(from, to), "sums"),
      Error,
      "its key is not that of its ingredients",
    );
  }
});

Deno.test("a manifest reaches no file outside its place", () => {
  for (const file of ["../sums.json", "a/../../sums.json", "/sums.json", "a\\\\b", "", ".."]) {
    const error = assertThrows(() => parseManifest(resealed("sums-d.json", file), "sums"), Error);
    assertStringIncludes(error.message, "file");
    assertThrows(() => parseManifest(resealed("note.txt", file), "sums"), Error, "lacking");
  }
});

Deno.test("what is no manifest is refused", () => {
  assertThrows(() => parseManifest("", "sums"), Error, "it is no JSON: ");
  const deep = `{"seal": "", "more": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  assertThrows(() => parseManifest(deep, "sums"), Error, "it is nested more than 200 deep");
  assertThrows(() => parseJobRecords('[{"name": 1}]'), Error, "jobs.json: 0.name: ");
  for (const text of ["null", "[]", "{}", '"manifest"']) {
    assertThrows(() => parseManifest(text, "sums"), Error, "it is no manifest");
  }
  assertThrows(
    () => parseManifest(resealed('"cores":2', '"cores":2,"more":1'), "sums"),
    Error,
    "more",
  );
  assertThrows(() => parseManifest(resealed('"cores":2', '"cores":0'), "sums"), Error, "cores");
});

Deno.test("a manifest of an earlier format is told from one of a later format", () => {
  assertThrows(
    () => parseManifest(resealed('"format":2', '"format":1'), "sums"),
    Error,
    "it was written by an earlier version (format 1, now 2)",
  );
  assertThrows(
    () => parseManifest(resealed('"format":2,', ""), "sums"),
    Error,
    "it was written by an earlier version (format 1, now 2)",
  );
  assertThrows(
    () => parseManifest(resealed('"format":2', '"format":3'), "sums"),
    LaterFormat,
    "has format 3, and this version of Atelier knows formats up to 2",
  );
});

/** Puts another text in the place of the manifest of `sums`. */
const replaced = (home: string, change: (text: string) => string) => {
  const path = `${home}/results/sums/manifest.json`;
  Deno.writeTextFileSync(path, change(Deno.readTextFileSync(path)));
};

Deno.test("a result of an earlier format runs again, and says so", () =>
  withToy(async (toy) => {
    await toy.run();
    replaced(toy.workspace.home, (text) => text.replace('"format": 2', '"format": 1'));
    assertEquals((await toy.stale()).sums, [
      "manifest.json cannot be used: it was written by an earlier version (format 1, now 2)",
    ]);
    assertEquals(await toy.run(), ["sums"]);
    assertEquals(await toy.stale(), {});
  }));

Deno.test("a manifest that must be there is refused with the reason, where there is none to use", () =>
  withToy(async (toy) => {
    await assertRejects(
      () => requireManifest(toy.workspace, "sums"),
      Error,
      "the manifest of sums is missing",
    );
    await toy.run();
    assertEquals((await requireManifest(toy.workspace, "sums")).manifest.ingredients.stage, "sums");
    replaced(toy.workspace.home, (text) => text.replace('"format": 2', '"format": 1'));
    await assertRejects(
      () => requireManifest(toy.workspace, "sums"),
      Error,
      "the manifest of sums cannot be used: it was written by an earlier version",
    );
  }));

Deno.test("a result of a later format is not written over", () =>
  withToy(async (toy) => {
    await toy.run();
    replaced(toy.workspace.home, (text) => text.replace('"format": 2', '"format": 3'));
    const before = await Deno.readTextFile(toy.path("results/sums/manifest.json"));
    const ran = toy.events.length;
    const { numbers, sums, page } = await toy.stale();
    assertEquals([numbers, page], [undefined, ["waits for sums"]]);
    assertStringIncludes(sums.join(), "The manifest of stage sums has format 3");
    await assertRejects(
      () => toy.run(undefined, { force: true }),
      LaterFormat,
      "delete results/sums/ to run the stage anew",
    );
    assertEquals(toy.events.slice(ran), [{ type: "looking" }]);
    assertEquals(await Deno.readTextFile(toy.path("results/sums/manifest.json")), before);
  }));

Deno.test("a result that belongs to another stage, and one that was edited, run again", () =>
  withToy(async (toy) => {
    await toy.run();
    const numbers = await Deno.readTextFile(toy.path("results/numbers/manifest.json"));
    replaced(toy.workspace.home, () => numbers);
    assertEquals((await toy.stale()).sums, [
      "manifest.json cannot be used: it belongs to stage numbers",
    ]);
    // What depends on it came back as it was, but knows it by a manifest that says so.
    assert((await toy.run()).includes("sums"));
    replaced(toy.workspace.home, (text) => text.replace("offset 1", "offset 9"));
    assertEquals((await toy.stale()).sums, [
      "manifest.json cannot be used: its text does not match its seal: it has been edited",
    ]);
    await toy.run();
    assertEquals(await toy.stale(), {});
  }));

Deno.test("the key depends on what is computed, not on where files lie or in which order", () => {
  const moved = {
    ...ingredients,
    parameters: { a: [1, 2], b: 1 },
    code: { "src/walk.ts": { "src/z.ts": hash("b"), "src/a.ts": hash("a") } },
    computed: { ...ingredients.computed, code: { "src/f.ts": { "src/g.ts": hash("e") } } },
  };
  assertEquals(keyOf(moved), keyOf(ingredients));
  const others: Ingredients[] = [
    { ...ingredients, stage: "means" },
    { ...ingredients, parameters: { b: 1, a: [2, 1] } },
    { ...ingredients, forms: { "sums.json": "made otherwise" } },
    { ...ingredients, forms: { "sum.json": "made" } },
    { ...ingredients, code: { "src/run.ts": { "src/a.ts": hash("a"), "src/b.ts": hash("c") } } },
    { ...ingredients, code: { "src/run.ts": { "src/a.ts": hash("a") } } },
    {
      ...ingredients,
      code: { "src/run.ts": { "src/a.ts": hash("a") }, "src/w.ts": { "src/b.ts": hash("b") } },
    },
    { ...ingredients, packages: { zod: "4.6.8" } },
    { ...ingredients, inputs: { "numbers/numbers.json": hash("d") } },
    { ...ingredients, computed: null },
    { ...ingredients, computed: { ...ingredients.computed, variant: "slow" } },
    { ...ingredients, computed: { ...ingredients.computed, compiled: null } },
    { ...ingredients, computed: { ...ingredients.computed, code: {} } },
    { ...ingredients, computed: { ...ingredients.computed, packages: { tfjs: "4" } } },
  ];
  const keys = [ingredients, ...others].map(keyOf);
  assertEquals(new Set(keys).size, keys.length);
});

type Loose = ReturnType<typeof JSON.parse>;

/** What a forger writes into the manifest of `sums`, seal and key fitting, and what speaks against it. */
const forgeries: Record<string, [change: (manifest: Loose) => void, said: string]> = {
  "an artifact left out": [
    ({ outputs }) => delete outputs["sums.json"],
    "manifest.json does not list sums.json",
  ],
  "an artifact that need not be there": [
    ({ outputs }) => outputs["sums.json"].kind = "local",
    "manifest.json has sums.json in a place that is not its own: local, sums-",
  ],
  "an artifact of another name": [
    ({ outputs }) => outputs["sums.json"].file = "sums-0123456789ab.json",
    "manifest.json has sums.json in a place that is not its own: committed, sums-0123456789ab.json",
  ],
  "an artifact of another size": [
    ({ outputs }) => outputs["sums.json"].bytes++,
    "(sums.json) is altered",
  ],
  "an artifact that nobody declares": [
    ({ outputs }) => outputs["more.json"] = outputs["sums.json"],
    "manifest.json lists more.json, which is not declared",
  ],
  "no list of its jobs": [
    ({ outputs }) => delete outputs["jobs.json"],
    "manifest.json does not list jobs.json",
  ],
  "nothing of how jobs were computed": [
    ({ ingredients }) => ingredients.computed = null,
    "manifest.json and jobs.json differ in what its jobs executed",
  ],
  "another digest of what jobs executed": [
    ({ ingredients }) => ingredients.computed.compiled = hash("7"),
    "manifest.json and jobs.json differ in what its jobs executed",
  ],
  "one module more": [
    ({ ingredients: { code } }) => code.more = Object.values(code)[0],
    "its key is not that of its parameters, code and inputs of now",
  ],
  "a lack of something that nobody knows": [
    ({ lacking }) => lacking.push({ kind: "songs", name: "song.txt" }),
    "song.txt cannot be looked for: No folder is known for files of songs.",
  ],
};

Deno.test("a forged manifest is named where the code, its files or its jobs speak against it", () =>
  withToy(async (toy) => {
    const fast = { equip: () => Promise.resolve(FAST) };
    await toy.run(undefined, fast);
    const honest = await Deno.readTextFile(toy.path("results/sums/manifest.json"));
    for (const [what, [change, said]] of Object.entries(forgeries)) {
      const manifest = JSON.parse(honest);
      change(manifest);
      replaced(toy.workspace.home, () => forged(manifest));
      assertStringIncludes((await toy.stale()).sums?.join("\n") ?? "", said, what);
      await toy.run(undefined, fast);
      assertEquals(await toy.stale(), {}, what);
      assertEquals((await toy.manifest("sums")).outputs, JSON.parse(honest).outputs, what);
    }
  }));

Deno.test("what a manifest tells of code is taken by status alone; a run writes what the code is", () =>
  withToy(async (toy) => {
    await toy.run();
    const manifest = JSON.parse(await Deno.readTextFile(toy.path("results/sums/manifest.json")));
    const honest = structuredClone(manifest.ingredients.code);
    manifest.ingredients.code["sums/run.ts"]["sums/run.ts"] = hash("7");
    replaced(toy.workspace.home, () => forged(manifest));
    assertEquals(await toy.stale(), {});
    const root = await toy.sources();
    const { plan } = await import(pathToFileURL(join(root, "study.ts")).href);
    const workspace = { ...toy.workspace, root };
    const states = await statusOf(
      workspace,
      plan(settings),
      notesOf(workspace.cache),
      new Map(),
    );
    assertEquals(states.map(({ reasons }) => reasons), [
      [],
      ["code sums/run.ts changed"],
      ["waits for sums"],
    ]);
    assertEquals(await toy.run(), ["sums"]);
    assertEquals((await toy.manifest("sums")).ingredients.code, honest);
  }));
