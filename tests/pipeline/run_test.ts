import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import {
  findFile,
  flipByte,
  NOTE,
  type Sources,
  tree,
  twoProcesses,
  withSources,
  withToy,
} from "../support/toy.ts";

const text = (path: string) => Deno.readTextFile(path);

Deno.test("a first run runs all in order, a second one nothing", () =>
  withToy(async (toy) => {
    assertEquals(await toy.run(undefined, { executor: twoProcesses }), ["numbers", "sums", "page"]);
    const sums = (await toy.manifest("sums")).outputs["sums.json"].file;
    assertEquals(
      await text(toy.path("page.md")),
      `# Sums\n{"n":4,"sums":[61,62]}\nfrom results/sums/${sums}\n`,
    );
    assertEquals(await toy.run(), []);
    assertEquals(await toy.stale(), {});
    // Whatever a job reported reached the display.
    assert(toy.events.some((e) => e.type === "progress" && e.label === "offset 2" && e.done === 1));
  }));

Deno.test("a stage brings up to date what it needs, and no more", () =>
  withToy(async (toy) => {
    assertEquals(await toy.run(["sums"]), ["numbers", "sums"]);
    assertEquals(Object.keys(await toy.stale()), ["page"]);
  }));

Deno.test("a changed parameter is named with its old and new value", () =>
  withToy(async (toy) => {
    await toy.run();
    toy.configure({ sums: { offsets: [1, 3], times: 1, called: "offset" } });
    assertEquals(await toy.stale(), {
      sums: ["parameter offsets.1: 2 -> 3"],
      page: ["waits for sums"],
    });
    assertEquals(await toy.run(), ["sums", "page"]);
  }));

Deno.test("a deleted result is named and made again; what depends on it does not run", () =>
  withToy(async (toy) => {
    await toy.run();
    const before = await tree(toy.path("results"));
    const { file } = (await toy.manifest("sums")).outputs["sums.json"];
    await Deno.remove(toy.path(`results/sums/${file}`));
    assertEquals((await toy.stale()).sums, [`results/sums/${file} (sums.json) is missing`]);
    assertEquals(await toy.run(), ["sums"]);
    assertEquals(await tree(toy.path("results")), before);
  }));

for (
  const place of [
    "results/sums/sums-",
    "results/sums/jobs-",
    "page.md",
    "results/sums/manifest.json",
  ]
) {
  Deno.test(`a flipped byte in ${place} is named and mended`, () =>
    withToy(async (toy) => {
      await toy.run();
      const before = await text(toy.path("page.md"));
      const slash = place.lastIndexOf("/");
      const path = place.endsWith("-")
        ? await findFile(toy.path(place.slice(0, slash)), place.slice(slash + 1))
        : toy.path(place);
      await flipByte(path);
      const reasons = Object.values(await toy.stale()).flat();
      // A byte of a manifest may be one of its form as well as one of its content.
      const said = place.endsWith("manifest.json") ? /manifest.json cannot be used/ : /is altered$/;
      assert(reasons.some((reason) => said.test(reason)), `reasons were: ${reasons.join("; ")}`);
      await toy.run();
      assertEquals(await toy.stale(), {});
      assertEquals(await text(toy.path("page.md")), before);
    }));
}

Deno.test("a checkout without local artifacts is up to date; they are made when needed", () =>
  withToy(async (toy) => {
    await toy.run();
    await Deno.remove(toy.path(".cache"), { recursive: true });
    assertEquals(await toy.stale(), {});
    assertEquals(await toy.run(), []);
    toy.configure({ sums: { offsets: [7], times: 1, called: "offset" } });
    const manifest = await text(toy.path("results/numbers/manifest.json"));
    // numbers runs for its local artifact alone; its committed result stays as it was.
    assertEquals(await toy.run(), ["numbers", "sums", "page"]);
    assertEquals(await text(toy.path("results/numbers/manifest.json")), manifest);
  }));

Deno.test("a damaged local artifact is made again", () =>
  withToy(async (toy) => {
    await toy.run();
    await flipByte(await findFile(toy.path(".cache/artifacts/numbers"), "numbers-"));
    toy.configure({ sums: { offsets: [7], times: 1, called: "offset" } });
    assertEquals(await toy.run(), ["numbers", "sums", "page"]);
  }));

