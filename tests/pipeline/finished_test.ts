import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import type { Executor } from "../../src/pipeline/executor.ts";
import type { Equipment } from "../../src/pipeline/stage.ts";
import { FAST, inProcess, SLOW, type Toy, tree, withToy } from "../support/toy.ts";

/** The keys of the finished jobs. */
const kept = async (toy: Toy) =>
  (await Array.fromAsync(Deno.readDir(toy.path(".cache/jobs")))).map(({ name }) => name).sort();

/** Runs the toy without its earlier results, and returns how many of its two jobs ran. */
async function ran(toy: Toy, equipment: Equipment = SLOW): Promise<number> {
  await Deno.remove(toy.path("results"), { recursive: true }).catch(() => {});
  let count = 0;
  await toy.run(undefined, {
    equip: () => Promise.resolve(equipment),
    executor: (root) => {
      const inner = inProcess(root);
      return {
        ...inner,
        run: (...job) => {
          count++;
          return inner.run(...job);
        },
      };
    },
  });
  return count;
}

Deno.test("a finished job is found again: an interrupted stage continues", () =>
  withToy(async (toy) => {
    toy.configure({ sums: { offsets: [1, -1], times: 1, called: "offset" } });
    const first = Promise.withResolvers<void>();
    const executor = (root: string): Executor => {
      const inner = inProcess(root);
      return {
        ...inner,
        async run(job, ...more) {
          if (job.label === "offset -1") await first.promise;
          const outcome = await inner.run(job, ...more);
          first.resolve();
          return outcome;
        },
      };
    };
    await assertRejects(() => toy.run(undefined, { executor }), Error, "offset -1 is negative");
    const [key, ...more] = await kept(toy);
    assertEquals(more, []);
    const record = await Deno.readTextFile(toy.path(`.cache/jobs/${key}/job.json`));
    toy.configure({ sums: { offsets: [1, 2], times: 1, called: "another" } });
    await toy.run();
    const { sum1 } = (await toy.manifest("sums")).provenance.jobs;
    assertEquals(sum1.facts.process, JSON.parse(record).facts.process);
    // It is called as it was asked for this time.
    assertEquals(sum1.label, "another 1");
  }));

Deno.test("a finished job is found by what it is computed with, variant and version", () =>
  withToy(async (toy) => {
    assertEquals(await ran(toy), 2);
    assertEquals(await ran(toy), 0);
    assertEquals(await ran(toy, { ...SLOW, facts: { library: "none", version: "2" } }), 2);
    assertEquals(await ran(toy, FAST), 2);
    assertEquals(await ran(toy, { variant: "fast", facts: { library: "toy 2" } }), 2);
    assertEquals(await ran(toy, FAST), 0);
    assertEquals(await ran(toy), 0);
    assertEquals((await kept(toy)).length, 8);
  }));

Deno.test("a job that knows no variants is found whatever there is to compute with", () =>
  withToy(async (toy) => {
    toy.edit("sum/job.ts", "variants: {", "variants: {}, apart: [], unused: {");
    await ran(toy);
    assertEquals(await ran(toy, FAST), 0);
    assertEquals((await toy.manifest("sums")).ingredients.computed, null);
  }));

Deno.test("a job whose parameters, inputs, code or product are others is run", () =>
  withToy(async (toy) => {
    await ran(toy, FAST);
    toy.configure({ sums: { offsets: [2, 3], times: 1, called: "offset" } });
    assertEquals(await ran(toy, FAST), 1);
    toy.configure({ numbers: { count: 5 } });
    assertEquals(await ran(toy, FAST), 2);
    toy.edit("sum/run.ts", "offset + added", "2 * offset + added");
    assertEquals(await ran(toy, FAST), 2);
    toy.edit("compiler/emit.ts", "by: times", "by: 2 * times");
    assertEquals(await ran(toy, FAST), 2);
    toy.edit("compiler/emit.ts", "by: 2 * times", "by: times * 2");
    toy.edit("engine/slow.ts", "times * x", "x");
    assertEquals(await ran(toy, FAST), 0);
  }));

Deno.test("forced, finished jobs of earlier runs are run again", () =>
  withToy(async (toy) => {
    await toy.run();
    const facts = async () =>
      Object.values((await toy.manifest("sums")).provenance.jobs).map(({ facts }) => facts.process);
    const before = await facts();
    await toy.run(["sums"], { force: true });
    const after = await facts();
    assertNotEquals(after[0], before[0]);
    assertNotEquals(after[1], before[1]);
  }));

/** Damages the finished jobs' folders, and checks how many run again and that the result is right. */
const runsAgain = (
  what: string,
  count: number,
  damage: (folders: readonly string[]) => void,
) =>
  Deno.test(what, () =>
    withToy(async (toy) => {
      await toy.run();
      const before = await Deno.readTextFile(toy.path("page.md"));
      damage((await kept(toy)).map((key) => toy.path(`.cache/jobs/${key}`)));
      assertEquals(await ran(toy), count);
      assertEquals(await Deno.readTextFile(toy.path("page.md")), before);
      assertEquals(await ran(toy), 0);
      // Nothing is left that was begun.
      const names = Object.keys(await tree(toy.path(".cache")));
      assert(!names.some((name) => /unfinished|\.part/.test(name)), names.join(" "));
    }));

