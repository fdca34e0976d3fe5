/** What a store gives is believed for its digest and its signature, and it is named where it lies. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { digest, sha256 } from "../../src/files/digest.ts";
import { collectStore } from "../../src/machines/gc.ts";
import type { Place } from "../../src/machines/place.ts";
import { isSigned, newKeys, signerOf } from "../../src/machines/signatures.ts";
import { sharedStore, type StoreOptions } from "../../src/machines/store.ts";
import { jobRunner, readRecord } from "../../src/pipeline/finished.ts";
import type { SharedStore } from "../../src/pipeline/shared.ts";
import {
  inFolder,
  type Liar,
  type Lie,
  placeIn,
  placeOn,
  s3Tests,
  SHORT,
  withLiar,
} from "../support/stores.ts";
import { jobCalled } from "../support/toy.ts";

const ONE = jobCalled("one", { key: sha256("one") });
const OTHER = jobCalled("other", { key: sha256("other") });

/** Runs a job on a machine of its own, or finds it; returns what it wrote and whether it was found. */
function onMachine(shared: SharedStore, job = ONE, made = "made") {
  return inFolder(async (directory) => {
    const executor = {
      async run(_: unknown, output: string) {
        await Deno.writeTextFile(join(output, "out.txt"), `${made} ${job.label}`);
        await Deno.writeTextFile(join(output, "empty.bin"), "");
        return { seconds: 1, facts: {} };
      },
      stop: () => Promise.resolve(),
    };
    const { files, found } = await jobRunner(directory, executor, false, shared)
      .run(job, () => {});
    return { found, text: await Deno.readTextFile(files.get("out.txt")!.path) };
  });
}

/** A store in a folder, and what it tells. */
const storeIn = (place: Place, options: Partial<StoreOptions> = {}) => {
  const told: string[] = [];
  const store = sharedStore(place, {
    tell: (line) => told.push(line),
    patience: SHORT,
    ...options,
  });
  return Object.assign(store, { told });
};

const FOUND = { found: true, text: "made one" };
const MADE = { found: false, text: "again one" };
const again = (store: SharedStore) => onMachine(store, ONE, "again");

Deno.test("without keys a finished job is believed, after one warning", () =>
  inFolder(async (folder) => {
    const store = storeIn(placeIn(folder));
    await onMachine(store);
    await onMachine(store, OTHER);
    assertEquals([store.kept.files, store.fetched.files], [3, 0]);
    assertEquals(await again(store), FOUND);
    await onMachine(store, OTHER, "again");
    assertEquals(store.told.length, 1);
    assertMatch(store.told[0], /^Finished jobs of file:\S+ are believed whoever kept them there/);
    const names = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
    assertEquals(names.sort(), ["files", "jobs"]);
  }));

Deno.test("a finished job is believed of those who are trusted, and run where it is of anybody else", () =>
  inFolder(async (folder) => {
    const [a, b] = [await newKeys(), await newKeys()];
    const place = placeIn(folder);
    const signer = await signerOf(a.signing);
    await onMachine(storeIn(place, { signer }));
    const trusting = storeIn(place, { trusted: [b.trusted, a.trusted] });
    assertEquals(await again(trusting), FOUND);
    assertEquals(trusting.told, []);

    const doubting = storeIn(place, { trusted: [b.trusted] });
    assertEquals(await again(doubting), MADE);
    assertEquals(await again(doubting), MADE);
    assertEquals(doubting.told, [
      `Finished jobs of ${place.name} are passed over which ${a.trusted} signed, a key that is not ` +
      "among those that are trusted.",
    ]);
    // Who is trusted puts it right for all others.
    const trusted = storeIn(place, { trusted: [b.trusted], signer: await signerOf(b.signing) });
    assertEquals(await again(trusted), MADE);
    assertEquals(await again(doubting), { ...FOUND, text: "again one" });
    // Nobody is kept from what he had by somebody who does not trust him.
    assertEquals(await again(storeIn(place, { trusted: [a.trusted, b.trusted] })), {
      ...FOUND,
      text: "again one",
    });
  }));

Deno.test("a job that was made by code at another path is run, and the next one finds it", () =>
  inFolder(async (folder) => {
    const store = storeIn(placeIn(folder));
    await onMachine(store, { ...ONE, module: "at/another/path.ts" });
    assertEquals(await again(store), MADE);
    assertEquals(await onMachine(store), { ...FOUND, text: "again one" });
  }));

Deno.test("a job whose files somebody has removed is run, and is whole again", () =>
  inFolder(async (folder) => {
    const store = storeIn(placeIn(folder));
    await onMachine(store);
    await Deno.remove(join(folder, "files", sha256("made one")));
    assertEquals(await onMachine(store), { found: false, text: "made one" });
    assertEquals(await again(store), FOUND);
  }));

