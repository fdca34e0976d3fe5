import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { withoutErrorTexts } from "../../src/pipeline/code.ts";
import { FAST, type Sources, type Toy, withSources, withToy } from "../support/toy.ts";

/** Runs the toy, then checks that after `edits` nothing is stale and nothing runs. */
const counts = (nothing: string, edits: (toy: Toy) => void, equipment = FAST) =>
  Deno.test(nothing, () =>
    withToy(async (toy) => {
      const equip = () => Promise.resolve(equipment);
      await toy.run(undefined, { equip });
      edits(toy);
      assertEquals(await toy.stale(), {});
      assertEquals(await toy.run(undefined, { equip }), []);
    }));

/** Runs the toy, then checks what is stale after `edits`, and that it is mended. */
const makesStale = (
  what: string,
  edits: (toy: Toy) => void,
  reasons: Readonly<Record<string, readonly string[]>>,
) =>
  Deno.test(what, () =>
    withToy(async (toy) => {
      const equip = () => Promise.resolve(FAST);
      await toy.run(undefined, { equip });
      edits(toy);
      assertEquals(await toy.stale(), reasons);
      await toy.run(undefined, { equip });
      assertEquals(await toy.stale(), {});
    }));

counts("comments, formatting, types and unused code rerun nothing", (toy) => {
  toy.edit("numbers/scale.ts", "// How numbers are scaled.", "/* Scaling,\n retold. */\n\n");
  toy.edit("numbers/scale.ts", "(x: number): number =>", "(\n  x: number,\n) =>");
  toy.edit("numbers/scale.ts", "unused = 1", "unused = 2");
  toy.edit("sum/run.ts", "const { offset, times }", "// Taken apart.\n const { offset, times }");
});

counts(
  "what stages are said to do, and what jobs are called on the screen, reruns nothing",
  (toy) => {
    toy.edit("sums/stage.ts", "Adds numbers up", "Adds up what it is given");
    toy.configure({ sums: { offsets: [1, 2], times: 1, called: "plus" } });
  },
);

counts("moving and renaming files reruns nothing", (toy) => {
  toy.move("numbers/scale.ts", "numbers/scaling/factor.ts");
  toy.edit("numbers/run.ts", "./scale.ts", "./scaling/factor.ts");
  toy.move("sum/run.ts", "sum/work.ts");
  toy.edit("sum/job.ts", "./run.ts", "./work.ts");
  toy.move("page/run.ts", "page.ts");
  toy.edit("page.ts", "../atelier.ts", "./atelier.ts");
  toy.edit("page.ts", "./stage.ts", "./page/stage.ts");
  toy.edit("page/stage.ts", "./run.ts", "../page.ts");
});

counts("schemas, and the version of what checks them, rerun nothing", (toy) => {
  toy.edit("sum/job.ts", "times: z.int()", "times: z.int().min(1)");
  toy.put("deno.lock", '{ "specifiers": { "npm:zod@4.6.7": "4.6.8" } }');
});

counts("the texts of errors rerun nothing", (toy) => {
  toy.edit(
    "sum/run.ts",
    "`offset ${offset} is negative`",
    "`what is added, ${offset}, is to be zero or more`",
  );
});

makesStale(
  "what is put into the text of an error counts",
  (toy) =>
    toy.edit("sum/run.ts", "`offset ${offset} is negative`", "`offset ${-offset} is negative`"),
  { sums: ["code sum/run.ts changed"], page: ["waits for sums"] },
);

makesStale(
  "a changed line of code is named, and only what depends on it is stale",
  (toy) => {
    toy.edit("page/run.ts", '"# "', '"## "');
    toy.edit("numbers/scale.ts", "10 * x", "11 * x");
  },
  {
    numbers: ["code numbers/scale.ts changed"],
    sums: ["waits for numbers"],
    page: ["waits for sums", "code page/run.ts changed"],
  },
);

