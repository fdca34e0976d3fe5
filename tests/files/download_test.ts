import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { digestOf, download, DownloadError } from "../../src/files/download.ts";
import { inFolder, served, sha256 } from "../support/data_files.ts";

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 3);
const digest = sha256(content);
const limits = { silence: 300, total: 5_000, bytes: 1_000_000 };

/** What a server was asked for, and where the file goes. */
interface Place {
  readonly origin: string;
  readonly path: string;
  /** The header `Range` of every request so far. */
  readonly ranges: (string | null)[];
}

/** Runs `test` beside a server; `answer` is given the byte asked for and the number of the request from 1. */
function beside(
  answer: (from: number, request: number, path: string) => Response | Promise<Response>,
  test: (place: Place) => Promise<void>,
): Promise<void> {
  const ranges: (string | null)[] = [];
  return inFolder((folder) =>
    served((request) => {
      const range = request.headers.get("range");
      ranges.push(range);
      const from = Number(range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
      return answer(from, ranges.length, new URL(request.url).pathname);
    }, (origin) => test({ origin, path: join(folder, "data", "file.gz"), ranges }))
  );
}

const headers = (from: number): Record<string, string> => ({
  "content-length": String(content.length - from),
  ...(from > 0 ? { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` } : {}),
});

/** An honest answer from byte `from` on. */
const rest = (from: number) =>
  new Response(content.slice(from), { status: from > 0 ? 206 : 200, headers: headers(from) });

/** The bytes from `from` to `to` of the rest that the headers promise; then the line is dead, or silent. */
function broken(from: number, to: number, then: "dead" | "silent" = "dead"): Response {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(content.slice(from, to));
      // Not at once, so that the bytes have left.
      if (then === "dead") timer = setTimeout(() => controller.close(), 20);
    },
    cancel: () => clearTimeout(timer),
  });
  return new Response(body, { status: from > 0 ? 206 : 200, headers: headers(from) });
}

/** The names in the folder of `path`: nothing half-written may have its final name. */
const names = (path: string) =>
  Array.from(Deno.readDirSync(join(path, "..")), ({ name }) => name).sort();

/** The reasons of the DownloadError that a download ends with. */
async function reasonsOf(attempt: Promise<void>): Promise<readonly string[]> {
  const error = await assertRejects(() => attempt, DownloadError);
  assertInstanceOf(error, DownloadError);
  assert(error.reasons.every((reason) => error.message.includes(reason)));
  return error.reasons;
}

Deno.test("a file comes whole, uncompressed, with progress up to its length", async () => {
  await beside((from) => rest(from), async ({ origin, path, ranges }) => {
    const seen: [number, number][] = [];
    await download([`${origin}/a`], path, digest, (...at) => seen.push(at), limits);
    assertEquals(await Deno.readFile(path), content);
    assertEquals(ranges, [null]);
    assertEquals(seen.at(-1), [content.length, content.length]);
    assertEquals(names(path), ["file.gz"]);
  });
});

Deno.test("the digest may be an MD5", async () => {
  await beside((from) => rest(from), async ({ origin, path }) => {
    const md5 = createHash("md5").update(content).digest("hex");
    await download([`${origin}/a`], path, md5, undefined, limits);
    assertEquals([await digestOf(path, md5), await digestOf(path, digest)], [md5, digest]);
    assertEquals(await digestOf(`${path}.none`, digest), undefined);
  });
});

Deno.test("a transfer that breaks off is resumed where it broke", async () => {
  await beside(
    (from, request) => request < 3 ? broken(from, from + 100_000) : rest(from),
    async ({ origin, path, ranges }) => {
      await download([`${origin}/a`], path, digest, undefined, limits);
      assertEquals(await Deno.readFile(path), content);
      assertEquals(ranges, [null, "bytes=100000-", "bytes=200000-"]);
      assertEquals(names(path), ["file.gz"]);
    },
  );
});

Deno.test("what an earlier call left is continued", async () => {
  await beside((from) => rest(from), async ({ origin, path, ranges }) => {
    await Deno.mkdir(join(path, ".."));
    await Deno.writeFile(`${path}.part`, content.subarray(0, 123_456));
    await download([`${origin}/a`], path, digest, undefined, limits);
    assertEquals(await Deno.readFile(path), content);
    assertEquals(ranges, ["bytes=123456-"]);
  });
});

Deno.test("a file that an earlier call left complete is not asked for again", async () => {
  await beside((from) => rest(from), async ({ origin, path, ranges }) => {
    await Deno.mkdir(join(path, ".."));
    await Deno.writeFile(`${path}.part`, content);
    await download([`${origin}/a`], path, digest, undefined, limits);
    assertEquals(await Deno.readFile(path), content);
    assertEquals(ranges, []);
  });
});

Deno.test("a server without ranges sends all of it again", async () => {
  await beside(
    (_, request) => request === 1 ? broken(0, 100_000) : rest(0),
    async ({ origin, path, ranges }) => {
      await download([`${origin}/a`], path, digest, undefined, limits);
      assertEquals(await Deno.readFile(path), content);
      assertEquals(ranges, [null, "bytes=100000-"]);
    },
  );
});

Deno.test("a beginning that is another file's is thrown away, whatever the server makes of it", async () => {
  const answers: Record<string, (from: number) => Response> = {
    "the rest": rest,
    "416": (from) => from > 0 ? new Response(null, { status: 416 }) : rest(0),
    "another rest": (from) => from > 0 ? broken(from + 1, content.length) : rest(0),
  };
  for (const [name, answer] of Object.entries(answers)) {
    await beside((from) => answer(from), async ({ origin, path, ranges }) => {
      await Deno.mkdir(join(path, ".."));
      await Deno.writeFile(`${path}.part`, new Uint8Array(50_000).fill(7));
      await download([`${origin}/a`], path, digest, undefined, limits);
      assertEquals(await Deno.readFile(path), content, name);
      assertEquals(ranges, ["bytes=50000-", null], name);
    });
  }
});

Deno.test("other content is refused, and nothing of it kept", async () => {
  const other = content.slice();
  other[299_999] ^= 1;
  await beside(() => new Response(other), async ({ origin, path, ranges }) => {
    assertEquals(await reasonsOf(download([`${origin}/a`], path, digest, undefined, limits)), [
      `${origin}/a: it sends other bytes than expected (their digest differs)`,
    ]);
    assertEquals(ranges, [null]);
    assertEquals(names(path), []);
  });
});

Deno.test("a file that is not there is refused with the status, and the next address asked", async () => {
  await beside(
    (from, _, path) => path === "/b" ? rest(from) : new Response("no such file", { status: 404 }),
    async ({ origin, path, ranges }) => {
      assertEquals(await reasonsOf(download([`${origin}/a`], path, digest, undefined, limits)), [
        `${origin}/a: HTTP status 404 Not Found`,
      ]);
      assertEquals(names(path), []);
      await download([`${origin}/a`, `${origin}/b`], path, digest, undefined, limits);
      assertEquals(await Deno.readFile(path), content);
      assertEquals(ranges.length, 3);
    },
  );
});

Deno.test("a second address continues what the first one began", async () => {
  await beside(
    (from, _, path) =>
      path === "/b"
        ? rest(from)
        : from > 0
        ? new Response(null, { status: 503 })
        : broken(0, 100_000),
    async ({ origin, path, ranges }) => {
      await download([`${origin}/a`, `${origin}/b`], path, digest, undefined, limits);
      assertEquals(await Deno.readFile(path), content);
      assertEquals(ranges, [null, "bytes=100000-", "bytes=100000-"]);
    },
  );
});

Deno.test("an address where nobody listens is refused with the reason", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `http://127.0.0.1:${listener.addr.port}/a`;
  listener.close();
  await inFolder(async (folder) => {
    const path = join(folder, "data", "file.gz");
    const reasons = await reasonsOf(download([address], path, digest, undefined, limits));
    assertEquals(reasons.length, 1);
    assertMatch(reasons[0], /^http:\/\/127\.0\.0\.1:\d+\/a: .*refused/i);
    assertEquals(names(path), []);
  });
});

Deno.test("a server that answers nothing is given up", async () => {
  let answer = () => {};
  const later = new Promise<Response>((resolve) => answer = () => resolve(new Response("late")));
  await beside(() => later, async ({ origin, path }) => {
    assertEquals(await reasonsOf(download([`${origin}/a`], path, digest, undefined, limits)), [
      `${origin}/a: nothing came for 0.3 s`,
    ]);
    assertEquals(names(path), []);
    answer();
  });
});

Deno.test("a line that falls silent is given up, and what came stays for the next call", async () => {
  await beside(
    (from, request) => request < 3 ? broken(from, 100_000, "silent") : rest(from),
    async ({ origin, path, ranges }) => {
      const attempt = () => download([`${origin}/a`], path, digest, undefined, limits);
      assertEquals(await reasonsOf(attempt()), [`${origin}/a: nothing came for 0.3 s`]);
      assertEquals(names(path), ["file.gz.part"]);
      assertEquals((await Deno.stat(`${path}.part`)).size, 100_000);
      await attempt();
      assertEquals(await Deno.readFile(path), content);
      assertEquals(ranges, [null, "bytes=100000-", "bytes=100000-"]);
    },
  );
});

Deno.test("a server that trickles is given up after the time for the file", async () => {
  let timer: ReturnType<typeof setInterval> | undefined;
  const trickle = () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        timer = setInterval(() => controller.enqueue(content.slice(0, 1)), 20);
      },
      cancel: () => clearInterval(timer),
    });
    return new Response(body);
  };
  await beside(trickle, async ({ origin, path }) => {
    const short = { ...limits, total: 400 };
    const reasons = await reasonsOf(download([`${origin}/a`], path, digest, undefined, short));
    assertEquals(reasons.length, 1);
    assertEquals(names(path), ["file.gz.part"]);
    clearInterval(timer);
  });
});

