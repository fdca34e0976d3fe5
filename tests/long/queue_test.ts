/** Machines that die, hang, are cut off or run full while jobs are on a queue: the bytes of a local run come out. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { canMount } from "../support/disk.ts";
import { ended } from "../support/people.ts";
import { outputsOf, type QueuedToy, type ToyWorker, withQueue } from "../support/queue.ts";
import { canSecure, CERTIFICATE, redisServer } from "../support/redis.ts";
import { tree, twoProcesses, withToy } from "../support/toy.ts";

const ignore = redisServer === undefined;
const ROUNDS = 5;
const JOBS = 6;

const sums = { offsets: [1, 2, 3, 4, 5, 6], times: 1, called: "offset" };
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** Some moment while the jobs run, in milliseconds. */
const moment = () => 200 + Math.random() * 3500;

/** What a local run makes. */
let local: Record<string, string> | undefined;
const expected = async (): Promise<Record<string, string>> => {
  if (local) return local;
  await withToy(async (toy) => {
    toy.configure({ sums });
    await toy.run(undefined, { executor: twoProcesses });
    local = await outputsOf(toy);
  });
  return local!;
};

const runsOf = (workers: readonly ToyWorker[]) =>
  workers.flatMap(({ said }) => said).filter((line) => /: runs$/.test(line)).length;

/** Attacks a run several times; prints how often, how long it took, and how many jobs were begun. */
async function rounds(
  what: string,
  attack: (queued: QueuedToy, run: () => Promise<void>) => Promise<readonly ToyWorker[]>,
  { more, host, times = ROUNDS, pause = 700 }: {
    readonly more?: readonly string[];
    readonly host?: string;
    readonly times?: number;
    /** How much longer than it has to each job takes, in milliseconds. */
    readonly pause?: number;
  } = {},
): Promise<void> {
  const bytes = await expected();
  const [took, begun]: [number[], number[]] = [[], []];
  for (let i = 0; i < times; i++) {
    await withQueue(async (queued) => {
      const { toy, driver } = queued;
      toy.configure({ sums });
      const longer = `await new Promise((r) => setTimeout(r, ${pause})); record({`;
      toy.edit("sum/run.ts", "record({", longer);
      const began = performance.now();
      const workers = await attack(queued, async () => {
        await toy.run(undefined, await driver());
      });
      took.push((performance.now() - began) / 1000);
      begun.push(runsOf(workers));
      assertEquals(await outputsOf(toy), bytes);
      const { provenance } = await toy.manifest("sums");
      assertEquals(Object.keys(provenance.jobs).length, JOBS);
    }, { more, host });
  }
  const span = (of: readonly number[], digits: number) =>
    `${Math.min(...of).toFixed(digits)} to ${Math.max(...of).toFixed(digits)}`;
  console.log(
    `${what}: ${times} rounds, all with the bytes of a local run, in ${span(took, 0)} s each; ` +
      `of ${JOBS} jobs, ${span(begun, 0)} were begun.`,
  );
}

Deno.test({
  name: "a worker that is killed at any moment loses no job",
  ignore,
  fn: () =>
    rounds("A worker killed", async ({ worker }, run) => {
      const workers = [await worker("one"), await worker("two")];
      await Promise.all([run(), wait(moment()).then(() => workers[0].child.kill("SIGKILL"))]);
      return workers;
    }),
});

Deno.test({
  name: "twenty workers that are killed one after another lose no job",
  ignore,
  fn: () =>
    rounds("Twenty workers killed", async ({ worker }, run) => {
      const workers: ToyWorker[] = [];
      const attack = async () => {
        for (let lost = 0; lost < 20; lost += 5) {
          await Promise.all(Array.from({ length: 5 }, async (_, i) => {
            const one = await worker(`lost-${lost + i}`);
            workers.push(one);
            await one.says(/: runs$/);
            one.child.kill("SIGKILL");
          }));
        }
        workers.push(await worker("one"), await worker("two"));
      };
      await Promise.all([run(), attack()]);
      assertEquals(workers.length, 22);
      return workers;
    }, { times: 1, pause: 5000 }),
});