makesStale(
  "a changed line of a job's code makes its stage stale",
  (toy) => toy.edit("sum/run.ts", "offset + added", "2 * offset + added"),
  { sums: ["code sum/run.ts changed"], page: ["waits for sums"] },
);

makesStale(
  "a changed line of the variant that was used makes its stage stale",
  (toy) => toy.edit("engine/fast.ts", "let sum = 0", "let sum = 1"),
  { sums: ["code engine/fast.ts changed"], page: ["waits for sums"] },
);

counts("the code of a variant that was not used does not count", (toy) => {
  toy.edit("engine/slow.ts", "times * x", "times * x + 0");
});

counts("the code of a compiler does not count for a variant without it", (toy) => {
  toy.edit("compiler/emit.ts", "by: times", "by: 2 * times");
  toy.edit("engine/fast.ts", "let sum = 0", "let sum = 1");
}, { variant: "slow", facts: {} });

counts("a compiler may be renamed, split and extended where it makes the same", (toy) => {
  toy.move("compiler/emit.ts", "compiler/emitter.ts");
  toy.edit("compiler/program.ts", "./emit.ts", "./emitter.ts");
  toy.put(
    "compiler/operation.ts",
    "export const operation = (op: string, by: number) => ({ op, by });",
  );
  toy.put(
    "compiler/emitter.ts",
    `import { operation } from "./operation.ts";
     export function emit({ times, halved }: { times: number; halved?: boolean }) {
       const plan = [operation("multiply", times)];
       return halved ? [...plan, operation("multiply", 1 / 2)] : plan;
     }`,
  );
});

Deno.test("another product of a compiler makes exactly the stages with such jobs stale", () =>
  withToy(async (toy) => {
    toy.configure({ more: { offsets: [5, 6], times: 3, called: "more" } });
    const equip = () => Promise.resolve(FAST);
    await toy.run(undefined, { equip });
    toy.edit("compiler/emit.ts", "by: times", "by: times === 3 ? 4 : times");
    assertEquals(await toy.stale(), {
      more: ["what its jobs execute changed: sum1 and 1 more"],
    });
    assertEquals(await toy.run(undefined, { equip }), ["more"]);
    const { file } = (await toy.manifest("more")).outputs["sums.json"];
    assertEquals(
      JSON.parse(await Deno.readTextFile(toy.path(`results/more/${file}`))),
      { n: 4, sums: [245, 246] },
    );
    toy.edit(
      "compiler/emit.ts",
      "by: times === 3 ? 4 : times",
      "by: times * (times === 1 ? 2 : 1)",
    );
    assertEquals(await toy.stale(), {
      sums: ["what its jobs execute changed: sum1 and 1 more"],
      more: ["what its jobs execute changed: sum1 and 1 more"],
      page: ["waits for sums"],
    });
  }));

Deno.test("a variant that is no more makes its stages stale", () =>
  withToy(async (toy) => {
    await toy.run(undefined, { equip: () => Promise.resolve(FAST) });
    toy.edit("sum/job.ts", "fast: {", "faster: {");
    assertEquals(
      (await toy.stale()).sums,
      ["its jobs were computed by fast, which is no more"],
    );
  }));

Deno.test("the version of a package that code uses counts, and that of another one does not", () =>
  withToy(async (toy) => {
    const lock = (version: string) => `{ "specifiers": { "npm:acorn@8.19.0": "${version}" } }`;
    await toy.run();
    toy.put("deno.lock", lock("8.19.1"));
    assertEquals(await toy.stale(), {});
    toy.edit("numbers/scale.ts", "export const scale", 'import "acorn"; export const scale');
    assertEquals((await toy.stale()).numbers.includes("package acorn: none -> 8.19.1"), true);
    await toy.run();
    toy.put("deno.lock", lock("8.19.2"));
    assertEquals((await toy.stale()).numbers, ["package acorn: 8.19.1 -> 8.19.2"]);
  }));

