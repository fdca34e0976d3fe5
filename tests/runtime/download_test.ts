import { assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { download } from "../../src/runtime/download.ts";

const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) >> 3);
const sha256 = createHash("sha256").update(content).digest("hex");

/** Serves `answer` while `test` runs; the ranges asked for are in `ranges`. */
async function served(
  answer: (from: number, request: number) => Response,
  test: (place: { url: string; path: string; ranges: (string | null)[] }) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  const ranges: (string | null)[] = [];
  const server = Deno.serve(
    {
      port: 0,
      hostname: "127.0.0.1",
      onListen() {},
      onError: () => new Response("", { status: 500 }),
    },
    (request) => {
      const range = request.headers.get("range");
      ranges.push(range);
      return answer(Number(range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0), ranges.length);
    },
  );
  try {
    const url = `http://127.0.0.1:${server.addr.port}/archive.tar.gz`;
    await test({ url, path: join(directory, "sub", "archive.tar.gz"), ranges });
  } finally {
    await server.shutdown();
    await Deno.remove(directory, { recursive: true });
  }
}

/** An honest answer from byte `from` on. */
function rest(from: number): Response {
  return new Response(content.subarray(from), {
    status: from > 0 ? 206 : 200,
    headers: from > 0
      ? { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` }
      : {},
  });
}

/** Bytes from `from` to `to`, and then nothing more: the line is dead, or silent. */
function broken(from: number, to: number, silent = false): Response {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(content.subarray(from, to));
      if (!silent) timer = setTimeout(() => controller.close(), 20);
    },
    cancel: () => clearTimeout(timer),
  });
  const length = { "content-length": String(content.length - from) };
  const range = { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` };
  return new Response(body, {
    status: from > 0 ? 206 : 200,
    headers: from > 0 ? { ...length, ...range } : length,
  });
}

const signal = () => new AbortController().signal;
const progress = () => {};

Deno.test("a file comes whole, with progress up to its length", async () => {
  await served((from) => rest(from), async ({ url, path, ranges }) => {
    const seen: [number, number][] = [];
    await download({ url, path, sha256, signal: signal(), progress: (...at) => seen.push(at) });
    assertEquals(await Deno.readFile(path), content);
    assertEquals(ranges, [null]);
    assertEquals(seen.at(-1), [content.length, content.length]);
  });
});

Deno.test("what an earlier try has left is continued", async () => {
  await served((from) => rest(from), async ({ url, path, ranges }) => {
    await Deno.mkdir(join(path, ".."));
    await Deno.writeFile(`${path}.part`, content.subarray(0, 100_000));
    await download({ url, path, sha256, signal: signal(), progress });
    assertEquals(await Deno.readFile(path), content);
    assertEquals(ranges, ["bytes=100000-"]);
  });
});

Deno.test("a line that breaks is taken up where it broke", async () => {
  await served(
    (from, request) => request < 3 ? broken(from, from + 100_000) : rest(from),
    async ({ url, path, ranges }) => {
      await download({ url, path, sha256, signal: signal(), progress });
      assertEquals(await Deno.readFile(path), content);
      assertEquals(ranges, [null, "bytes=100000-", "bytes=200000-"]);
    },
  );
});

Deno.test("a line that falls silent is given up, and what came stays for the next call", async () => {
  await served(
    (from, request) => request < 3 ? broken(from, 100_000, true) : rest(from),
    async ({ url, path, ranges }) => {
      const options = { url, path, sha256, signal: signal(), progress, stallMilliseconds: 100 };
      await assertRejects(() => download(options), Error, "sent nothing for 0.1 s");
      assertEquals((await Deno.stat(`${path}.part`)).size, 100_000);
      await download(options);
      assertEquals(await Deno.readFile(path), content);
      assertEquals(ranges, [null, "bytes=100000-", "bytes=100000-"]);
    },
  );
});

Deno.test("a server without ranges sends all of it again", async () => {
  await served(() => rest(0), async ({ url, path }) => {
    await Deno.mkdir(join(path, ".."));
    await Deno.writeTextFile(`${path}.part`, "something else");
    await download({ url, path, sha256, signal: signal(), progress });
    assertEquals(await Deno.readFile(path), content);
  });
});

Deno.test("other bytes than expected are not kept", async () => {
  await served((from) => rest(from), async ({ url, path }) => {
    const options = { url, path, sha256: "0".repeat(64), signal: signal(), progress };
    await assertRejects(() => download(options), Error, `has SHA-256 ${sha256}, not 000`);
    assertEquals([...Deno.readDirSync(join(path, ".."))], []);
  });
});

Deno.test("a refusal is not repeated, and a file not written", async () => {
  await served(() => new Response("", { status: 404 }), async ({ url, path, ranges }) => {
    const options = { url, path, sha256, signal: signal(), progress };
    await assertRejects(() => download(options), Error, "answers 404");
    assertEquals(ranges.length, 1);
    assertEquals([...Deno.readDirSync(join(path, ".."))], []);
  });
});

Deno.test("all of it there already, but not yet renamed, is enough", async () => {
  const none = { status: 416, headers: { "content-range": `bytes */${content.length}` } };
  await served(() => new Response(null, none), async ({ url, path }) => {
    await Deno.mkdir(join(path, ".."));
    await Deno.writeFile(`${path}.part`, content);
    await download({ url, path, sha256, signal: signal(), progress });
    assertEquals(await Deno.readFile(path), content);
  });
});

Deno.test("a host that is not there, and work that is called off, are reasons", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const path = join(directory, "archive");
    // A port that was free a moment ago.
    const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const url = `http://127.0.0.1:${listener.addr.port}/archive`;
    listener.close();
    const options = { url, path, progress };
    await assertRejects(
      () => download({ ...options, signal: signal() }),
      Error,
      "127.0.0.1:" + listener.addr.port + " cannot be reached",
    );
    const aborted = AbortSignal.abort(new Error("called off"));
    await assertRejects(() => download({ ...options, signal: aborted }), Error, "called off");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