Deno.test({
  name: "a job with which twenty workers were lost fails, and run again it is tried anew",
  ignore,
  fn: () =>
    withQueue(async ({ toy, worker, driver, redis }) => {
      toy.configure({ sums: { offsets: [1], times: 1, called: "offset" } });
      toy.edit("sum/run.ts", "record({", "await new Promise((r) => setTimeout(r, 5000)); record({");
      const failed = assertRejects(async () => toy.run(undefined, await driver()), Error);
      for (let lost = 18; lost < 20; lost++) {
        const one = await worker(`lost-${lost}`);
        await one.says(/: runs$/);
        if (lost === 18) {
          // For want of the five minutes in which it would lose that many.
          const jobs = await redis.ask("KEYS", "atelier:none/toy:????????*");
          const [key] = /atelier:none\/toy:[0-9a-f]{64}/.exec(jobs)!;
          await redis.ask("HSET", key, "stc", "18");
        }
        one.child.kill("SIGKILL");
      }
      const last = await worker("last");
      const { message } = await failed;
      assertEquals(
        message,
        "Stage sums: Job offset 1 failed: 20 workers were lost with it, one after another. It may be " +
          "what ends them, by the memory that it takes, say. Run again, it is tried anew.",
      );
      assertEquals(runsOf([last]), 0);
      await toy.run(undefined, await driver());
      assertEquals(runsOf([last]), 1);
    }),
});

Deno.test({
  name: "a worker that is stopped loses no job, and does no harm when it goes on",
  ignore,
  fn: () =>
    rounds("A worker stopped", async ({ worker, toy }, run) => {
      const workers = [await worker("one"), await worker("two")];
      await Promise.all([run(), wait(moment()).then(() => workers[0].child.kill("SIGSTOP"))]);
      const before = await tree(toy.path("store"));
      workers[0].child.kill("SIGCONT");
      await wait(4000);
      const after = await tree(toy.path("store"));
      // Two records of a job differ in how long it took; the first one stays.
      assertEquals(after, before);
      assertEquals(await workers[0].end("SIGINT"), 130);
      return workers;
    }),
});

Deno.test({
  name: "a run that is killed is started again, and every job runs once",
  ignore,
  fn: () =>
    rounds("A driver killed", async ({ worker, toy, run: start }, run) => {
      const workers = [await worker("one"), await worker("two")];
      const first = await start(toy.path(""), { sums });
      await first.says(/: asked$/);
      // Six jobs of 0.7 s and more, two at once, take longer.
      await wait(Math.random() * 1800);
      await first.end("SIGKILL");
      await run();
      assertEquals(runsOf(workers), JOBS);
      return workers;
    }),
});

Deno.test({
  name: "two runs at once have every job run once",
  ignore,
  fn: () =>
    rounds("Two drivers", async ({ worker, toy, run: start }, run) => {
      const workers = [await worker("one"), await worker("two")];
      const other = await start(join(toy.path(".."), "other"), { sums });
      await wait(Math.random() * 2000);
      await run();
      const { code } = await other.child.status;
      assertEquals(code, 0, other.said.join("\n"));
      assertEquals(runsOf(workers), JOBS);
      return workers;
    }),
});

for (const mixed of [false, true]) {
  Deno.test({
    name: `jobs go to workers of ${mixed ? "any processor" : "one processor"} ${
      mixed ? "where they may be mixed" : "unless they may be mixed"
    }`,
    ignore,
    fn: () =>
      withQueue(async ({ toy, worker, driver }) => {
        toy.configure({ sums });
        toy.edit(
          "sum/run.ts",
          "record({",
          "await new Promise((r) => setTimeout(r, 700)); record({",
        );
        const more = await worker("more", { slots: 2, processor: "a" });
        const fewer = await worker("fewer", { slots: 1, processor: "b" });
        await toy.run(undefined, await driver({ mixed }));
        assertEquals(await outputsOf(toy), await expected());
        assertEquals(runsOf([fewer]) > 0, mixed);
        assertEquals(runsOf([more, fewer]), JOBS);
        const { provenance } = await toy.manifest("sums");
        const machines = Object.values(provenance.jobs).map(({ facts }) => facts.machine);
        assertEquals(new Set(machines.map((it) => JSON.stringify(it))).size, mixed ? 2 : 1);
      }),
  });
}

for (const kept of [true, false]) {
  Deno.test({
    name: `a Redis that dies and comes back ${kept ? "with" : "without"} what it had loses no job`,
    ignore,
    fn: () =>
      rounds(
        `Redis killed, ${kept ? "its data kept" : "its data lost"}`,
        async ({ worker, redis }, run) => {
          const workers = [await worker("one"), await worker("two")];
          const attack = async () => {
            await wait(moment());
            await redis.kill();
            await wait(Math.random() * 3000);
            await redis.start();
          };
          await Promise.all([run(), attack()]);
          return workers;
        },
        { more: kept ? ["--appendonly", "yes", "--appendfsync", "always"] : [] },
      ),
  });
}