Deno.test("what a project imports of itself by its name counts by its version", () =>
  withToy(async (toy) => {
    const named = (version: string) => `{ "name": "@atelier/atelier", "version": "${version}" }`;
    toy.put("deno.json", named("1.0.0"));
    // Where the toy runs, this name is Atelier's.
    toy.edit("numbers/scale.ts", "export const", 'import "@atelier/atelier/data"; export const');
    await toy.run();
    toy.put("deno.json", named("1.0.1"));
    assertEquals((await toy.stale()).numbers, ["package @atelier/atelier: 1.0.0 -> 1.0.1"]);
  }));

Deno.test("a change of one form counts for who writes it", () =>
  withToy(async (toy) => {
    await toy.run();
    toy.edit("page/stage.ts", 'text(".md")', 'bytes(".md")');
    toy.edit("page/stage.ts", "published, text", "published, bytes");
    toy.edit("page/run.ts", "outputs.page.write(", "outputs.page.write(new TextEncoder().encode(");
    toy.edit("page/run.ts", '.join(""))', '.join("")))');
    const { page } = await toy.stale();
    assertEquals(page[0], 'form of page.md: "text" -> "bytes"');
  }));

Deno.test("a module that cannot be read is named with its line", () =>
  withToy(async (toy) => {
    toy.edit("numbers/scale.ts", "10 * x", "10 *");
    await assertRejects(
      () => toy.stale(),
      Error,
      "The code of a stage cannot be digested: numbers/scale.ts:",
    );
  }));

/** A stage and its job, which use different functions of one file. */
const shared: Sources = {
  "shared.ts": `
    export const forStage = (x: number) => x + 1;
    export const forJob = (x: number) => x + 2;
    export const forBoth = (x: number) => x + 3;
    export const forNobody = (x: number) => x + 4;`,
  "job.ts": `
    import { defineJob, json, z } from "./atelier.ts";
    export const job = defineJob({
      name: "job",
      declaration: import.meta.url,
      module: import.meta.resolve("./work.ts"),
      parameters: z.int(),
      reads: {},
      writes: { value: json(z.int()) },
    });`,
  "work.ts": `
    import { forBoth, forJob } from "./shared.ts";
    export const run = ({ parameters, outputs }) => outputs.value.write(forBoth(forJob(parameters)));`,
  "run.ts": `
    import { forBoth, forStage } from "./shared.ts";
    export { forStage } from "./shared.ts";
    export async function run({ jobs, outputs }) {
      const done = await jobs.job({ name: "one", parameters: 1, inputs: {} });
      await outputs.value.write(forBoth(forStage(await done.value.read())));
    }`,
  "loaded.ts": "export const loaded = 1;",
  "study.ts": `
    import { defineStage, json, z } from "./atelier.ts";
    import { job } from "./job.ts";
    const stage = defineStage({
      name: "one",
      about: "one",
      module: import.meta.resolve("./run.ts"),
      loads: [import.meta.resolve("./loaded.ts")],
      reads: {},
      writes: { value: json(z.int()) },
      jobs: { job },
      keyed: () => null,
    });
    export const plan = () => [{ stage, parameters: null }];`,
};

Deno.test("what different modules use of one file all counts, and nothing else of it", () =>
  withSources(shared, async (toy) => {
    await toy.run();
    assertEquals(await toy.stale(), {});
    toy.edit("shared.ts", "x + 4", "x + 40");
    assertEquals(await toy.stale(), {});
    for (const added of ["x + 1", "x + 2", "x + 3"]) {
      toy.edit("shared.ts", added, `${added} + 100`);
      assertEquals(await toy.stale(), { one: ["code shared.ts changed"] });
      toy.edit("shared.ts", `${added} + 100`, added);
    }
    assertEquals(await toy.stale(), {});
    // A module that the work loads by itself counts like its own.
    toy.edit("loaded.ts", "= 1", "= 2");
    assertEquals(await toy.stale(), { one: ["code loaded.ts changed"] });
  }));

