import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Executor, JobFailure, type ReadyJob, Stopped } from "../../src/pipeline/executor.ts";
import { bounded } from "../../src/pipeline/pool.ts";
import { processes } from "../../src/pipeline/processes.ts";
import { inFolder } from "../support/data_files.ts";
import {
  inProcess,
  jobCalled,
  READ,
  reading,
  SLOW,
  type Toy,
  twoProcesses,
  withToy,
  writeJob,
} from "../support/toy.ts";

/** A job by its label, of modules that are not there unless they are given. */
/** An executor whose jobs end when the test says so, or with an error when it is stopped. */
function byHand() {
  const running = new Map<string, PromiseWithResolvers<void>>();
  const executor: Executor = {
    async run({ label }) {
      const ended = Promise.withResolvers<void>();
      running.set(label, ended);
      try {
        await ended.promise;
      } finally {
        running.delete(label);
      }
      return { seconds: 1, facts: { label } };
    },
    stop() {
      for (const { reject } of running.values()) reject(new Error("it was ended"));
      return Promise.resolve();
    },
  };
  return { executor, running };
}

/** Lets all go on that can. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

const silent = () => {};

/** Waits for a file and returns its text. */
async function appears(path: string): Promise<string> {
  for (const began = Date.now(); Date.now() - began < 20_000;) {
    const text = await Deno.readTextFile(path).catch(() => "");
    if (text) return text;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${path} has not appeared`);
}

/** Whether a process runs, one that nobody has waited for apart. */
async function runs(pid: string): Promise<boolean> {
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "stat=", "-p", pid] }).output();
  const state = new TextDecoder().decode(stdout).trim();
  return state !== "" && !state.startsWith("Z");
}

Deno.test("places are given in the order in which jobs ask, and no more than there are", async () => {
  const { executor, running } = byHand();
  const two = bounded(executor, 2);
  const names = ["a", "b", "c", "d"];
  const all = Promise.all(names.map((name) => two.run(jobCalled(name), "", silent)));
  await settle();
  assertEquals([...running.keys()], ["a", "b"]);
  running.get("b")!.resolve();
  await settle();
  assertEquals([...running.keys()], ["a", "c"]);
  // One that asks later does not overtake those that wait.
  const late = two.run(jobCalled("e"), "", silent);
  running.get("a")!.resolve();
  await settle();
  assertEquals([...running.keys()], ["c", "d"]);
  running.get("c")!.resolve();
  running.get("d")!.resolve();
  await settle();
  assertEquals([...running.keys()], ["e"]);
  running.get("e")!.resolve();
  await late;
  assertEquals((await all).map(({ facts }) => facts.label), names);
});

Deno.test("a job that fails gives its place to the next one", async () => {
  const { executor, running } = byHand();
  const one = bounded(executor, 1);
  const failing = assertRejects(() => one.run(jobCalled("a"), "", silent), Error, "no ink");
  const next = one.run(jobCalled("b"), "", silent);
  running.get("a")!.reject(new Error("no ink"));
  await failing;
  await settle();
  running.get("b")!.resolve();
  await next;
});

Deno.test("stopped, an executor ends what runs and takes nothing more", async () => {
  const { executor } = byHand();
  const one = bounded(executor, 1);
  const running = assertRejects(() => one.run(jobCalled("a"), "", silent), Error, "it was ended");
  const waiting = assertRejects(
    () => one.run(jobCalled("b"), "", silent),
    Stopped,
    "b was not run",
  );
  await one.stop();
  await running;
  await waiting;
  await assertRejects(() => one.run(jobCalled("c"), "", silent), Stopped);
  const { stop, run } = processes({ root: "none", rights: reading() });
  await stop();
  await assertRejects(() => run(jobCalled("d"), "none", silent), Stopped, "d was not run");
});

Deno.test("jobs run on whatever executor a run is given", () =>
  withToy(async (toy) => {
    const ran: ReadyJob[] = [];
    const executor = (root: string): Executor => {
      const inner = inProcess(root);
      return {
        async run(job, output, progress) {
          ran.push(job);
          const outcome = await inner.run(job, output, progress);
          return { seconds: 77, facts: { ...outcome.facts, where: "elsewhere" } };
        },
        stop: inner.stop,
      };
    };
    await toy.run(undefined, { executor });
    assertEquals(
      ran.map(({ label, job, module, declaration, parameters, equipment, files }) => ({
        label,
        job,
        module,
        declaration,
        parameters,
        equipment,
        files: Object.keys(files),
      })).toSorted((a, b) => a.label < b.label ? -1 : 1),
      [1, 2].map((offset) => ({
        label: `offset ${offset}`,
        job: "sum",
        module: "sum/run.ts",
        declaration: "sum/job.ts",
        parameters: { offset, times: 1 },
        equipment: SLOW,
        files: ["numbers.json"],
      })),
    );
    const { sum1 } = (await toy.manifest("sums")).provenance.jobs;
    assertEquals([sum1.seconds, sum1.facts.where], [77, "elsewhere"]);
  }));

Deno.test("a job that wrote no file its stage reads fails the stage by name", () =>
  withToy(async (toy) => {
    const executor = (): Executor => ({
      run: () => Promise.resolve({ seconds: 0, facts: {} }),
      stop: () => Promise.resolve(),
    });
    const error = await assertRejects(() => toy.run(undefined, { executor }), Error);
    assertEquals(error.message, "Stage sums: there is no sum.json to read");
  }));

Deno.test("stopped while it makes a job ready, an executor starts no process for it", () =>
  inFolder(async (root) => {
    const output = await writeJob(
      root,
      "parameters: z.strictObject({}), reads: {}, writes: { out: text('.txt') }",
      `export const run = ({ outputs }) => outputs.out.write("it ran");`,
    );
    const executor = processes({
      root,
      rights() {
        void executor.stop();
        return reading()();
      },
    });
    await assertRejects(() => executor.run(jobCalled("late"), output, () => {}), Stopped);
    assertEquals(await Array.fromAsync(Deno.readDir(output)), []);
  }));

Deno.test("what an executor throws fails the stage, and the executor is stopped", () =>
  withToy(async (toy) => {
    const stopped: string[] = [];
    const executor = (): Executor => ({
      run: () => Promise.reject(new Error("the queue is away")),
      stop: () => Promise.resolve(void stopped.push("stopped")),
    });
    await assertRejects(
      () => toy.run(undefined, { executor }),
      Error,
      "Stage sums: the queue is away",
    );
    assertEquals(stopped, ["stopped"]);
  }));

/** Makes the toy's jobs record their process in a folder and then never end. */
function loopForever(toy: Toy): string {
  const folder = toy.path("pids");
  Deno.mkdirSync(folder);
  toy.edit(
    "sum/run.ts",
    "progress(1, 2",
    `await Deno.writeTextFile(${JSON.stringify(folder)} + "/" + offset, String(Deno.pid));
      for (;;) await new Promise((resolve) => setTimeout(resolve, 50));
      progress(1, 2`,
  );
  return folder;
}

/** Processes that may write where the jobs of `loopForever` do. */
const loopingProcesses = (folder: string) => (root: string) =>
  bounded(processes({ root, rights: reading(`--allow-write=${folder}`) }), 2);

Deno.test("a run that is told to end ends its jobs and rejects with the reason", () =>
  withToy(async (toy) => {
    const folder = loopForever(toy);
    const aborter = new AbortController();
    const running = assertRejects(
      () => toy.run(undefined, { executor: loopingProcesses(folder), signal: aborter.signal }),
      Error,
    );
    const pids = await Promise.all([1, 2].map((offset) => appears(join(folder, `${offset}`))));
    const reason = new Error("that is enough");
    aborter.abort(reason);
    assert(await running === reason, "it rejected with something else");
    assertEquals(await Promise.all(pids.map(runs)), [false, false]);
    // What had finished stays, and nothing half-written.
    assertEquals(Object.keys(await toy.stale()), ["sums", "page"]);
    const left = await Array.fromAsync(Deno.readDir(toy.path(".cache/jobs")), ({ name }) => name);
    assertEquals(left, []);
    const before = new AbortController();
    before.abort(reason);
    const again = await assertRejects(() => toy.run(undefined, { signal: before.signal }), Error);
    assert(again === reason);
  }));

Deno.test("a worker may write to its output only", () =>
  withToy(async (toy) => {
    toy.edit(
      "sum/run.ts",
      "progress(1, 2",
      `await Deno.writeTextFile(${JSON.stringify(toy.path("stray"))}, ""); progress(1, 2`,
    );
    const error = await assertRejects(() => toy.run(undefined, { executor: twoProcesses }), Error);
    assertStringIncludes(error.message, "Requires write access");
  }));

Deno.test("a worker may read the project, its files and its own folder, and nothing else", () =>
  withToy(async (toy) => {
    await Deno.writeTextFile(toy.path("secret"), "");
    toy.edit(
      "sum/run.ts",
      "progress(1, 2",
      `await Deno.readTextFile(${JSON.stringify(toy.path("secret"))}); progress(1, 2`,
    );
    const error = await assertRejects(() => toy.run(undefined, { executor: twoProcesses }), Error);
    assertStringIncludes(error.message, "Requires read access");
  }));

Deno.test("a cache may be a link to another disk", {
  ignore: Deno.build.os === "windows",
}, () =>
  withToy(async (toy) => {
    const elsewhere = await Deno.makeTempDir({ prefix: "atelier-elsewhere-" });
    try {
      await Deno.symlink(elsewhere, toy.path(".cache"));
      const executor = (root: string) =>
        bounded(processes({ root, rights: reading(), cache: toy.path(".cache") }), 2);
      await toy.run(undefined, { executor });
      assertEquals(await toy.stale(), {});
    } finally {
      await Deno.remove(elsewhere, { recursive: true });
    }
  }));

/** Runs a job in a process: `work` is the text of its module. */
const inWorker = (
  work: string,
  test: (
    run: (more?: Partial<ReadyJob>) => Promise<unknown>,
    output: string,
    root: string,
  ) => Promise<void>,
) =>
  inFolder(async (root) => {
    const output = await writeJob(
      root,
      `parameters: z.strictObject({ rate: z.number().positive().optional() }),
       reads: { given: optional(json(z.int())) },
       writes: { value: json(z.int()), rest: optional(text(".txt")) },`,
      work,
    );
    const { run } = processes({ root, rights: reading("--allow-run") });
    await test((more = {}) => run(jobCalled("the job", more), output, silent), output, root);
  });

Deno.test("a worker refuses parameters that are not its job's, by name of the setting", () =>
  inWorker("export const run = () => {};", async (run) => {
    const error = await assertRejects(() => run({ parameters: { rate: -1 } }), JobFailure);
    assertStringIncludes(error.message, "Job the job (work.ts) failed: the parameters of job toy");
    assertStringIncludes(error.message, "rate");
    assertEquals(error.kind, "TypeError");
    await assertRejects(() => run({ parameters: { rates: 1 } }), JobFailure, "rates");
  }));

Deno.test("a worker writes what is of its declaration's form, records facts, and reads what it is given", () =>
  inWorker(
    `export async function run({ parameters, equipment, inputs, outputs, record }) {
       console.log("a library says something");
       console.log('{"type":"unknown"}');
       record({ rate: parameters.rate, ...equipment.facts });
       record({ given: await inputs.given.read() ?? "nothing" });
       await outputs.value.write(parameters.rate);
     }`,
    async (run, output) => {
      const outcome = await run({ parameters: { rate: 3 } });
      assertEquals(Object(outcome).facts, { rate: 3, library: "none", given: "nothing" });
      assertEquals(await Deno.readTextFile(join(output, "value.json")), "3\n");
      await assertRejects(() => run({ parameters: { rate: 0.5 } }), JobFailure, "expected int");
      const path = join(output, "value.json");
      const given = await run({
        parameters: { rate: 4 },
        files: { "given.json": { path, sha256: "" } },
      });
      assertEquals(Object(given).facts.given, 3);
    },
  ));

Deno.test("a job that leaves out what it has to write, or writes it twice, is refused by name", async () => {
  const refused = (work: string, message: string) =>
    inWorker(work, async (run) => {
      await assertRejects(() => run(), JobFailure, message);
    });
  await refused(
    'export const run = ({ outputs }) => outputs.rest.write("a");',
    "it did not write value.json",
  );
  await refused(
    `export const run = ({ outputs }) =>
       Promise.all([outputs.value.write(1), outputs.value.write(2)]);`,
    "it writes value.json twice",
  );
});

Deno.test("what a job throws arrives with its kind and what it carries", () =>
  inWorker(
    `class DivergenceError extends Error {
       name = "DivergenceError";
       constructor(epoch) { super("diverged in epoch " + epoch); this.epoch = epoch; }
     }
     export const run = () => { throw new DivergenceError(3); };`,
    async (run) => {
      const error = await assertRejects(() => run(), JobFailure);
      assertEquals(error.kind, "DivergenceError");
      assertEquals(error.data.epoch, 3);
      assertStringIncludes(error.message, "failed: diverged in epoch 3");
    },
  ));

Deno.test("a process that ends by itself fails its job, with what it said last", () =>
  inWorker(
    'export const run = () => { console.error("out of paper"); Deno.exit(7); };',
    async (run) => {
      const error = await assertRejects(() => run(), Error);
      assertStringIncludes(error.message, "Job the job (work.ts) failed: its process ended with 7");
      assertStringIncludes(error.message, "out of paper");
    },
  ));

Deno.test("a process that is killed fails its job, with the signal", () =>
  inWorker(
    'export const run = () => Deno.kill(Deno.pid, "SIGKILL");',
    async (run) => {
      await assertRejects(() => run(), Error, "its process was ended by SIGKILL");
    },
  ));

/** Starts a job in a driver of its own, kills that, and sees to it that the job ends. */
const endsWithItsDriver = (launch: readonly string[] | undefined) =>
  inWorker(
    `export async function run({ outputs }) {
       await outputs.rest.write(String(Deno.pid));
       for (;;) await new Promise((resolve) => setTimeout(resolve, 50));
     }`,
    async (_, output, root) => {
      const given = [jobCalled("the job"), output].map((value) => JSON.stringify(value)).join(", ");
      await Deno.writeTextFile(
        join(root, "driver.ts"),
        `import { processes } from "${new URL("../../src/pipeline/processes.ts", import.meta.url)}";
         const { run } = processes({ root: ${JSON.stringify(root)}, rights: () => ({ flags: [${
          JSON.stringify(READ)
        }], read: [] }), launch: ${JSON.stringify(launch)} });
         await run(${given}, () => {});`,
      );
      const config = fileURLToPath(new URL("../../deno.json", import.meta.url));
      const driver = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--config", config, join(root, "driver.ts")],
        stdout: "null",
      }).spawn();
      let pid = "";
      try {
        pid = await appears(join(output, "rest.txt"));
        assert(await runs(pid), "the worker does not run");
      } finally {
        driver.kill("SIGKILL");
        await driver.status;
      }
      for (const killed = Date.now(); await runs(pid);) {
        assert(Date.now() - killed < 20_000, "the worker still runs");
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  );

Deno.test("a worker ends within two seconds of its driver's death", () =>
  endsWithItsDriver(undefined));

Deno.test("so does one behind a launcher that is told nothing", {
  ignore: Deno.build.os === "windows",
}, () => endsWithItsDriver(["/bin/sh", "-c", 'trap "" TERM HUP; "$@"; exit $?', "sh"]));

Deno.test("nothing ends the process but what runs in one of its own", async () => {
  const src = new URL("../../src/", import.meta.url);
  const ending: string[] = [];
  const visit = async (folder: URL) => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory) await visit(new URL(`${name}/`, folder));
      else if ((await Deno.readTextFile(new URL(name, folder))).includes("Deno.exit")) {
        ending.push(new URL(name, folder).href.slice(src.href.length));
      }
    }
  };
  await visit(src);
  assertEquals(ending.sort(), ["pipeline/worker.ts", "runtime/half_probe.ts", "runtime/probe.ts"]);
});
