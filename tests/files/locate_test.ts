import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  locator,
  type OutsideFile,
  type Progress,
  UnavailableError,
} from "../../src/files/locate.ts";
import { inFolder, served } from "../support/data_files.ts";

const bytes = Uint8Array.from({ length: 5_000 }, (_, i) => (i * 7919) >> 3);
const digest = (algorithm: string, of = bytes) => createHash(algorithm).update(of).digest("hex");
const file: OutsideFile = {
  kind: "weights",
  name: "tiny.h5",
  digest: digest("md5"),
  addresses: [],
};
const other = bytes.slice();
other[2_500] ^= 1;

const silent = () => {};
const unasked = () => {
  throw new Error("nothing was to be downloaded");
};

/** Runs `test` with a folder of the user's, one of the cache, and locators for them. */
function inFolders(
  test: (place: {
    readonly user: string;
    readonly cache: string;
    /** Looks in both. */
    find(file: OutsideFile, progress: Progress): Promise<string>;
    /** Looks in the cache alone. */
    findInCache(file: OutsideFile, progress: Progress): Promise<string>;
  }) => Promise<void>,
): Promise<void> {
  return inFolder(async (root) => {
    const [user, cache] = [join(root, "user"), join(root, "cache", "weights")];
    await Deno.mkdir(user);
    const weights = { places: [{ variable: "WEIGHTS" }], cache };
    const { find } = locator({ weights: { places: [{ variable: "WEIGHTS", path: user }], cache } });
    await test({ user, cache, find, findInCache: locator({ weights }).find });
  });
}

Deno.test("the user's folder comes first, then the cache, then the address", async () => {
  await inFolders(async ({ user, cache, find, findInCache }) => {
    let requests = 0;
    const answer = () => {
      requests++;
      return new Response(bytes.slice());
    };
    await served(answer, async (origin) => {
      const published = { ...file, addresses: [`${origin}/tiny.h5`] };
      const told: Parameters<Progress>[] = [];
      const path = await find(published, (...what) => told.push(what));
      assertEquals(path, join(cache, file.name));
      assertEquals(await Deno.readFile(path), bytes);
      assertEquals(told.at(-1), [bytes.length, bytes.length, "downloading tiny.h5"]);
      assertEquals(requests, 1);
      assertEquals(await find(published, unasked), path);
      await Deno.writeFile(join(user, file.name), bytes);
      assertEquals(await find(published, unasked), join(user, file.name));
      assertEquals(await findInCache(published, unasked), path);
      assertEquals(requests, 1);
    });
  });
});

Deno.test("a file is found by either of its digests", async () => {
  await inFolders(async ({ user, find }) => {
    await Deno.writeFile(join(user, file.name), bytes);
    for (const algorithm of ["md5", "sha256"]) {
      const path = await find({ ...file, digest: digest(algorithm) }, unasked);
      assertEquals(path, join(user, file.name));
    }
  });
});

Deno.test("asked for several times at once, a file is downloaded once", async () => {
  await inFolders(async ({ cache, find }) => {
    let requests = 0;
    const answer = () => {
      requests++;
      return new Response(bytes.slice());
    };
    await served(answer, async (origin) => {
      const published = { ...file, addresses: [`${origin}/tiny.h5`] };
      const paths = await Promise.all([1, 2, 3].map(() => find(published, silent)));
      assertEquals(new Set(paths), new Set([join(cache, file.name)]));
      assertEquals(requests, 1);
    });
  });
});