Deno.test("a file that only one of two modules no longer uses is noticed", () =>
  withSources(shared, async (toy) => {
    await toy.run();
    toy.edit("work.ts", "forBoth(forJob(parameters))", "forJob(parameters)");
    assertEquals(await toy.stale(), { one: ["code shared.ts changed", "code work.ts changed"] });
  }));

Deno.test("a text of several lines that looks like a comment is code", () =>
  withSources(
    { ...shared, "loaded.ts": "export const loaded = `\n// shared.ts\nthe end ${1 + Math.PI}\n`;" },
    async (toy) => {
      await toy.run();
      toy.edit("loaded.ts", "the end", "no end");
      assertEquals(await toy.stale(), { one: ["code loaded.ts changed"] });
    },
  ));

Deno.test("the words of errors are cut out of code, and nothing else", () => {
  const same = (a: string, b: string) => assertEquals(withoutErrorTexts(a), withoutErrorTexts(b));
  const differ = (a: string, b: string) =>
    assertNotEquals(withoutErrorTexts(a), withoutErrorTexts(b));
  same('throw new Error("a");', 'throw new Error("b");');
  same("throw new Error(`a${x}b`);", "throw new Error(`c${x}`);");
  same('const e=new RangeError("a")', 'const e=new RangeError("b")');
  same('const e=new LaterFormat("a")', 'const e=new LaterFormat("b")');
  differ("throw new Error(`a${x}`);", "throw new Error(`a${y}`);");
  differ("throw new Error(`a${x}`);", "throw new Error(`a${x+1}`);");
  differ('const e="a"', 'const e="b"');
  differ('f("a")', 'f("b")');
  differ('new Map([["a",1]])', 'new Map([["b",1]])');
  differ('throw new Error("a");', 'throw new TypeError("a");');
  same('throw new Error("a" + x + "b");', 'throw new Error("c" + x + "");');
  differ("throw new Error(1);", "throw new Error(2);");
  const code = 'const a=1;f(`x${a}`,"y");';
  assert(withoutErrorTexts(code) === code);
});

/** A module whose import of a package stands before that of a file: esbuild writes it in two pieces. */
const inPieces: Sources = {
  ...shared,
  "work.ts": `
    import { join } from "node:path";
    import { forBoth } from "./shared.ts";
    export const run = ({ parameters, outputs }) =>
      outputs.value.write(forBoth(parameters) + join("a", "b").length);`,
};

for (
  const [from, to] of [["{ join }", "{ relative as join }"], [
    "forBoth(parameters)",
    "-forBoth(parameters)",
  ]]
) {
  Deno.test(`of a module in several pieces each counts: ${from}`, () =>
    withSources(inPieces, async (toy) => {
      await toy.run();
      for (let i = 0; i < 3; i++) {
        toy.edit("work.ts", from, to);
        assertEquals(await toy.stale(), { one: ["code work.ts changed"] });
        toy.edit("work.ts", to, from);
      }
      assertEquals(await toy.stale(), {});
    }));
}

Deno.test("equal code has equal digests, whenever they are made", () =>
  withSources(inPieces, async (toy) => {
    await toy.run();
    // With what is known of earlier texts put aside: the key is made anew each time.
    const keys = new Set<string>();
    for (let i = 0; i < 5; i++) {
      await Deno.remove(toy.path("results"), { recursive: true });
      await toy.run();
      keys.add((await toy.manifest("one")).key);
    }
    assertEquals(keys.size, 1);
  }));

Deno.test("code may be digested several times at once", () =>
  withToy(async (toy) => {
    // Begun one after another: while one ends, the next is at it.
    const states = await Promise.all(Array.from({ length: 8 }, async (_, i) => {
      await new Promise((resolve) => setTimeout(resolve, 15 * i));
      return await toy.stale();
    }));
    for (const state of states) assertEquals(state, states[0]);
  }));