const change = (file: string, edit: (text: string) => string) => ([folder]: readonly string[]) => {
  const path = join(folder, file);
  const text = Deno.readTextFileSync(path);
  const edited = edit(text);
  assertNotEquals(edited, text);
  Deno.writeTextFileSync(path, edited);
};

runsAgain("two finished jobs whose folders were swapped run again", 2, ([one, two]) => {
  Deno.renameSync(one, `${one}-aside`);
  Deno.renameSync(two, one);
  Deno.renameSync(`${one}-aside`, two);
});
runsAgain("a finished job in the place of another one runs again", 1, ([one, two]) => {
  Deno.removeSync(one, { recursive: true });
  Deno.mkdirSync(one);
  for (const { name } of Deno.readDirSync(two)) Deno.copyFileSync(join(two, name), join(one, name));
});
runsAgain("a finished job with a truncated file runs again", 1, change("sum.json", () => ""));
runsAgain("a finished job with an edited file runs again", 1, change("sum.json", () => "0\n"));
runsAgain(
  "a finished job without a file runs again",
  1,
  ([folder]) => Deno.removeSync(join(folder, "sum.json")),
);
runsAgain(
  "a finished job whose record names another file runs again",
  1,
  change("job.json", (text) => text.replace("sum.json", "../sum.json")),
);
runsAgain(
  "a finished job whose record has another digest runs again",
  1,
  change("job.json", (text) => text.replace(/"sum.json": "[0-9a-f]{8}/, '"sum.json": "00000000')),
);
runsAgain(
  "a finished job whose record is of other inputs runs again",
  1,
  change("job.json", (text) => text.replace(/"made": "[0-9a-f]{8}/, '"made": "00000000')),
);
runsAgain(
  "a finished job whose record has another key runs again",
  1,
  change("job.json", (text) => text.replace(/"key": "[0-9a-f]{8}/, '"key": "00000000')),
);
runsAgain(
  "a finished job whose record tells another time runs again",
  1,
  change("job.json", (text) => text.replace(/"seconds": 0/, '"seconds": 1')),
);
runsAgain(
  "a finished job whose record tells another fact runs again",
  1,
  change("job.json", (text) => text.replace(/"process": "[^"]/, '"process": "-')),
);
if (Deno.build.os !== "windows") {
  for (const file of ["job.json", "sum.json"]) {
    runsAgain(`a finished job with a pipe in the place of ${file} runs again`, 1, ([folder]) => {
      Deno.removeSync(join(folder, file));
      new Deno.Command("mkfifo", { args: [join(folder, file)] }).outputSync();
    });
  }
}
runsAgain(
  "a finished job whose record is cut off runs again",
  1,
  change("job.json", (text) => text.slice(0, 100)),
);
runsAgain(
  "a finished job without a record runs again",
  1,
  ([folder]) => Deno.removeSync(join(folder, "job.json")),
);

Deno.test("what an interrupted run left of its jobs is removed by the next one", () =>
  withToy(async (toy) => {
    await Deno.mkdir(toy.path(".cache/jobs/unfinished-1"), { recursive: true });
    await Deno.writeTextFile(toy.path(".cache/jobs/unfinished-1/sum.json"), "1");
    await toy.run();
    assertEquals((await kept(toy)).filter((name) => !/^[0-9a-f]{64}$/.test(name)), []);
  }));

Deno.test("a finished job that no run has asked for in a month goes; others and other files stay", () =>
  withToy(async (toy) => {
    await toy.run();
    const jobs = toy.path(".cache/jobs");
    const all = Array.from(Deno.readDirSync(jobs), ({ name }) => name);
    assertEquals(all.length, 2);
    const old = new Date(Date.now() - 40 * 24 * 60 * 60_000);
    for (const name of all) await Deno.utime(join(jobs, name, "job.json"), old, old);
    await Deno.mkdir(join(jobs, "of my own"));
    toy.configure({ sums: { offsets: [1], times: 1, called: "offset" } });
    await toy.run(["sums"]);
    const left = Array.from(Deno.readDirSync(jobs), ({ name }) => name);
    assertEquals(left.includes("of my own"), true);
    assertEquals(left.length, 2);
  }));

Deno.test({
  name: "what a job finished, everybody may read who may read what is made beside it",
  // No modes.
  ignore: Deno.build.os === "windows",
  fn: () =>
    withToy(async (toy) => {
      await toy.run();
      const mode = async (path: string) => (await Deno.stat(path)).mode! & 0o777;
      const [key] = await kept(toy);
      assertEquals(
        await mode(toy.path(`.cache/jobs/${key}`)),
        await mode(toy.path("results/sums")),
      );
    }),
});

Deno.test("a finished job is used where nobody may note that it was asked for", () =>
  withToy(async (toy) => {
    await toy.run();
    const { utime } = Deno;
    Deno.utime = () => Promise.reject(new Deno.errors.PermissionDenied("not yours"));
    try {
      assertEquals(await ran(toy), 0);
    } finally {
      Deno.utime = utime;
    }
  }));