Deno.test("a local artifact that two stages need is made again once", () =>
  withToy(async (toy) => {
    toy.configure({ more: { offsets: [5], times: 1, called: "more" } });
    await toy.run();
    await Deno.remove(toy.path(".cache"), { recursive: true });
    toy.configure({
      sums: { offsets: [7], times: 1, called: "offset" },
      more: { offsets: [8], times: 1, called: "more" },
    });
    assertEquals((await toy.run()).toSorted(), ["more", "numbers", "page", "sums"]);
  }));

Deno.test("a local artifact that comes back with other bytes is refused", () =>
  withToy(async (toy) => {
    toy.edit("numbers/run.ts", "scale(i)", "scale(i) + Math.random()");
    await toy.run();
    await Deno.remove(toy.path(".cache"), { recursive: true });
    toy.configure({ sums: { offsets: [7], times: 1, called: "offset" } });
    await assertRejects(
      () => toy.run(),
      Error,
      "Stage sums: running numbers again gave other bytes for numbers.json. " +
        "Its result depends on something that is not in its key.",
    );
  }));

Deno.test("forced, a stage and its jobs run again and give the same bytes", () =>
  withToy(async (toy) => {
    await toy.run();
    const artifacts = async () => {
      const files = await tree(toy.path("results"));
      return Object.fromEntries(
        Object.entries(files).filter(([name]) => !name.endsWith("manifest.json")),
      );
    };
    const before = await artifacts();
    const facts = async () => (await toy.manifest("sums")).provenance.jobs.sum1.facts.process;
    const first = await facts();
    assertEquals(await toy.run(["sums"], { force: true }), ["sums"]);
    assert(await facts() !== first, "the job did not run again");
    assertEquals(await artifacts(), before);
    // What it needs was not forced.
    assert(toy.events.some((e) => e.type === "current" && e.stage === "numbers"));
    assert(toy.events.some((e) => e.type === "started" && e.reasons[0] === "--force"));
  }));

Deno.test("a job is asked for, then found among those that finished, or made", () =>
  withToy(async (toy) => {
    await toy.run();
    await Deno.remove(toy.path("results/sums"), { recursive: true });
    toy.configure({ sums: { offsets: [2, 5], times: 1, called: "offset" } });
    const before = toy.events.length;
    await toy.run();
    const events = toy.events.slice(before);
    assertEquals(events[0], { type: "looking" });
    const jobs = events.flatMap((e) => e.type === "job" ? [`${e.label} ${e.state}`] : []);
    assertEquals(jobs.sort(), [
      "offset 2 asked",
      "offset 2 found",
      "offset 5 asked",
      "offset 5 made",
    ]);
    toy.configure({ sums: { offsets: [-1], times: 1, called: "offset" } });
    await assertRejects(() => toy.run());
    assert(toy.events.some((e) => e.type === "job" && e.state === "failed"));
    // Of its last result a stage tells how many jobs it took.
    assertEquals(toy.events.findLast((e) => e.type === "started")?.jobs, 2);
  }));

