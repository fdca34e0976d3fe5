/** A fresh clone with a filled store trains nothing, and where it would have to, it says so. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "node:path";
import { sharedStore } from "../../src/machines/store.ts";
import type { Place } from "../../src/machines/place.ts";
import { belongingsOf, pull, push } from "../../src/machines/carry.ts";
import { locator } from "../../src/files/locate.ts";
import { trainsNothing } from "../../tasks/untrained.ts";
import { inFolder as inData, served } from "../support/data_files.ts";
import { sha256 } from "../../src/files/digest.ts";
import { inFolder, placeIn, placeOn, s3Tests, SHORT, withLiar } from "../support/stores.ts";
import { inProcess, planOf, type Toy, withToy } from "../support/toy.ts";

const storeIn = (place: Place) => sharedStore(place, { patience: SHORT });

/** What became of the jobs of a project's runs, by their labels. */
const jobsOf = ({ events }: Toy) =>
  Object.fromEntries(
    events.flatMap((event) => event.type === "job" ? [[event.label, event.state]] : []),
  );

/** Copies what git would keep of a project to another one. */
async function clone(from: Toy, to: Toy): Promise<void> {
  for (const stage of ["numbers", "sums", "page"]) {
    await Deno.mkdir(to.path(`results/${stage}`), { recursive: true });
    for await (const { name } of Deno.readDir(from.path(`results/${stage}`))) {
      await Deno.copyFile(
        from.path(`results/${stage}/${name}`),
        to.path(`results/${stage}/${name}`),
      );
    }
  }
  await Deno.copyFile(from.path("page.md"), to.path("page.md"));
}

const MADE = { "offset 1": "made", "offset 2": "made" } as const;
const FOUND = { "offset 1": "found", "offset 2": "found" } as const;

Deno.test("what one clone has made, a fresh one with other results finds, and runs the rest alone", () =>
  inFolder((folder) =>
    withToy((first) =>
      withToy(async (second) => {
        await first.run(undefined, { shared: storeIn(placeIn(folder)) });
        assertEquals(jobsOf(first), MADE);
        const untrained = trainsNothing();
        const shared = storeIn(placeIn(folder));
        await second.run(undefined, { shared, executor: () => untrained.executor });
        assertEquals(jobsOf(second), FOUND);
        assertEquals(
          await Deno.readTextFile(second.path("page.md")),
          await Deno.readTextFile(first.path("page.md")),
        );
      })
    )
  ));

Deno.test("a local artifact that a clone lacks comes from the store, and its stage is not run again", () =>
  inFolder((folder) =>
    withToy((first) =>
      withToy(async (second) => {
        await first.run(undefined, { shared: storeIn(placeIn(folder)) });
        await clone(first, second);
        const offsets = { offsets: [1, 2, 3], times: 1, called: "offset" };
        second.configure({ sums: offsets });
        const shared = storeIn(placeIn(folder));
        assertEquals(await second.run(undefined, { shared }), ["sums", "page"]);
        assertEquals(jobsOf(second), { ...FOUND, "offset 3": "made" });
      })
    )
  ));

Deno.test("--no-train names all jobs that would have to run, and what waits for them", () =>
  withToy(async (toy) => {
    toy.configure({ sums: { offsets: [1, 2, 3], times: 1, called: "offset" } });
    const untrained = trainsNothing();
    await assertRejects(() => toy.run(undefined, { executor: () => untrained.executor }), Error);
    toy.events.forEach(untrained.note);
    assertEquals(
      untrained.error(["numbers", "sums", "page"], "s3://bucket")?.message,
      "These have not finished on this machine or in s3://bucket, and --no-train runs none:\n" +
        "  sums, 3 jobs: offset 1, offset 2, offset 3\n" +
        "What comes after them is not known yet: page.",
    );
    assertEquals(trainsNothing().error(["numbers"], undefined), undefined);
  }));