Deno.test("a download that broke off goes on where it stopped, and its MD5 is that of the whole", async () => {
  await inFolders(async ({ cache, findInCache }) => {
    const ranges: (string | null)[] = [];
    const half = bytes.length >> 1;
    const answer = (request: Request) => {
      const range = request.headers.get("range");
      ranges.push(range);
      const from = Number(range?.match(/\d+/)?.[0] ?? 0);
      return new Response(bytes.slice(from), {
        status: from > 0 ? 206 : 200,
        headers: { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` },
      });
    };
    await served(answer, async (origin) => {
      await Deno.mkdir(cache, { recursive: true });
      await Deno.writeFile(join(cache, `${file.name}.part`), bytes.subarray(0, half));
      const published = { ...file, addresses: [`${origin}/tiny.h5`] };
      assertEquals(await Deno.readFile(await findInCache(published, silent)), bytes);
      assertEquals(ranges, [`bytes=${half}-`]);
    });
  });
});

Deno.test("another file of that name is refused with both digests and what to do", async () => {
  await inFolders(async ({ user, cache, find }) => {
    await Deno.mkdir(cache, { recursive: true });
    const published = ["http://127.0.0.1:1/tiny.h5"];
    const cases = [
      [user, [], "Put the original in its place, or declare its digest in study.ts."],
      [user, published, "Put the original in its place, or declare its digest in study.ts."],
      [cache, published, "Delete it, and it is fetched again."],
      [cache, [], "Put the original in its place; it has no public address."],
    ] as const;
    for (const [folder, addresses, remedy] of cases) {
      const path = join(folder, file.name);
      await Deno.writeFile(path, other);
      for (const [algorithm, name] of [["md5", "MD5"], ["sha256", "SHA-256"]]) {
        const wanted = { ...file, addresses, digest: digest(algorithm) };
        const { message } = await assertRejects(() => find(wanted, unasked), Error);
        assertEquals(
          message,
          `${path} is not the file that study.ts declares.
  ${name} expected: ${digest(algorithm)}
  ${name} found:    ${digest(algorithm, other)}
${remedy}`,
        );
      }
      await Deno.writeTextFile(path, "<html>Not found</html>");
      const page = await assertRejects(
        () => find({ ...file, addresses, digest: digest("md5") }, unasked),
        Error,
      );
      assertEquals(page.message.split("\n")[1].slice(0, 16), "It is a web page");
      await Deno.writeFile(path, other);
      assertEquals(await Deno.readFile(path), other);
      await Deno.remove(path);
    }
  });
});

Deno.test("another file at the address is no file, and nothing of it stays", async () => {
  await inFolders(async ({ cache, findInCache }) => {
    await served(() => new Response(other), async (origin) => {
      const published = { ...file, addresses: [`${origin}/tiny.h5`] };
      const lost = () => findInCache(published, silent);
      await assertRejects(lost, UnavailableError, "it sends other bytes than expected");
      assertEquals([...Deno.readDirSync(cache)], []);
    });
  });
});

Deno.test("a file that is nowhere: every place with its reason, and what to do", async () => {
  await inFolders(async ({ user, cache, find, findInCache }) => {
    const unpublished = await assertRejects(() => findInCache(file, silent), UnavailableError);
    assertEquals(
      unpublished.message,
      `tiny.h5 cannot be had: it is in none of these places.
  WEIGHTS: not set
  ${cache}: not there
  public addresses: there is none
Set WEIGHTS to a folder that holds tiny.h5, or put it into ${cache}.`,
    );
    await served(() => new Response("", { status: 403 }), async (origin) => {
      const published = { ...file, addresses: [`${origin}/a`, `${origin}/b`] };
      const forbidden = await assertRejects(() => find(published, silent), UnavailableError);
      assertEquals([forbidden.file, forbidden.reasons], ["tiny.h5", [
        `WEIGHTS, ${user}: not there`,
        `${cache}: not there`,
        `${origin}/a: HTTP status 403 Forbidden`,
        `${origin}/b: HTTP status 403 Forbidden`,
      ]]);
      assert(
        forbidden.message.endsWith("or run this where one of its addresses can be reached."),
      );
    });
    await Deno.remove(user);
    const mistyped = await assertRejects(() => find(file, silent), UnavailableError);
    assertEquals(mistyped.reasons[0], `WEIGHTS, ${user}: there is no such folder`);
  });
});

Deno.test("what cannot be read or written is told with its path and what to do", async () => {
  await inFolders(async ({ user, cache, find, findInCache }) => {
    const published = { ...file, addresses: ["http://127.0.0.1:1/tiny.h5"] };
    await Deno.mkdir(join(user, file.name));
    const folder = await assertRejects(() => find(published, unasked), Error);
    assertEquals(
      folder.message,
      `${join(user, file.name)} cannot be read: it is no file.
A file that may be read is expected there, or nothing.`,
    );
    if (Deno.build.os !== "windows") {
      await Deno.remove(join(user, file.name));
      await Deno.symlink(join(user, file.name), join(user, file.name));
      const circle = await assertRejects(() => find(published, unasked), Error);
      assertEquals(
        circle.message,
        `${
          join(user, file.name)
        } cannot be read: the links in its path lead in a circle; remove one.
A file that may be read is expected there, or nothing.`,
      );
    }
    // A file stands where the cache's folder should be made.
    await Deno.writeTextFile(join(cache, ".."), "");
    const error = await assertRejects(() => findInCache(published, silent), Error);
    assert(!(error instanceof UnavailableError));
    assert(error.message.startsWith(`${join(cache, file.name)}.part cannot be written: `));
  });
});

Deno.test("whether a file is there, in either folder, does not depend on what it holds", async () => {
  await inFolders(async ({ user, cache }) => {
    const both = locator({ weights: { places: [{ variable: "WEIGHTS", path: user }], cache } });
    assertEquals(await both.isThere(file), false);
    await Deno.mkdir(join(user, file.name));
    assertEquals(await both.isThere(file), false);
    await Deno.mkdir(cache, { recursive: true });
    await Deno.writeFile(join(cache, file.name), other);
    assertEquals(await both.isThere(file), true);
    await Deno.remove(join(cache, file.name));
    await Deno.remove(join(user, file.name));
    await Deno.writeFile(join(user, file.name), other);
    assertEquals(await both.isThere(file), true);
  });
});

Deno.test("a kind of file without folders is a mistake", async () => {
  const none = locator({});
  await assertRejects(
    () => none.find(file, silent),
    Error,
    "No folder is known for files of weights",
  );
});