Deno.test("nothing is told of what a run that is ended stops", () =>
  withToy(async (toy) => {
    const controller = new AbortController();
    toy.edit(
      "sum/run.ts",
      'progress(1, 2, "half");',
      'progress(1, 2, "half"); await new Promise((r) => setTimeout(r, 600_000));',
    );
    const running = toy.run(undefined, { executor: twoProcesses, signal: controller.signal });
    const refused = assertRejects(() => running, Error, "enough");
    for (const began = Date.now(); !toy.events.some((e) => e.type === "progress");) {
      assert(Date.now() - began < 60_000, "no job has begun");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    controller.abort(new Error("enough"));
    await refused;
    assertEquals(
      toy.events.filter((e) => e.type === "failed" || e.type === "job" && e.state === "failed"),
      [],
    );
  }));

Deno.test("a failing job fails its stage, and leaves nothing half-written", () =>
  withToy(async (toy) => {
    toy.configure({ sums: { offsets: [1, -1], times: 1, called: "offset" } });
    const error = await assertRejects(
      () => toy.run(undefined, { executor: twoProcesses }),
      Error,
    );
    assertStringIncludes(error.message, "Stage sums: Job offset -1 (sum/run.ts) failed");
    assertStringIncludes(error.message, "offset -1 is negative");
    // The failed stage has no manifest, the finished one stays.
    assertEquals(Object.keys(await tree(toy.path("results"))).length, 2);
    const left = Object.keys(await tree(toy.path(".cache")));
    assertEquals(left.filter((name) => /part|unfinished/.test(name)), []);
  }));

Deno.test("an unknown target names those there are", () =>
  withToy(async (toy) => {
    const error = await assertRejects(() => toy.run(["sum"]), Error);
    assertEquals(error.message, "There is no stage sum. There are: page, numbers, sums.");
  }));

Deno.test("a stage that lacked a file runs again once the file is there, and only then", () =>
  withToy(async (toy) => {
    await toy.run();
    assertEquals((await toy.manifest("page")).lacking, [{ kind: "notes", name: "note.txt" }]);
    assertEquals(await toy.run(), []);
    await Deno.mkdir(toy.path(".cache/notes"));
    await Deno.writeTextFile(toy.path(".cache/notes/note.txt"), NOTE);
    assertEquals(await toy.stale(), {
      page: ["note.txt is there now, and was not when it ran"],
    });
    assertEquals(await toy.run(), ["page"]);
    assertStringIncludes(await text(toy.path("page.md")), NOTE);
    assertEquals(await toy.stale(), {});
    // What was there once need not be there later.
    await Deno.remove(toy.path(".cache/notes/note.txt"));
    assertEquals(await toy.stale(), {});
  }));

Deno.test("a file in the place of one that was lacking, and is another one, is refused", () =>
  withToy(async (toy) => {
    await Deno.mkdir(toy.path(".cache/notes"), { recursive: true });
    await Deno.writeTextFile(toy.path(".cache/notes/note.txt"), "another note");
    const error = await assertRejects(() => toy.run(), Error);
    assertStringIncludes(error.message, "note.txt is not the file that study.ts declares");
  }));

/** A project of stages without inputs, each with a module of this text; `study` adds to the plan. */
const stagesOf = (modules: Sources, writes = "{ value: json(z.int()) }"): Sources => ({
  "wait.ts": `
    import type { JobContextOf } from "./atelier.ts";
    import type { job } from "./job.ts";
    // Each says that it has begun, and waits for the other one, which is beside it.
    export async function run({ parameters, outputs, record }: JobContextOf<typeof job>) {
      const { folder, name, other } = parameters;
      await Deno.mkdir(folder, { recursive: true });
      await Deno.writeTextFile(folder + "/" + name, "");
      const began = Date.now();
      while (!await Deno.stat(folder + "/" + other).then(() => true, () => false)) {
        if (Date.now() - began > 20_000) throw new Error(other + " has not begun");
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      record({ run: crypto.randomUUID() });
      await outputs.value.write(1);
    }`,
  "job.ts": `
    import { defineJob, json, z } from "./atelier.ts";
    export const job = defineJob({
      name: "wait",
      declaration: import.meta.url,
      module: import.meta.resolve("./wait.ts"),
      parameters: z.strictObject({
        folder: z.string(),
        name: z.string(),
        other: z.string(),
        places: z.int().max(4).optional(),
      }),
      reads: { value: json(z.int()) },
      writes: { value: json(z.int()), note: optional(text(".txt")) },
    });
    import { optional, text } from "./atelier.ts";`,
  "after.ts": `
    export async function run({ inputs, outputs }) {
      await outputs.value.write(1 + await inputs.value.read());
    }`,
  "study.ts": `
    import * as atelier from "./atelier.ts";
    import { job } from "./job.ts";
    const { defineStage, json, optional, family, published, table, matrix, array, bytes, text, z } = atelier;
    const stage = (name, module, reads) => defineStage({
      name,
      about: name,
      module: import.meta.resolve(module),
      reads,
      writes: ${writes},
      jobs: { job },
      keyed: (parameters) => parameters.keyed ?? null,
    });
    export const plan = (given) => {
      const stages = ${JSON.stringify(Object.keys(modules))}.map((module) =>
        stage(module.slice(0, -3), "./" + module, {})
      );
      const after = stages.map(({ name, writes }) =>
        stage("after-" + name, "./after.ts", { value: writes.value })
      );
      return [...stages, ...(given.after ? after : [])].map((stage) => ({
        stage,
        parameters: given.each ?? {},
      }));
    };`,
  ...modules,
});

/** A stage's module that starts job `name` as others might. */
const starts = (name: string, other: string) => `
  export async function run({ parameters: { folder }, outputs, jobs }) {
    await outputs.value.write(5);
    const value = { file: { path: "none", sha256: "0".repeat(64) }, read: () => Promise.resolve(1) };
    const parameters = { folder, name: "${name}", other: "${other}" };
    await jobs.job({ name: "wait", label: "wait for ${other}", parameters, inputs: { value } });
  }`;

Deno.test("stages that do not need each other run side by side", () =>
  withSources(
    stagesOf({ "first.ts": starts("first", "second"), "second.ts": starts("second", "first") }),
    async (toy) => {
      toy.configure({ each: { folder: toy.path("begun") } });
      assertEquals((await toy.run()).toSorted(), ["first", "second"]);
    },
  ));

Deno.test("equal jobs that are asked for at once run once, each under its own label", () =>
  withSources(
    stagesOf({
      "first.ts": starts("same", "same"),
      "second.ts": starts("same", "same").replace("wait for same", "another wait"),
    }),
    async (toy) => {
      toy.configure({ each: { folder: toy.path("begun") } });
      await toy.run();
      const [one, two] = [await toy.manifest("first"), await toy.manifest("second")]
        .map(({ provenance }) => provenance.jobs.wait);
      assertEquals(one.facts, two.facts);
      assertEquals(one.key, two.key);
      assertEquals([one.label, two.label], ["wait for same", "another wait"]);
    },
  ));

const BAD = 'export const run = () => { throw new Error("the ink is dry"); };';

Deno.test("a stage that fails leaves the others to finish; what needs it does not run", () =>
  withSources(
    stagesOf({
      "bad.ts": BAD,
      "fine.ts": `
        export async function run({ outputs }) {
          await new Promise((resolve) => setTimeout(resolve, 200));
          await outputs.value.write(1);
        }`,
    }),
    async (toy) => {
      toy.configure({ after: true });
      const error = await assertRejects(() => toy.run(), Error);
      assertEquals(error.message, "Stage bad: the ink is dry");
      const kinds = toy.events.map((event) => "stage" in event && `${event.type} ${event.stage}`);
      assertEquals(kinds.indexOf("failed bad") < kinds.indexOf("finished fine"), true);
      assert(kinds.includes("finished after-fine"));
      assert(!kinds.includes("started after-bad"));
      assert(!kinds.includes("failed after-bad"));
      assertEquals(Object.keys(await toy.stale()), ["bad", "after-bad"]);
    },
  ));

Deno.test("a stage whose manifest cannot be read again fails, with what is wrong with it", () =>
  withToy(async (toy) => {
    const { readTextFile } = Deno;
    Deno.readTextFile = async (path, options) => {
      const content = await readTextFile(path, options);
      if (!String(path).endsWith("numbers/manifest.json")) return content;
      throw new Error(`Input/output error: readfile '${path}'`);
    };
    try {
      await assertRejects(
        () => toy.run(),
        Error,
        "Stage numbers: manifest.json cannot be read: Input/output error",
      );
    } finally {
      Deno.readTextFile = readTextFile;
    }
    assertEquals(await toy.run(), ["sums", "page"]);
    assertEquals(await toy.stale(), {});
  }));

Deno.test("where several stages fail, all are named", () =>
  withSources(stagesOf({ "bad.ts": BAD, "worse.ts": BAD }), async (toy) => {
    const error = await assertRejects(() => toy.run(), Error);
    assertEquals(error.message, "Stage bad: the ink is dry\nStage worse: the ink is dry");
  }));

/** Runs one stage with a module of this text, which is expected to fail. */
const refused = (module: string, message: string, writes?: string) =>
  withSources(stagesOf({ "one.ts": module }, writes), async (toy) => {
    toy.configure({ each: { folder: toy.path("begun") } });
    assertEquals((await assertRejects(() => toy.run(), Error)).message, `Stage one: ${message}`);
    assertEquals(await toy.stale(), {
      one: ["it has not run yet: results hold no manifest"],
    });
  });

Deno.test("an artifact written twice is refused by name", () =>
  refused(
    `export async function run({ outputs }) {
      await Promise.all([outputs.value.write(1), outputs.value.write(2)]);
    }`,
    "it writes value.json twice",
  ));

Deno.test("a value that is not of its artifact's form is refused by name", () =>
  refused(
    "export const run = ({ outputs }) => outputs.value.write(0.5);",
    "it writes value.json: ✖ Invalid input: expected int, received number",
  ));

Deno.test("an artifact that was not written is refused by name", () =>
  refused(
    "export const run = ({ outputs }) => outputs.value.write(1);",
    "it did not write deep-inner.json",
    "{ value: json(z.int()), deep: { inner: json(z.int()) }, rest: optional(json(z.int())) }",
  ));

Deno.test("two jobs of one name in a stage are refused", () =>
  refused(
    starts("same", "same").replace("await jobs", "const twice = () => jobs")
      .replace(/\}\s*$/, "await Promise.all([twice(), twice()]); }"),
    "it starts two jobs called wait",
  ));