Deno.test("what is pushed from one clone is pulled to another, and what is nowhere is named", () =>
  inFolder((folder) =>
    withToy((first) =>
      withToy(async (second) => {
        const belongings = async (toy: Toy) =>
          await belongingsOf(toy.workspace, await planOf(await toy.sources(), {}), [
            { kind: "notes", name: "note.txt", digest: sha256("text"), addresses: [] },
            { kind: "notes", name: "none.txt", digest: sha256("none"), addresses: [] },
          ]);
        const notes = first.path(".cache/notes");
        await Deno.mkdir(notes, { recursive: true });
        await Deno.writeTextFile(join(notes, "note.txt"), "text");
        await first.run(["sums"]);
        const ends = (toy: Toy, asked = false) => {
          const store = storeIn(placeIn(folder));
          const cache = join(toy.workspace.cache, "notes");
          const folders = { notes: { places: [{ variable: "NOTES" }], cache } };
          return {
            ...{ workspace: toy.workspace, store },
            locator: locator(folders, asked ? store : undefined),
            progress: () => {},
          };
        };
        const to = ends(first);
        const counts = { jobs: 2, artifacts: 1, outside: 1, missing: ["none.txt"] };
        assertEquals(await push(await belongings(first), to), counts);
        // Two jobs of one file, an artifact, a note; and then nothing more.
        assertEquals(to.store.kept.files, 4);
        const again = ends(first);
        assertEquals(await push(await belongings(first), again), counts);
        assertEquals(again.store.kept.files, 0);
        await clone(first, second).catch((error) => {
          if (!(error instanceof Deno.errors.NotFound)) throw error;
        });
        assertEquals(await pull(await belongings(second), ends(second, true)), counts);
        assertEquals(await Deno.readTextFile(second.path(".cache/notes/note.txt")), "text");
        second.configure({ sums: { offsets: [1, 2], times: 1, called: "again" } });
        await second.run(["sums"], { force: false, executor: () => trainsNothing().executor });
      })
    )
  ));

Deno.test("a file of other people's comes from the store before it is downloaded, and is kept there", () =>
  inData(async (folder) => {
    const place = join(folder, "store");
    await Deno.mkdir(place);
    const md5 = "1cb251ec0d568de6a929b520c4aed8d1"; // Of the word "text".
    let downloads = 0;
    const answer = () => {
      downloads++;
      return new Response("text");
    };
    await served(answer, async (origin) => {
      for (const digest of [md5, sha256("text")]) {
        for (const machine of ["a", "b"]) {
          const cache = join(folder, machine, digest);
          const found = await locator(
            { notes: { places: [{ variable: "NOTES" }], cache } },
            storeIn(placeIn(place)),
          ).find({ kind: "notes", name: "n", digest, addresses: [`${origin}/n`] }, () => {});
          assertEquals(await Deno.readTextFile(found), "text");
        }
      }
    });
    assertEquals(downloads, 2);
  }));

s3Tests("with a bucket", {
  "a store that is down from the beginning ends a run with one error, and one that is down in the middle keeps what was done":
    async (server) => {
      await withLiar(server, (liar) =>
        withToy(async (toy) => {
          liar.lie = () => 503;
          const shared = storeIn(placeOn(liar, "toy", SHORT));
          const { message } = await assertRejects(() => toy.run(undefined, { shared }), Error);
          assertMatch(message, /^Stage numbers: The store s3:\/\/shared\/toy \S+ cannot be used: /);
          assertEquals(jobsOf(toy), {});

          let down = false;
          liar.lie = () => down ? 503 : "pass";
          const executor = (root: string) => {
            const inner = inProcess(root);
            return {
              ...inner,
              async run(...job: Parameters<typeof inner.run>) {
                const outcome = await inner.run(...job);
                down = true;
                return outcome;
              },
            };
          };
          await assertRejects(
            () => toy.run(undefined, { shared: storeIn(placeOn(liar, "toy", SHORT)), executor }),
            Error,
            "cannot be used",
          );
          // What was made is there, without the store.
          const untrained = trainsNothing();
          await toy.run(undefined, { executor: () => untrained.executor });
          assertEquals(jobsOf(toy), FOUND);
        }));
    },
});
