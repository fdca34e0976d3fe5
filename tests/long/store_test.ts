/** Stores attacked at length; and a bucket used by tasks, in whose output and files nothing secret is. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { newKeys } from "../../src/machines/signatures.ts";
import { sharedStore } from "../../src/machines/store.ts";
import { isReady } from "../../src/runtime/choice.ts";
import { sha256 } from "../../src/files/digest.ts";
import { type Copy, withCopy } from "../support/copy.ts";
import { digests, DRAWN } from "../support/drawn.ts";
import { ended } from "../support/people.ts";
import { redisServer, withRedis } from "../support/redis.ts";
import { ACCESS, BUCKET } from "../support/s3_server.ts";
import { refresh, STUDY, task } from "../support/small_study.ts";
import { compareWithMap, killWriters, writeAtOnce } from "../support/store_attacks.ts";
import {
  inFolder,
  type Lie,
  placeIn,
  placeOn,
  s3Tests,
  SHORT,
  withLiar,
} from "../support/stores.ts";

const TOKEN = "s3ss10n-token-of-the-tests";

/** Whether a text stands in any file below a folder; links are not followed. */
async function isIn(folder: string, text: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    if (isDirectory) found.push(...await isIn(path, text));
    if (isFile && (await Deno.readTextFile(path)).includes(text)) found.push(path);
  }
  return found;
}

/** How many there are in a folder. */
const count = async (folder: string) => (await Array.fromAsync(Deno.readDir(folder))).length;

Deno.test("a folder does what a map does, 1,000 times; of many writers one is first; kills leave nothing torn", () =>
  inFolder(async (folder) => {
    const placeOfRun = (run: number) => {
      const path = join(folder, `${run}`);
      Deno.mkdirSync(path);
      return placeIn(path);
    };
    const operations = await compareWithMap(placeOfRun, 1000);
    for (let i = 0; i < 100; i++) await writeAtOnce(placeIn(folder), `files/${i}`, 16);
    const { whole, unfinished } = await killWriters(100);
    console.log(
      `folder: ${operations} operations as a map; 100 times 16 writers; 100 kills: ${whole} whole, ${unfinished} unfinished, 0 torn`,
    );
  }));

s3Tests("a bucket at length", {
  "it does what a map does, 300 times; of many writers one is first": async (server) => {
    const operations = await compareWithMap((run) => placeOn(server, `run${run}`), 300);
    for (let i = 0; i < 30; i++) await writeAtOnce(placeOn(server), `files/${i}`, 16);
    console.log(`bucket: ${operations} operations as a map; 30 times 16 writers`);
  },

  "a server that lies now and then is either waited for or named, and no other byte arrives": (
    server,
  ) =>
    inFolder(async (folder) => {
      const text = "the right bytes ".repeat(5000);
      await Deno.writeTextFile(join(folder, "right"), text);
      const stored = { path: join(folder, "right"), sha256: sha256(text) };
      await sharedStore(placeOn(server, "now"), {}).keep(stored);
      const counts: Record<string, number> = {};
      const lies: Lie[] = ["flip", "short", "cut", "hang", "endless", 403, 500, 502, 503, 429];
      await withLiar(server, async (liar) => {
        for (let i = 0; i < 300; i++) {
          const lie = lies[i % lies.length];
          let left = i % 4;
          liar.lie = () => left-- > 0 ? lie : "pass";
          const patience = { ...SHORT, total: 1000 };
          const store = sharedStore(placeOn(liar, "now", patience), { patience, longest: 1e6 });
          const path = join(folder, `out${i}`);
          const outcome = await store.fetch(stored.sha256, path).then(
            (there) => there ? "right" : "not there",
            ({ message }: Error) => {
              assert(message.startsWith("The store s3://shared/now"), message);
              return "named";
            },
          );
          counts[outcome] = (counts[outcome] ?? 0) + 1;
          const written = await Deno.readTextFile(path).catch(() => undefined);
          assertEquals(written, outcome === "right" ? text : undefined);
        }
      });
      assertEquals(counts["not there"], undefined);
      console.log(`300 fetches from a server that lies: ${JSON.stringify(counts)}, 0 other bytes`);
    }),

  "one that is down for ten seconds costs only time": async (server) => {
    await withLiar(server, async (liar) => {
      const began = performance.now();
      liar.lie = () => performance.now() - began < 10_000 ? 503 : "pass";
      const place = placeOn(liar, "ten");
      assertEquals(await Array.fromAsync(place.list("files/")), []);
      const took = performance.now() - began;
      assert(took > 10_000 && took < 20_000, `${took}`);
      console.log(
        `down for 10 s: waited ${(took / 1000).toFixed(1)} s, ${liar.requests()} requests`,
      );
    });
  },
});