Deno.test("forged jobs are refused or passed over, and nothing of them is used", () =>
  inFolder(async (folder) => {
    const keys = await newKeys();
    const stranger = await signerOf((await newKeys()).signing);
    const signer = await signerOf(keys.signing);
    const place = placeIn(folder);
    await onMachine(storeIn(place, { signer }));
    await onMachine(storeIn(place, { signer }), OTHER);
    const path = join(folder, "jobs", ONE.key);
    const right = JSON.parse(await Deno.readTextFile(path));
    const other = JSON.parse(await Deno.readTextFile(join(folder, "jobs", OTHER.key)));
    const edited = (change: Record<string, unknown>) => {
      const { seal: _, ...content } = JSON.parse(right.job);
      const next = { ...content, ...change };
      return JSON.stringify({ ...next, seal: digest(next) });
    };
    const forgedFiles = edited({ files: { "out.txt": sha256("made other") } });
    assert(readRecord(forgedFiles));
    const passed: Record<string, unknown> = {
      "nobody has signed": { ...right, by: null, signature: null },
      "a stranger has signed": {
        ...right,
        by: stranger.by,
        signature: await stranger.sign(right.job),
      },
      "a stranger has signed in a trusted name": {
        ...right,
        signature: await stranger.sign(right.job),
      },
      "the signature is of another job": { ...right, signature: other.signature },
      "the files are others, the signature is of before": { ...right, job: forgedFiles },
      "the key is another one, the signature is of before": {
        ...right,
        job: edited({ key: OTHER.key }),
      },
      "a space more": { ...right, job: `${right.job} ` },
      "the signature is none": { ...right, signature: "AAAA" },
    };
    for (const [what, entry] of Object.entries(passed)) {
      await Deno.writeTextFile(path, JSON.stringify(entry));
      const store = storeIn(place, { trusted: [keys.trusted] });
      assertEquals(await again(store), MADE, what);
      assertEquals(store.told.length, 1, what);
    }
    const signed = async (job: string) => ({
      job,
      by: signer.by,
      signature: await signer.sign(job),
    });
    const refused: Record<string, unknown> = {
      "another job that is signed": other,
      "no record that is signed": await signed("{}"),
      "a record without its seal": await signed(right.job.replace(/"seal": "./, '"seal": "x')),
      "no job": { hello: 1 },
      "a key that is none": { ...right, by: "me" },
      "a name that leads out": await signed(edited({ files: { "../out": sha256("made one") } })),
      "the record's own name": await signed(edited({ files: { "job.json": sha256("made one") } })),
      "a folder's name": await signed(edited({ files: { "..": sha256("made one") } })),
      "a digest that is none": await signed(edited({ files: { "out.txt": "../../jobs/x" } })),
    };
    for (const [what, entry] of Object.entries(refused)) {
      await Deno.writeTextFile(path, JSON.stringify(entry));
      const { message } = await assertRejects(
        () => again(storeIn(place, { trusted: [keys.trusted] })),
        Error,
        undefined,
        what,
      );
      assert(message.startsWith(`The store ${place.name} has `), `${what}: ${message}`);
    }
    for (const text of ["", "{", "null", "x".repeat(2 ** 24 + 1), "[".repeat(100_000)]) {
      await Deno.writeTextFile(path, text);
      const { message } = await assertRejects(() => again(storeIn(place)), Error);
      assertMatch(message, /^The store \S+ has no job under jobs\//);
    }
    await Deno.writeTextFile(path, JSON.stringify(right));
    assertEquals(await again(storeIn(place, { trusted: [keys.trusted] })), FOUND);
    await Deno.writeTextFile(join(folder, "files", sha256("made one")), "made two");
    const { message } = await assertRejects(() => again(storeIn(place)), Error);
    assertEquals(
      message,
      `The store ${place.name} gives other bytes than it should: of files/${
        sha256("made one")
      } the ` +
        `SHA-256 is ${
          sha256("made two")
        }. Nothing of it was used; remove that file from the store.`,
    );
  }));

Deno.test("a signature is of one text by one key", async () => {
  const [a, b] = [await newKeys(), await newKeys()];
  const signature = await (await signerOf(a.signing)).sign("text");
  assertEquals(await isSigned("text", a.trusted, signature), true);
  for (
    const [text, by, other] of [
      ["texts", a.trusted, signature],
      ["text", b.trusted, signature],
      ["text", a.trusted, await (await signerOf(b.signing)).sign("text")],
      ["text", "", signature],
      ["text", a.trusted, ""],
      ["text", "A".repeat(43), "A".repeat(86)],
    ]
  ) assertEquals(await isSigned(text, by, other), false);
  const { message } = await assertRejects(() => signerOf("s3cr3t"), Error, "is no signing key");
  assert(!message.includes("s3cr3t"));
});

Deno.test("gc keeps what is needed, what is young, and what is not a store's; a dry run removes nothing", () =>
  inFolder(async (folder) => {
    const place = placeIn(folder);
    const store = storeIn(place);
    for (const job of [ONE, OTHER]) await onMachine(store, job);
    const mine = join(folder, "mine.txt");
    await Deno.writeTextFile(mine, "mine");
    await Deno.writeTextFile(join(folder, "files", "README"), "mine");
    const artifact = "artifact";
    await Deno.writeTextFile(join(folder, "artifact"), artifact);
    await store.keep({ path: join(folder, "artifact"), sha256: sha256(artifact) });
    const names = async () =>
      (await Promise.all(
        ["files/", "jobs/"].map((prefix) =>
          Array.fromAsync(place.list(prefix), ({ name }) => name)
        ),
      )).flat().sort();
    const all = await names();
    const young = await collectStore(place, { needed: new Set() });
    assertEquals([young.gone.jobs, young.gone.files], [0, 0]);
    const needed = new Set([ONE.key]);
    const grace = -60_000;
    const dry = await collectStore(place, { needed, grace, dryRun: true });
    assertEquals(await names(), all);
    const { gone, stays } = await collectStore(place, { needed, grace });
    assertEquals({ gone, stays }, dry);
    // The other job, its text, and the artifact; both jobs have the same empty file.
    assertEquals([gone.jobs, gone.files, stays.jobs, stays.files], [1, 2, 1, 2]);
    assertEquals(await again(store), FOUND);
    assertEquals(await Deno.readTextFile(mine), "mine");
    assert((await names()).includes("files/README"));
  }));

s3Tests("a store in a bucket", {
  "what one machine has finished, another one finds": async (server) => {
    const store = storeIn(placeOn(server, "found"));
    assertEquals(await onMachine(store), { found: false, text: "made one" });
    assertEquals(await again(store), FOUND);
  },

  "a server that lies is named, and nothing of what it said is used": async (server) => {
    await onMachine(storeIn(placeOn(server, "lies")));
    await withLiar(server, async (liar) => {
      const file = `files/${sha256("made one")}`;
      const lying = async (how: Lie, where = file, patience = SHORT) => {
        liar.lie = ({ url }) => url.includes(where) ? how : "pass";
        const store = storeIn(placeOn(liar, "lies", patience), { patience, longest: 10_000 });
        const before = liar.requests();
        const { message } = await assertRejects(() => again(store), Error);
        return { message, requests: liar.requests() - before };
      };
      for (const how of ["flip", "short", "endless"] as const) {
        assertMatch((await lying(how)).message, /^The store .* gives other bytes than it should/);
        assertMatch(
          (await lying(how, "/jobs/")).message,
          /^The store .* has (no job|something else)/,
        );
      }
      for (const how of ["cut", 503] as const) {
        const { message, requests } = await lying(how);
        assertMatch(
          message,
          /^The store .* cannot be used: .* It was asked \d+ times in \d+ s/,
          `${how}`,
        );
        assert(requests >= 3, `${how}: ${requests}`);
      }
      const refused = await lying(403);
      assertMatch(refused.message, /^The store .* refuses to be read: HTTP status 403 Told\./);
      // The record, and one of the files.
      assert(refused.requests <= 3, `${refused.requests}`);
      assertMatch(
        (await lying(307)).message,
        /^The store .* refuses .* The bucket is somewhere else/,
      );
    });
  },

  "a server that is down for a moment costs only time": async (server) => {
    await onMachine(storeIn(placeOn(server, "down")));
    await withLiar(server, async (liar: Liar) => {
      const began = performance.now();
      liar.lie = () => performance.now() - began < 800 ? 503 : "pass";
      const store = storeIn(placeOn(liar, "down"), { patience: { ...SHORT, total: 10_000 } });
      assertEquals(await again(store), FOUND);
      assert(performance.now() - began > 800);
    });
  },

  "who waits for a server is ended at once": async (server) => {
    await withLiar(server, async (liar) => {
      liar.lie = () => 503;
      const controller = new AbortController();
      const patience = { ...SHORT, total: 60_000, signal: controller.signal };
      const store = storeIn(placeOn(liar, "", patience), { patience });
      const waiting = assertRejects(() => again(store), Error, "ended");
      setTimeout(() => controller.abort(new Error("ended")), 300);
      const began = performance.now();
      await waiting;
      assert(performance.now() - began < 2000);
    });
  },
});