Deno.test("a server that sends too much is given up, and nothing of it kept", async () => {
  let sent = 0;
  const flood = () =>
    new Response(
      new ReadableStream<Uint8Array>({
        pull(controller) {
          sent += content.length;
          controller.enqueue(content.slice());
        },
      }),
    );
  await beside(flood, async ({ origin, path }) => {
    assertEquals(await reasonsOf(download([`${origin}/a`], path, digest, undefined, limits)), [
      `${origin}/a: it sends more than 1000000 bytes`,
    ]);
    assert(sent < 100 * content.length, `${sent} bytes were taken`);
    assertEquals(names(path), []);
  });
});

Deno.test("two downloads of one file do not write over each other", async () => {
  const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await beside(async (from) => {
    asked.resolve();
    await answered.promise;
    return rest(from);
  }, async ({ origin, path }) => {
    const patient = { ...limits, silence: 5_000 };
    const attempt = () => download([`${origin}/a`], path, digest, undefined, patient);
    const first = attempt();
    await asked.promise;
    const error = await assertRejects(attempt, Error);
    answered.resolve();
    await first;
    assertEquals(
      error.message,
      `${path} is being downloaded by another process; wait until it has finished.`,
    );
    assertEquals(await Deno.readFile(path), content);
  });
});

Deno.test("without addresses nothing is downloaded, and what an earlier call left is kept", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "file.gz");
    await Deno.writeFile(`${path}.part`, content.subarray(0, 1000));
    assertEquals(await reasonsOf(download([], path, digest, undefined, limits)), []);
    assertEquals(names(path), ["file.gz.part"]);
  });
});
