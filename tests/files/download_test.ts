import { assert, assertEquals, assertInstanceOf, assertMatch, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { download, DownloadError, type DownloadOptions } from "../../src/files/download.ts";
import { inFolder, served, sha256 } from "../support/data_files.ts";

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 3);
const digest = sha256(content);
const limits = { silence: 300, total: 5_000, bytes: 1_000_000 };
const options: DownloadOptions = { digest, limits };

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
  const reasons = error.failures.map(({ address, why }) => `${address}: ${why}`);
  assert(reasons.every((reason) => error.message.includes(reason)));
  return reasons;
}

Deno.test("a file comes whole, uncompressed, with progress up to its length", async () => {
  await beside((from) => rest(from), async ({ origin, path, ranges }) => {
    const seen: [number, number, string?][] = [];
    const progress: DownloadOptions["progress"] = (...at) => seen.push(at);
    await download([`${origin}/a`], path, { ...options, progress });
    assertEquals(await Deno.readFile(path), content);
    assertEquals(ranges, [null]);
    assertEquals(seen.at(-1), [content.length, content.length, "downloading file.gz"]);
    assertEquals(names(path), ["file.gz"]);
  });
});

Deno.test("the digest may be an MD5", async () => {
  await beside((from) => rest(from), async ({ origin, path }) => {
    const md5 = createHash("md5").update(content).digest("hex");
    await download([`${origin}/a`], path, { digest: md5, limits });
    assertEquals(await Deno.readFile(path), content);
    const other = "0".repeat(32);
    const refused = download([`${origin}/a`], `${path}2`, { digest: other, limits });
    assertEquals(await reasonsOf(refused), [
      `${origin}/a: it sends other bytes than expected: their MD5 is ${md5}, not ${other}`,
    ]);
  });
});

Deno.test("a transfer that breaks off is resumed where it broke", async () => {
  await beside(
    (from, request) => request < 3 ? broken(from, from + 100_000) : rest(from),
    async ({ origin, path, ranges }) => {
      await download([`${origin}/a`], path, options);
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
    await download([`${origin}/a`], path, options);
    assertEquals(await Deno.readFile(path), content);
    assertEquals(ranges, ["bytes=123456-"]);
  });
});

Deno.test("a file that an earlier call left complete is not asked for again", async () => {
  await beside((from) => rest(from), async ({ origin, path, ranges }) => {
    await Deno.mkdir(join(path, ".."));
    await Deno.writeFile(`${path}.part`, content);
    await download([`${origin}/a`], path, options);
    assertEquals(await Deno.readFile(path), content);
    assertEquals(ranges, []);
  });
});

Deno.test("a server without ranges sends all of it again", async () => {
  await beside(
    (_, request) => request === 1 ? broken(0, 100_000) : rest(0),
    async ({ origin, path, ranges }) => {
      await download([`${origin}/a`], path, options);
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
      await download([`${origin}/a`], path, options);
      assertEquals(await Deno.readFile(path), content, name);
      assertEquals(ranges, ["bytes=50000-", null], name);
    });
  }
});

Deno.test("other content is refused, and nothing of it kept", async () => {
  const other = content.slice();
  other[299_999] ^= 1;
  await beside(() => new Response(other), async ({ origin, path, ranges }) => {
    assertEquals(await reasonsOf(download([`${origin}/a`], path, options)), [
      `${origin}/a: it sends other bytes than expected: ` +
      `their SHA-256 is ${sha256(other)}, not ${digest}`,
    ]);
    assertEquals(ranges, [null]);
    assertEquals(names(path), []);
  });
});

Deno.test("other content over a line that breaks is fetched once", async () => {
  const other = content.slice();
  other[299_999] ^= 1;
  await beside(
    (from, request) =>
      request === 1
        ? broken(0, 100_000)
        : new Response(other.slice(from), { status: 206, headers: headers(from) }),
    async ({ origin, path, ranges }) => {
      assertEquals((await reasonsOf(download([`${origin}/a`], path, options))).length, 1);
      assertEquals(ranges, [null, "bytes=100000-"]);
      assertEquals(names(path), []);
    },
  );
});

Deno.test("a file that is not there is refused with the status, and the next address asked", async () => {
  await beside(
    (from, _, path) => path === "/b" ? rest(from) : new Response("no such file", { status: 404 }),
    async ({ origin, path, ranges }) => {
      assertEquals(await reasonsOf(download([`${origin}/a`], path, options)), [
        `${origin}/a: HTTP status 404 Not Found`,
      ]);
      assertEquals(names(path), []);
      await download([`${origin}/a`, `${origin}/b`], path, options);
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
      await download([`${origin}/a`, `${origin}/b`], path, options);
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
    const reasons = await reasonsOf(download([address], path, options));
    assertEquals(reasons.length, 1);
    assertMatch(reasons[0], /^http:\/\/127\.0\.0\.1:\d+\/a: it cannot be reached: .*refused/i);
    assertEquals(names(path), []);
  });
});

