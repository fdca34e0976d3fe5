/** Jobs on a queue: workers with clones and caches of their own, and a Redis of the tests' own. */
import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { folderStore } from "../support/folder_store.ts";
import { openLine } from "../../src/machines/line.ts";
import { work } from "../../src/machines/worker.ts";
import { type Executor, JobFailure } from "../../src/pipeline/executor.ts";
import { digestPlan } from "../../src/pipeline/keys.ts";
import { outputsOf, withQueue } from "../support/queue.ts";
import { canSecure, CERTIFICATE, redisServer } from "../support/redis.ts";
import { FAST, planOf, SLOW, type Toy, twoProcesses, withToy } from "../support/toy.ts";

/** Only where no redis-server (of Debian's package of that name, say) is on this machine. */
const ignore = redisServer === undefined;

/** The jobs that had finished before, in all runs of a toy. */
const found = ({ events }: Toy) =>
  events.flatMap((event) => event.type === "job" && event.state === "found" ? [event.label] : [])
    .sort();

/** Makes every job of the toy take longer. */
const SLOWER = ["record({", "await new Promise((r) => setTimeout(r, 800)); record({"] as const;

Deno.test({
  name: "two workers in clones of their own make the bytes of a local run",
  ignore,
  async fn() {
    let local: Record<string, string> = {};
    await withToy(async (toy) => {
      await toy.run(undefined, { executor: twoProcesses });
      local = await outputsOf(toy);
    });
    await withQueue(async ({ toy, worker, driver, told }) => {
      toy.edit("sum/run.ts", ...SLOWER);
      const run = toy.run(undefined, await driver());
      while (told.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      assertEquals(told[0].state, "nobody");
      assertMatch(
        told[0].message,
        /^Since \d\d:\d\d:\d\d jobs wait for a worker: `deno task worker --queue=redis:/,
      );
      const workers = [await worker("one"), await worker("two")];
      await run;
      assertEquals(await outputsOf(toy), local);
      const { provenance } = await toy.manifest("sums");
      const machines = Object.values(provenance.jobs).map(({ facts }) => facts.machine);
      assert(machines.every((it) => it instanceof Object && "host" in it && "processor" in it));
      const notes = toy.events.flatMap((event) => event.type === "progress" ? [event.note] : []);
      assert(notes.some((note) => /^on (one|two)$/.test(note ?? "")));
      for (const each of workers) assertEquals(await each.end("SIGINT"), 130);
      assertEquals(told.map(({ state }) => state), ["nobody", "somebody"]);
    });
  },
});

Deno.test({
  name: "by way of TLS, a run and a worker make the bytes of a local run",
  ignore: !canSecure,
  async fn() {
    let local: Record<string, string> = {};
    await withToy(async (toy) => {
      await toy.run();
      local = await outputsOf(toy);
    });
    await withQueue(async ({ toy, worker, run }) => {
      // What a process believes is settled when it starts.
      const [one, driver] = await Promise.all([worker("one"), run(toy.path(""))]);
      const { code } = await driver.child.status;
      assertEquals(code, 0, driver.said.join("\n"));
      assertEquals(await outputsOf(toy), local);
      assert(one.said[0].includes(" at rediss://127.0.0.1:"), one.said[0]);
    }, { tls: CERTIFICATE });
  },
});

Deno.test({
  name:
    "what has finished needs no worker, and what has not says which one it waits for, and since when",
  ignore,
  fn: () =>
    withQueue(async ({ toy, worker, driver, redis, store, told }) => {
      // By a machine that no queue knows.
      const shared = await folderStore(store);
      await withToy((other) => other.run(undefined, { shared }).then(() => {}));
      await toy.run(undefined, await driver({ here: SLOW }));
      assertEquals(told, []);
      assertEquals(found(toy), ["offset 1", "offset 2"]);

      toy.configure({ sums: { offsets: [3, 1, 2], times: 1, called: "offset" } });
      const run = toy.run(undefined, await driver({ here: SLOW }));
      const says = async (what: RegExp) => {
        while (!what.test(told.at(-1)?.message ?? "")) {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      await says(/^Since \d\d:\d\d:\d\d jobs wait for a worker of none: .* starts one\.$/);
      const line = await openLine(redis.address);
      await line.sign({
        ...{ id: "x", host: "x", slots: 9, equipment: FAST, processor: "toy", revision: null },
        ...{ since: new Date().toISOString(), store },
      });
      await says(
        / Those that are there are of toy 1: they do the jobs of a run that is started now/,
      );
      await line.leave("x");
      line.close();
      const one = await worker("one");
      await run;
      assertEquals(one.said.filter((line) => /: runs$/.test(line)), ["offset 3: runs"]);
      assertEquals(await one.end("SIGINT"), 130);

      // The queue remembers what the worker computed with, and another clone has nothing else.
      assertStringIncludes(await redis.ask("SCARD", "atelier:workers"), ":0");
      told.length = 0;
      await withToy(async (fresh) => {
        fresh.configure({ sums: { offsets: [3, 1, 2], times: 1, called: "offset" } });
        await fresh.run(undefined, await driver());
        assertEquals(found(fresh), ["offset 1", "offset 2", "offset 3"]);
      });
      assertEquals(told, []);
    }),
});

Deno.test({
  name:
    "where a job's module throws, the run hears of it as from a job of its own, and it ran once",
  ignore,
  async fn() {
    const settings = { sums: { offsets: [1, -1], times: 1, called: "offset" } };
    const failures: Error[] = [];
    const failing = async (run: Promise<unknown>) => {
      const { cause } = await assertRejects(() => run, Error, "offset -1 is negative");
      assert(cause instanceof JobFailure);
      failures.push(cause);
    };
    await withToy(async (toy) => {
      toy.configure(settings);
      await failing(toy.run(undefined, { executor: twoProcesses }));
    });
    await withQueue(async ({ toy, worker, driver }) => {
      toy.configure(settings);
      const { said } = await worker("one", { slots: 2 });
      await failing(toy.run(undefined, await driver()));
      assertEquals(said.filter((line) => line === "offset -1: runs").length, 1);
      // A later run tries again what failed, and takes what did not.
      await failing(toy.run(undefined, await driver()));
      assertEquals(said.filter((line) => line === "offset -1: runs").length, 2);
      assertEquals(said.filter((line) => line === "offset 1: runs").length, 1);
    });
    const told = failures.map(({ message, ...rest }) => ({ message, ...rest }));
    assertEquals(told.slice(1), [told[0], told[0]]);
  },
});

Deno.test({
  name: "a worker with other code refuses, tells both revisions, and leaves the job to others",
  ignore,
  fn: () =>
    withQueue(async ({ toy, worker, driver, told }) => {
      const wrong = await worker("wrong");
      toy.edit("engine/slow.ts", "times * x", "x * times");
      const run = toy.run(undefined, await driver());
      await wrong.says(/is refused/);
      const { code: exit } = await wrong.child.status;
      assertEquals(exit, 2);
      const right = await worker("right");
      await run;
      assertEquals(right.said.filter((line) => /: done in/.test(line)).length, 2);
      const refusal = told.find(({ state }) => state === "refused");
      assertMatch(
        refusal!.message,
        /refused by the worker on wrong: its code \(wrong\).*\(driver\)/,
      );
    }),
});

Deno.test({
  name: "a run that is ended withdraws what waits; what runs comes to its end, and into the store",
  ignore,
  fn: () =>
    withQueue(async ({ toy, worker, driver, redis }) => {
      toy.edit("sum/run.ts", ...SLOWER);
      const one = await worker("one");
      const ending = new AbortController();
      const run = toy.run(undefined, { ...await driver(), signal: ending.signal });
      const ended = assertRejects(() => run, Error, "enough");
      await one.says(/: runs$/);
      ending.abort(new Error("enough"));
      const began = performance.now();
      await ended;
      assert(performance.now() - began < 500, "it does not wait for what runs");
      while (!(await redis.ask("ZCARD", "atelier:none/toy:completed")).includes(":1")) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assertEquals(one.said.filter((line) => /: runs$/.test(line)).length, 1);
      assertStringIncludes(await redis.ask("LLEN", "atelier:none/toy:wait"), ":0");
      await toy.run(undefined, await driver());
      assertEquals(one.said.filter((line) => /: runs$/.test(line)).length, 2);
    }),
});

Deno.test({
  name: "two runs at once wait for the same jobs, and one that is ended takes none from the other",
  ignore,
  fn: () =>
    withQueue(({ toy: one, worker, driver, redis }) =>
      withToy(async (two) => {
        const wait = "await new Promise((r) => setTimeout(r, 2000)); record({";
        one.edit("sum/run.ts", "record({", wait);
        two.edit("sum/run.ts", "record({", wait);
        const works = await worker("worker");
        const ending = new AbortController();
        const first = one.run(undefined, { ...await driver(), signal: ending.signal });
        const ended = assertRejects(() => first, Error, "enough");
        await works.says(/: runs$/);
        // One after the other, since two runs in one process would be in each other's way.
        const second = two.run(undefined, await driver());
        while (!(await redis.ask("SCARD", "atelier:drivers")).includes(":2")) {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        ending.abort(new Error("enough"));
        await Promise.all([ended, second]);
        assertEquals(works.said.filter((line) => /: runs$/.test(line)).length, 2);
      })
    ),
});

Deno.test({
  name: "a worker that is ended gives its job back at once, and another one takes it",
  ignore,
  fn: () =>
    withQueue(async ({ toy, worker, driver, told }) => {
      toy.edit("sum/run.ts", ...SLOWER);
      const first = await worker("first", { slots: 2 });
      const run = toy.run(undefined, await driver());
      await first.says(/offset 1: runs$/);
      await first.says(/offset 2: runs$/);
      assertEquals(await first.end("SIGTERM"), 143);
      const second = await worker("second", { slots: 2 });
      await run;
      const lost = told.filter(({ message }) => message.includes("its worker is gone"));
      assertEquals(lost, [], "it is not waited for a lock to run out");
      assertEquals(second.said.filter((line) => /: done in/.test(line)).length, 2);
    }),
});

Deno.test({
  name: "a job that says nothing is ended, tried three times, and fails with the three reasons",
  ignore,
  fn: () =>
    withQueue(async ({ toy, store, redis, driver, told }) => {
      const root = await toy.sources();
      const plan = await planOf(root, {});
      const ending = new AbortController();
      let runs = 0;
      const silent = (): Executor => {
        const stopped = Promise.withResolvers<never>();
        // On a busy machine it may be stopped before it is asked to run, as real ones may.
        stopped.promise.catch(() => {});
        return {
          run(_job, _output, progress) {
            runs++;
            progress(1, 2);
            return stopped.promise;
          },
          stop: () => Promise.resolve(stopped.reject(new Error("its process was ended"))),
        };
      };
      const works = work({
        ...{ plan, host: "one", slots: 2, equipment: SLOW, processor: "toy", revision: null },
        queue: redis.address,
        shared: await folderStore(store),
        code: await digestPlan(root, plan, new Map()),
        cache: toy.path("worker"),
        executor: silent,
        silence: 60,
        tell: () => {},
        signal: ending.signal,
      });
      toy.configure({ sums: { offsets: [1], times: 1, called: "offset" } });
      const { message } = await assertRejects(
        async () => toy.run(undefined, await driver()),
        Error,
      );
      const reason = "on one: its process said nothing for 0.001 minutes and was ended.";
      const reasons = Array(3).fill(reason).join("\n");
      assertEquals(
        message,
        `Stage sums: Job offset 1 failed: it ended badly 3 times:\n${reasons}`,
      );
      assertEquals(runs, 3);
      assertEquals(told.filter(({ state }) => state === "again").length, 2);
      ending.abort(new Error("enough"));
      await assertRejects(() => works, Error, "enough");
    }),
});
