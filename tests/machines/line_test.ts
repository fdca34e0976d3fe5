/** What is said of a queue that cannot be used. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { queueAddress } from "../../src/machines/queue_address.ts";
import { openLine } from "../../src/machines/line.ts";
import { ended } from "../support/people.ts";
import { canSecure, CERTIFICATE, freePort, redisServer, withRedis } from "../support/redis.ts";

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
  name:
    "where a line is lost and its password is no longer right, that is told once, until it is again",
  ignore,
  fn: () =>
    withRedis(async ({ port, ask }) => {
      await ask("ACL", "SETUSER", "me", "on", ">hush", "~*", "&*", "+@all");
      const line = await openLine(`redis://me:hush@127.0.0.1:${port}`);
      const told: (string | boolean)[] = [];
      const back = new Promise<void>((resolve) =>
        line.onChange((there, refused) => {
          told.push(refused ?? there);
          if (there) resolve();
        })
      );
      await ask("ACL", "SETUSER", "me", "resetpass", ">other");
      await ask("CLIENT", "KILL", "USER", "me");
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await ask("ACL", "SETUSER", "me", ">hush");
      await back;
      line.close();
      assertEquals(told, [
        false,
        `The queue at redis://127.0.0.1:${port} cannot be used: it does not know this user or password.`,
        true,
      ]);
    }),
});

Deno.test({
  name: "a database that a Redis does not have is told",
  ignore,
  fn: () =>
    withRedis(async ({ address }) => {
      assertEquals(
        await refusal(`${address}/99`),
        `The queue at ${address}/99 cannot be used: it has no database of that number.`,
      );
    }),
});

Deno.test({
  name: "a certificate that nobody has said to believe is told at once, and what helps",
  ignore: !canSecure,
  fn: () =>
    withRedis(async ({ address }) => {
      const set = Deno.env.get("DENO_CERT");
      assertEquals(
        await refusal(address.replace("//", "//me:hush@")),
        `The queue at ${address} cannot be used: its certificate is not believed (self-signed ` +
          `certificate). DENO_CERT, which is ${
            set ? `set to ${set}` : "not set"
          }, must name a PEM ` +
          `file with the certificate of who signed it; one that signed itself must say CA:FALSE.`,
      );
    }, { tls: CERTIFICATE }),
});

/** What opening each of some addresses says in a process that believes some certificates. */
async function opened(believed: readonly string[], addresses: readonly string[]) {
  const file = await Deno.makeTempFile({ suffix: ".pem" });
  const text = await Promise.all(believed.map((path) => Deno.readTextFile(path)));
  await Deno.writeTextFile(file, text.join(""));
  const line = new URL("../../src/machines/line.ts", import.meta.url).href;
  const { success, stdout, stderr } = await ended([
    Deno.execPath(),
    "eval",
    `
    const { openLine } = await import(${JSON.stringify(line)});
    for (const address of ${JSON.stringify(addresses)}) {
      console.log(await openLine(address).then((line) => (line.close(), "open"), (e) => e.message));
    }`,
  ], { env: { DENO_CERT: file, NO_COLOR: "1" } });
  await Deno.remove(file);
  assert(success, stderr);
  return stdout.trim().split("\n");
}

Deno.test({
  name: "a certificate that is believed opens the line, and one that is of no use is told from it",
  ignore: !canSecure,
  fn: () =>
    withRedis((right) =>
      withRedis((other) =>
        withRedis((authority) =>
          withRedis(async (asking) => {
            const servers = [right, other, authority, asking];
            const said = await opened(
              servers.map(({ believing }) => believing.DENO_CERT),
              [
                ...servers.map(({ address }) => address.replace("//", "//:hush@")),
                `redis://127.0.0.1:${new URL(right.address).port}`,
              ],
            );
            const begins = [
              "open",
              "its certificate is not for this host (Hostname/IP does not match",
              "its certificate is not believed (self-signed certificate). DENO_CERT, which is set to",
              "it asks who connects for a certificate, and there is none here",
              "it ends the connection at once; does it speak TLS, and the address",
            ];
            assertEquals(said.length, begins.length, said.join("\n"));
            for (const [i, begin] of begins.entries()) {
              assert(said[i].replace(/^.* cannot be used: /, "").startsWith(begin), said[i]);
              assert(!said[i].includes("hush"), said[i]);
            }
          }, { tls: CERTIFICATE, more: ["--tls-auth-clients", "yes"] }), {
          tls: { ...CERTIFICATE, ca: true },
        }), { tls: { ...CERTIFICATE, names: "DNS:elsewhere.test" } }), {
      tls: CERTIFICATE,
      more: ["--requirepass", "hush"],
    }),
});

Deno.test({
  name: "a Redis that throws away jobs when its memory is full is refused",
  ignore,
  fn: () =>
    withRedis(async ({ address }) => {
      assert((await refusal(address)).endsWith("set it to noeviction."));
    }, { more: ["--maxmemory-policy", "allkeys-lru"] }),
});