Deno.test("a server that answers nothing is given up", async () => {
  let answer = () => {};
  const later = new Promise<Response>((resolve) => answer = () => resolve(new Response("late")));
  await beside(() => later, async ({ origin, path }) => {
    assertEquals(await reasonsOf(download([`${origin}/a`], path, options)), [
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
      const attempt = () => download([`${origin}/a`], path, options);
      assertEquals(await reasonsOf(attempt()), [`${origin}/a: nothing came for 0.3 s`]);
      assertEquals(names(path), ["file.gz.part"]);
      assertEquals((await Deno.stat(`${path}.part`)).size, 100_000);
      await attempt();
      assertEquals(await Deno.readFile(path), content);
      assertEquals(ranges, [null, "bytes=100000-", "bytes=100000-"]);
    },
  );
});

Deno.test("what was given up can be taken up at once, also while processes are started", () =>
  beside(() => new Response("", { status: 404 }), async ({ origin, path }) => {
    await Deno.mkdir(dirname(path));
    await Deno.writeFile(`${path}.part`, content.slice(0, 100));
    const stop = new AbortController();
    const starting = Array.from({ length: 4 }, async () => {
      while (!stop.signal.aborted) {
        await new Deno.Command(Deno.execPath(), { args: ["--version"], stdout: "null" }).output();
      }
    });
    // A process that is being started has open what this one has, for a moment.
    for (let i = 0; i < 150; i++) {
      assertEquals(await reasonsOf(download([`${origin}/a`], path, options)), [
        `${origin}/a: HTTP status 404 Not Found`,
      ]);
    }
    stop.abort();
    await Promise.all(starting);
  }));

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
    const addresses = [`${origin}/a`, `${origin}/b`];
    // The time is for all addresses together.
    assertEquals(await reasonsOf(download(addresses, path, { digest, limits: short })), [
      `${origin}/a: the file has not come within 0.4 s`,
    ]);
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
    assertEquals(await reasonsOf(download([`${origin}/a`], path, options)), [
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
    const attempt = () => download([`${origin}/a`], path, { digest, limits: patient });
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
    assertEquals(await reasonsOf(download([], path, options)), []);
    assertEquals(names(path), ["file.gz.part"]);
  });
});

Deno.test("without a digest a file counts as whole when all of it has come", async () => {
  const cut = (from: number, request: number) =>
    request < 3 ? broken(from, from + 100_000) : rest(from);
  await beside(cut, async ({ origin, path, ranges }) => {
    await download([`${origin}/a`], path, { limits });
    assertEquals(await Deno.readFile(path), content);
    assertEquals(ranges, [null, "bytes=100000-", "bytes=200000-"]);
  });
  // All of it there already, but not yet renamed: the server says how long it is.
  const none = { status: 416, headers: { "content-range": `bytes */${content.length}` } };
  await beside(
    (from) => from > 0 ? new Response(null, none) : rest(0),
    async ({ origin, path, ranges }) => {
      for (const [there, asked] of [[content, 1], [content.subarray(1), 3]] as const) {
        await Deno.mkdir(join(path, ".."), { recursive: true });
        await Deno.writeFile(`${path}.part`, there);
        await download([`${origin}/a`], path, { limits });
        assertEquals(await Deno.readFile(path), content);
        assertEquals(ranges.length, asked);
      }
    },
  );
});

Deno.test("a length that the server does not say is told as 0", async () => {
  const chunked = () =>
    new Response(
      new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(content.slice());
          controller.close();
        },
      }),
    );
  await beside(chunked, async ({ origin, path }) => {
    const seen: [number, number, string?][] = [];
    const progress: DownloadOptions["progress"] = (...at) => seen.push(at);
    await download([`${origin}/a`], path, { ...options, progress });
    assertEquals(seen.at(-1), [content.length, 0, "downloading file.gz"]);
  });
});

Deno.test("work that is called off ends with the reason, and what came stays", async () => {
  await beside(
    (from) => broken(from, from + 100_000, "silent"),
    async ({ origin, path, ranges }) => {
      const early = AbortSignal.abort(new Error("not wanted"));
      const attempt = (signal: AbortSignal, progress?: DownloadOptions["progress"]) =>
        download([`${origin}/a`, `${origin}/b`], path, { digest, signal, progress });
      await assertRejects(() => attempt(early), Error, "not wanted");
      assertEquals(ranges, []);
      const controller = new AbortController();
      const stop = (done: number) => {
        if (done === 100_000) controller.abort(new Error("called off"));
      };
      await assertRejects(() => attempt(controller.signal, stop), Error, "called off");
      assertEquals(ranges, [null]);
      assertEquals(names(path), ["file.gz.part"]);
    },
  );
});

Deno.test("a place that cannot be written is an error with what to do, not the address's", async () => {
  await beside((from) => rest(from), async ({ origin, path, ranges }) => {
    const attempt = () => download([`${origin}/a`], path, options);
    await Deno.mkdir(`${path}.part`, { recursive: true });
    const inTheWay = await assertRejects(attempt, Error, `${path}.part cannot be written: `);
    assert(!(inTheWay instanceof DownloadError));
    await Deno.remove(join(path, ".."), { recursive: true });
    await Deno.writeTextFile(join(path, ".."), "a file in place of the folder");
    await assertRejects(
      attempt,
      Error,
      "something else stands in its path or its place; move that away",
    );
    assertEquals(ranges, []);
  });
});