Deno.test("a job is refused in the driver for its parameters and for what it lacks", async () => {
  const wrong = starts("same", "same").replace('"same" }', '"same", places: 9 }');
  await withSources(stagesOf({ "one.ts": wrong }), async (toy) => {
    toy.configure({ each: { folder: toy.path("begun") } });
    const error = await assertRejects(() => toy.run(), Error);
    assertStringIncludes(error.message, "Stage one: job wait for same is asked for with other");
    assertStringIncludes(error.message, "places");
    assertEquals(await Array.fromAsync(Deno.readDir(toy.path(".cache/jobs"))), []);
  });
  await refused(
    starts("same", "same").replace("inputs: { value }", "inputs: {}"),
    "job wait for same is asked for without value",
  );
});

Deno.test("an input that its stage may leave out reads undefined where it did", () =>
  withSources(
    {
      ...stagesOf(
        {
          "one.ts":
            "export const run = ({ parameters, outputs }) => parameters.keyed && outputs.value.write(1);",
        },
        "{ value: optional(json(z.int())) }",
      ),
      "after.ts": `
        export async function run({ inputs, outputs }) {
          const value = await inputs.value.read();
          await outputs.value.write(value ?? 7);
        }`,
    },
    async (toy) => {
      toy.configure({ after: true });
      await toy.run();
      const made = async () => {
        const { file } = (await toy.manifest("after-one")).outputs["value.json"];
        return await text(toy.path(`results/after-one/${file}`));
      };
      assertEquals(await made(), "7\n");
      assertEquals(await toy.run(), []);
      toy.configure({ each: { keyed: 1 } });
      await toy.run();
      assertEquals(await made(), "1\n");
      toy.configure({ each: {} });
      await toy.run(["one"]);
      assertEquals(
        (await toy.stale())["after-one"].includes("input one/value.json is no longer there"),
        true,
      );
      await toy.run();
      assertEquals(await made(), "7\n");
      assertEquals(await toy.stale(), {});
    },
  ));

