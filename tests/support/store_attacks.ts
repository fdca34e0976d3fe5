/** Attacks on stores, which the fast suite runs a few times and the long one often. @module */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { sha256 } from "../../src/files/digest.ts";
import { collectStore } from "../../src/machines/gc.ts";
import type { Place } from "../../src/machines/place.ts";
import { sharedStore } from "../../src/machines/store.ts";
import { inFolder, placeIn } from "./stores.ts";

const textOf = async (bytes: AsyncIterable<Uint8Array> | undefined) =>
  bytes && await new Blob((await Array.fromAsync(bytes)).map((part) => part.slice())).text();

const bytes = (text: string) =>
  async function* () {
    // In two parts, of which one may be empty.
    yield await Promise.resolve(new TextEncoder().encode(text.slice(0, 3)));
    yield new TextEncoder().encode(text.slice(3));
  };

const name = fc.constantFrom("files/a1", "files/a2", "files/b1", "jobs/a1", "jobs/b1");
const operation = fc.oneof(
  fc.record({
    type: fc.constant("put" as const),
    name,
    text: fc.string({ maxLength: 20 }),
    replace: fc.boolean(),
  }),
  fc.record({ type: fc.constant("read" as const), name }),
  fc.record({ type: fc.constant("remove" as const), name }),
  fc.record({
    type: fc.constant("list" as const),
    prefix: fc.constantFrom("files/", "jobs/", "files/a", "jobs/b"),
  }),
);

/** Does drawn things with a place and with a `Map`, and compares; returns how many. */
export async function compareWithMap(
  placeOf: (run: number) => Place,
  runs: number,
): Promise<number> {
  let [run, operations] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { maxLength: 12 }), async (list) => {
      const place = placeOf(run++);
      const map = new Map<string, string>();
      for (const asked of list) {
        operations++;
        if (asked.type === "put") {
          const put = await place.put(asked.name, bytes(asked.text), asked.replace);
          assertEquals(put, asked.replace || !map.has(asked.name));
          if (put) map.set(asked.name, asked.text);
        } else if (asked.type === "read") {
          assertEquals(await textOf(await place.read(asked.name)), map.get(asked.name));
        } else if (asked.type === "remove") {
          await place.remove(asked.name);
          map.delete(asked.name);
        } else {
          const found = await Array.fromAsync(
            place.list(asked.prefix),
            ({ name, bytes }) => [name, bytes],
          );
          const expected = [...map].filter(([name]) => name.startsWith(asked.prefix))
            .map(([name, text]) => [name, new TextEncoder().encode(text).length]);
          assertEquals(found.sort(), expected.sort());
        }
      }
    }),
    { numRuns: runs, endOnFailure: true },
  );
  return operations;
}

/** Has many write one name at once: one of them does, and what is there is its own, whole. */
export async function writeAtOnce(place: Place, name: string, writers: number): Promise<void> {
  const texts = Array.from({ length: writers }, (_, i) => `${i}`.repeat(50_000));
  const first = await Promise.all(texts.map((text) => place.put(name, bytes(text))));
  assertEquals(first.filter(Boolean).length, 1, "of several who put what is new, one was first");
  assertEquals(await textOf(await place.read(name)), texts[first.indexOf(true)]);
}

/** Kills a process that fills a folder, so many times, and sees what it left; returns how much. */
export function killWriters(kills: number): Promise<{ whole: number; unfinished: number }> {
  return inFolder(async (folder) => {
    for (let kill = 0; kill < kills; kill++) {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", fileURLToPath(import.meta.url), folder, `${kill}`],
        stdin: "null",
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      const reader = child.stdout.getReader();
      // Its first file is whole.
      await reader.read();
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      child.kill("SIGKILL");
      reader.releaseLock();
      await child.stdout.cancel();
      await child.status;
    }
    const place = placeIn(folder);
    const store = sharedStore(place, {});
    const counts = { whole: 0, unfinished: 0 };
    for await (const { name } of place.list("files/")) {
      if (name.endsWith(".part")) counts.unfinished++;
      else {
        counts.whole++;
        assert(await store.fetch(name.slice("files/".length), join(folder, "out")), name);
      }
    }
    const { gone } = await collectStore(place, { needed: new Set(), grace: -60_000 });
    assertEquals(gone.files, counts.whole + counts.unfinished);
    assertEquals((await Array.fromAsync(place.list("files/"))).length, 0);
    return counts;
  });
}

// Fills a folder until it is killed.
if (import.meta.main) {
  const [folder, seed] = Deno.args;
  const place = placeIn(folder);
  for (let i = 0;; i++) {
    const text = `${seed} ${i} `.repeat(100_000);
    await place.put(`files/${sha256(text)}`, bytes(text));
    if (i === 0) console.log("begun");
  }
}