Deno.test({
  name:
    "a Redis that comes back with another certificate is not believed, and waited for until it has the old one",
  ignore: !canSecure,
  fn: () =>
    withQueue(async ({ toy, worker, run, redis }) => {
      const bytes = await expected();
      toy.configure({ sums });
      toy.edit("sum/run.ts", "record({", "await new Promise((r) => setTimeout(r, 700)); record({");
      const one = await worker("one");
      const driver = await run(toy.path(""), { sums });
      await one.says(/: done/);
      const old = await redis.certify();
      await redis.kill();
      await redis.start();
      const begin = `The queue at ${redis.address} cannot be used: its certificate is not believed`;
      await Promise.all([one, driver].map((it) => it.says(RegExp(begin))));
      // It is tried again several times, and told once.
      await wait(8000);
      await old();
      await redis.kill();
      await redis.start();
      const { code } = await driver.child.status;
      assertEquals(code, 0, driver.said.join("\n"));
      for (const { said } of [one, driver]) {
        assertEquals(said.filter((line) => line.startsWith(begin)).length, 1, said.join("\n"));
      }
      assertEquals(await outputsOf(toy), bytes);
      console.log(
        `A certificate replaced: told once, ${runsOf([one])} of ${JOBS} jobs were begun.`,
      );
    }, { tls: CERTIFICATE, more: ["--appendonly", "yes", "--appendfsync", "always"] }),
});

Deno.test({
  name: "a store that fails for ten seconds loses no job",
  ignore,
  fn: () =>
    rounds("The store away for ten seconds", async ({ worker, toy }, run) => {
      const workers = [await worker("one"), await worker("two")];
      const attack = async () => {
        await wait(moment());
        await Deno.rename(toy.path("store"), toy.path("away"));
        await Deno.writeTextFile(toy.path("store"), "");
        await wait(10_000);
        await Deno.remove(toy.path("store"));
        await Deno.rename(toy.path("away"), toy.path("store"));
      };
      await Promise.all([run(), attack()]);
      return workers;
    }),
});

Deno.test({
  name: "a worker whose disk is full leaves its jobs to another",
  // Where no disk can be mounted.
  ignore: ignore || !canMount,
  fn: () =>
    rounds("A worker's disk full", async ({ worker, toy }, run) => {
      const cache = join(toy.path(".."), "worker-one");
      const mount = 'mount -t tmpfs -o nr_inodes=6 tmpfs "$0" && exec "$@"';
      const full = await worker("one", { by: ["unshare", "-Urm", "sh", "-c", mount, cache] });
      const workers = [full, await worker("two")];
      await run();
      assert(full.said.some((line) => /failed: .*no space left/.test(line)), full.said.join("\n"));
      return workers;
    }),
});

const [SPACE, OUTER, INNER] = ["atelier-queue", "10.213.77.1", "10.213.77.2"];
const ip = (...args: string[]) => ended(["ip", ...args]);

/** Whether networks of one's own can be made here: as root, with iproute2. */
const canCut = Deno.build.os === "linux" && Deno.uid() === 0 &&
  await ip("netns", "add", SPACE).then(({ success }) => success, () => false);
if (canCut) await ip("netns", "del", SPACE);

Deno.test({
  name: "a worker whose network is cut loses no job, and does no harm when it is back",
  ignore: ignore || !canCut,
  async fn() {
    const must = async (...args: string[]) => {
      const { success, stderr } = await ip(...args);
      assert(success, `ip ${args.join(" ")}: ${stderr}`);
    };
    await must("netns", "add", SPACE);
    try {
      await must("link", "add", "atelier0", "type", "veth", "peer", "name", "atelier1");
      await must("link", "set", "atelier1", "netns", SPACE);
      await must("addr", "add", `${OUTER}/24`, "dev", "atelier0");
      await must("link", "set", "atelier0", "up");
      await must("-n", SPACE, "addr", "add", `${INNER}/24`, "dev", "atelier1");
      await must("-n", SPACE, "link", "set", "atelier1", "up");
      await must("-n", SPACE, "link", "set", "lo", "up");
      await rounds("A worker cut off", async ({ worker, toy }, run) => {
        const by = ["ip", "netns", "exec", SPACE];
        const workers = [await worker("one", { by }), await worker("two")];
        const cut = wait(moment()).then(() => must("-n", SPACE, "link", "set", "atelier1", "down"));
        await Promise.all([run(), cut]);
        const before = await tree(toy.path("store"));
        await must("-n", SPACE, "link", "set", "atelier1", "up");
        await wait(5000);
        assertEquals(await tree(toy.path("store")), before);
        assertEquals(await workers[0].end("SIGINT"), 130);
        return workers;
      }, { host: OUTER });
    } finally {
      await ip("link", "del", "atelier0");
      await ip("netns", "del", SPACE);
    }
  },
});