Deno.test("a family has members of any name; a published file has its own", () =>
  withSources(
    stagesOf(
      {
        "one.ts": `
          export async function run({ parameters, outputs, link }) {
            await outputs.value.write(1);
            const names = [];
            for (const name of parameters.keyed) {
              names.push(await outputs.figures.write(name, "<svg>" + name + "</svg>"));
            }
            await outputs.list.write(names.join("\\n"));
          }`,
      },
      '{ value: json(z.int()), figures: family(text(".svg")), list: published("list.md", text(".md")) }',
    ),
    async (toy) => {
      const listed = async (keyed: readonly string[]) => {
        toy.configure({ each: { keyed } });
        await toy.run();
        const names = (await text(toy.path("list.md"))).split("\n").filter((name) => name);
        const there = Object.keys(await tree(toy.path("results/one")));
        assertEquals(there.filter((name) => name.endsWith(".svg")).sort(), names.toSorted());
        return names.map((name) => name.replace(/-[0-9a-f]{12}/, ""));
      };
      assertEquals(await listed(["a", "b-c"]), ["a.svg", "b-c.svg"]);
      assertEquals(await listed([]), []);
    },
  ));

Deno.test("a second run says at once for whom it waits, and goes on after it", () =>
  withSources(stagesOf({ "one.ts": starts("one", "other") }), async (toy) => {
    toy.configure({ each: { folder: toy.path("begun") } });
    const first = toy.run();
    while (!await Deno.stat(toy.path("begun/one")).catch(() => undefined)) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const second = toy.run();
    let waiting;
    while (!(waiting = toy.events.find((event) => event.type === "waiting"))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assertEquals(waiting.holder?.pid, Deno.pid);
    const age = Date.now() - Date.parse(waiting.holder!.since);
    assert(age >= 0 && age < 60_000, `it began ${age} ms ago`);
    await Deno.writeTextFile(toy.path("begun/other"), "");
    assertEquals(await first, ["one"]);
    assertEquals(await second, []);
    assertEquals(toy.events.filter(({ type }) => type === "waiting").length, 1);
  }));

Deno.test("a run that waits for another one ends when it is told to", () =>
  withToy(async (toy) => {
    await Deno.mkdir(toy.path(".cache"));
    using file = await Deno.open(join(toy.path(".cache"), "lock"), { write: true, create: true });
    await file.lock(true);
    const aborter = new AbortController();
    const running = toy.run(undefined, { signal: aborter.signal });
    const look = setInterval(() => {
      if (toy.events.length > 1) aborter.abort(new Error("enough"));
    }, 50);
    assertEquals((await assertRejects(() => running, Error)).message, "enough");
    clearInterval(look);
    // Nobody has said who has it.
    assertEquals(toy.events, [
      { type: "looking" },
      { type: "waiting", holder: null, state: "works" },
    ]);
  }));

Deno.test("what a stage may read of one that is not planned counts as left out, until that one is", () =>
  withSources({
    "study.ts": `
      import { first } from "./first.ts";
      import { second } from "./second.ts";
      const absent = { value: { ...second.reads.value, absent: true } };
      export const plan = (given) => given.both
        ? [{ stage: first, parameters: null }, { stage: second, parameters: null }]
        : [{ stage: { ...second, reads: absent }, parameters: null }];`,
    "first.ts": `
      import { defineStage, json, z } from "./atelier.ts";
      export const first = defineStage({
        name: "first",
        about: "Writes",
        module: import.meta.resolve("./write.ts"),
        writes: { value: json(z.int()) },
        keyed: () => null,
      });`,
    "write.ts": "export const run = ({ outputs }) => outputs.value.write(7);",
    "second.ts": `
      import { defineStage, json, optional, z } from "./atelier.ts";
      import { first } from "./first.ts";
      export const second = defineStage({
        name: "second",
        about: "Reads",
        module: import.meta.resolve("./read.ts"),
        reads: { value: optional(first.writes.value) },
        writes: { said: json(z.string()) },
        keyed: () => null,
      });`,
    "read.ts": `
      export async function run({ inputs, outputs }) {
        await outputs.said.write("it is " + await inputs.value.read());
      }`,
  }, async (toy) => {
    const said = async () => {
      const { file } = (await toy.manifest("second")).outputs["said.json"];
      return JSON.parse(await text(toy.path(`results/second/${file}`)));
    };
    assertEquals(await toy.run(), ["second"]);
    assertEquals(await said(), "it is undefined");
    assertEquals(await toy.stale(), {});
    toy.configure({ both: true });
    assertEquals((await toy.stale()).second, ["waits for first"]);
    assertEquals(await toy.run(["second"]), ["first", "second"]);
    assertEquals(await said(), "it is 7");
    toy.configure({ both: false });
    assertEquals(await toy.stale(), {
      second: ["input first/value.json is no longer there"],
    });
    assertEquals(await toy.run(), ["second"]);
    assertEquals(await said(), "it is undefined");
  }));