const ready = await isReady("tensorflow");
if (ready) {
  s3Tests("with a store in a bucket", {
    "nothing secret is printed or written, and a fresh clone trains nothing": (server) =>
      withCopy(async (copy) => {
        await copy.write("studies/small/study.ts", STUDY);
        const { trusted, signing } = await newKeys();
        const environment = {
          ...server.environment,
          AWS_SESSION_TOKEN: TOKEN,
          ATELIER_STORE: `s3://${BUCKET}/a/b`,
          ATELIER_SIGNING_KEY: signing,
          ATELIER_TRUSTED_KEYS: trusted,
        };
        const outputs: string[] = [];
        const said = async (code: number, more: Record<string, string>, ...args: string[]) => {
          const ended = await task(copy, { ...environment, ...more }, ...args);
          outputs.push(ended.stdout, ended.stderr);
          assertEquals(ended.code, code, `${args}: ${ended.stderr}`);
          return ended;
        };
        await said(0, {}, "all");
        await said(0, {}, "push");
        await refresh(copy, true);
        const { stdout } = await said(0, {}, "all", "--no-train");
        assert(!stdout.includes("to it: 0"), stdout);
        await refresh(copy, false);
        await said(0, {}, "pull");
        await refresh(copy, true);
        const other = (await newKeys()).trusted;
        const doubted = await said(1, { ATELIER_TRUSTED_KEYS: other }, "all", "--no-train");
        assert(
          doubted.stdout.includes(`which ${trusted} signed, a key that is not`),
          doubted.stdout,
        );
        assert(/baseline, 1 job: lenet5/.test(doubted.stderr), doubted.stderr);
        await said(1, { AWS_SECRET_ACCESS_KEY: "another+Secret" }, "push");
        await said(2, { AWS_SECRET_ACCESS_KEY: "" }, "push");
        await said(2, { ATELIER_SIGNING_KEY: "another+Secret" }, "push");
        const everything = outputs.join("\n");
        for (const secret of [ACCESS.secret, TOKEN, signing, "another+Secret"]) {
          assert(!everything.includes(secret), everything);
          for (const place of [copy.path("studies"), copy.path(".cache/jobs"), server.folder]) {
            assertEquals(await isIn(place, secret), []);
          }
        }
      }),
  });
}

if (ready) {
  s3Tests("the drawn study with a store in a bucket", {
    "what one clone has made, a fresh one has without a training and without a worker": (server) =>
      withCopy((first) =>
        withCopy(async (second) => {
          const all = async (copy: Copy, ...flags: string[]) => {
            const began = performance.now();
            const { success, stdout, stderr } = await ended([
              ...[Deno.execPath(), "task", "--quiet", "all", `--study=${DRAWN}`],
              ...[`--store=s3://${BUCKET}/drawn`, ...flags],
            ], {
              cwd: copy.path("."),
              env: { NO_COLOR: "1", INIT_CWD: copy.path("."), ...server.environment },
            });
            assert(success, stdout + stderr);
            const [line] = /^From s3:.*$/m.exec(stdout) ?? [];
            const seconds = Math.round((performance.now() - began) / 1000);
            console.log(`  all ${flags.join(" ")}: ${seconds} s; ${line}`);
            return { stdout, made: await digests(copy.path(DRAWN)) };
          };
          const { made } = await all(first);
          assert(Object.keys(made).length > 40);
          const jobs = await count(first.path(".cache/jobs"));
          assert(jobs > 10);
          const taken = await all(second, "--no-train");
          assertEquals(taken.made, made);
          assertEquals(await count(second.path(".cache/jobs")), jobs);
          console.log(`  ${Object.keys(made).length} artifacts the same, of ${jobs} jobs`);
          if (redisServer === undefined) return;
          await withRedis(async ({ address }) => {
            for (const name of ["results", ".cache"]) {
              await Deno.remove(second.path(`${DRAWN}/${name}`), { recursive: true });
            }
            await Deno.remove(second.path(".cache/jobs"), { recursive: true });
            const queued = await all(second, `--queue=${address}`);
            assertEquals(queued.made, made);
            assert(!/wait for a worker/.test(queued.stdout), queued.stdout);
          });
        })
      ),
  });
}
