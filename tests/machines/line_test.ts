/** What is said of a queue that cannot be used. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { queueAddress } from "../../src/machines/queue_address.ts";
import { openLine } from "../../src/machines/line.ts";
import { freePort, redisServer, withRedis } from "../support/redis.ts";

const ignore = redisServer === undefined;

Deno.test("a queue's address is that of a Redis, and is shown without user and password", () => {
  const parts = queueAddress("rediss://me:s%40fe@example.test/3");
  assertEquals(parts, {
    host: "example.test",
    port: 6379,
    db: 3,
    username: "me",
    password: "s@fe",
    tls: { servername: "example.test" },
    name: "rediss://example.test:6379/3",
  });
  assertEquals(queueAddress("redis://[::1]:7000").host, "::1");
  for (
    const wrong of [
      ...["", "localhost:6379", "http://host", "redis://", "redis:///1", "redis://host/a"],
      ...["redis://host/1/2", "redis://me:secret@host:x", "redis://host?password=secret"],
    ]
  ) {
    const { message } = assertThrows(() => queueAddress(wrong), Error, "redis://host:6379");
    assert(!message.includes("secret"));
  }
});

/** What opening says. */
const refusal = async (address: string): Promise<string> => {
  const { message } = await assertRejects(() => openLine(address), Error);
  return message;
};

Deno.test("where nothing listens, that is said at once", async () => {
  const port = freePort();
  assertEquals(
    await refusal(`redis://127.0.0.1:${port}`),
    `The queue at redis://127.0.0.1:${port} cannot be used: nothing listens there; is a Redis running?`,
  );
});

Deno.test({
  name: "where no host has the name, that is said at once",
  // The tests' task may look up no names.
  ignore: Deno.permissions.querySync({ name: "net", host: "nowhere.invalid" }).state !== "granted",
  async fn() {
    assertEquals(
      await refusal("redis://nowhere.invalid"),
      "The queue at redis://nowhere.invalid:6379 cannot be used: there is no host of that name.",
    );
  },
});

Deno.test("a server that is no Redis, or too old a one, is refused", async () => {
  const answering = async (answer: string, test: (port: number) => Promise<void>) => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const serve = (async () => {
      for await (const connection of listener) {
        void (async () => {
          const bytes = new Uint8Array(4096);
          for (let read; (read = await connection.read(bytes)) !== null;) {
            const asked = new TextDecoder().decode(bytes.subarray(0, read)).match(/\*\d+\r\n/g);
            for (const _ of asked ?? []) await connection.write(new TextEncoder().encode(answer));
          }
          connection.close();
        })().catch(() => {});
      }
    })().catch(() => {});
    await test(listener.addr.port);
    listener.close();
    await serve;
  };
  const info = "redis_version:5.0.14\r\n";
  await answering(`$${info.length}\r\n${info}\r\n`, async (port) => {
    const where = `redis://127.0.0.1:${port}`;
    assertEquals(
      await refusal(where),
      `The Redis at ${where} is version 5.0.14; a queue needs 6.2.`,
    );
  });
  await answering("HTTP/1.1 400 Bad Request\r\n\r\n", async (port) => {
    assert((await refusal(`redis://127.0.0.1:${port}`)).includes("what answers is no Redis"));
  });
});

Deno.test({
  name: "a password that is missing or wrong is told, and not shown",
  ignore,
  fn: () =>
    withRedis(async ({ port }) => {
      const begin = `The queue at redis://127.0.0.1:${port} cannot be used:`;
      assertEquals(await refusal(`redis://127.0.0.1:${port}`), `${begin} it asks for a password.`);
      assertEquals(
        await refusal(`redis://:hush@127.0.0.1:${port}`),
        `${begin} it does not know this user or password.`,
      );
      const line = await openLine(`redis://:secret@127.0.0.1:${port}`);
      assertEquals(line.name, `redis://127.0.0.1:${port}`);
      line.close();
    }, { more: ["--requirepass", "secret"] }),
});

Deno.test({
  name: "a Redis that throws away jobs when its memory is full is refused",
  ignore,
  fn: () =>
    withRedis(async ({ address }) => {
      assert((await refusal(address)).endsWith("set it to noeviction."));
    }, { more: ["--maxmemory-policy", "allkeys-lru"] }),
});
