/** Folders and buckets as places of a store: they do the same. */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { join } from "node:path";
import { addressOf, hostOf } from "../../src/machines/address.ts";
import { credentialsOf } from "../../src/machines/s3.ts";
import { ACCESS } from "../support/s3_server.ts";
import { compareWithMap, killWriters, writeAtOnce } from "../support/store_attacks.ts";
import { inFolder, placeIn, placeOn, s3Tests, SHORT, variableOf } from "../support/stores.ts";

const content = (text: string) =>
  async function* () {
    yield await Promise.resolve(new TextEncoder().encode(text));
  };

Deno.test("a folder does what a map does, whatever is asked of it", () =>
  inFolder(async (folder) => {
    const placeOf = (run: number) => {
      const path = join(folder, `${run}`);
      Deno.mkdirSync(path);
      return placeIn(path);
    };
    assert(await compareWithMap(placeOf, 20) > 50);
  }));

Deno.test("of many who put one name into a folder at once, one does, and nothing is torn", () =>
  inFolder(async (folder) => {
    for (let i = 0; i < 5; i++) await writeAtOnce(placeIn(folder), `files/${i}`, 8);
    // None has left anything else behind.
    assertEquals((await Array.fromAsync(placeIn(folder).list("files/"))).length, 5);
  }));

Deno.test("a process that is killed while it writes leaves nothing under a name that is not whole", async () => {
  const { whole } = await killWriters(2);
  assert(whole > 0);
});

Deno.test("a server that cannot be reached is named after some tries, and so is a folder", async () => {
  const environment = {
    AWS_ENDPOINT_URL: "http://127.0.0.1:9",
    AWS_ACCESS_KEY_ID: ACCESS.id,
    AWS_SECRET_ACCESS_KEY: ACCESS.secret,
  };
  const { message } = await assertRejects(
    () => placeOn({ environment }, "x", SHORT).put("files/a", content("a")),
    Error,
  );
  assertMatch(
    message,
    /^The store s3:\/\/shared\/x \(127\.0\.0\.1:9\) cannot be used: .* It was asked \d times in \d s; run again when it works, or without it\.$/,
  );
  const gone = placeIn("/nowhere/at/all", SHORT);
  for (
    const work of [
      () => gone.put("files/a", content("a")),
      () => Array.fromAsync(gone.list("files/")),
    ]
  ) {
    const error = await assertRejects(work, Error);
    assertMatch(
      error.message,
      /^The store file:\/\/\/nowhere\/at\/all cannot be used: the folder /,
    );
  }
});

Deno.test("an address says where a store is, and what is wrong with one is said without its secrets", () => {
  const none = () => undefined;
  const amazon = variableOf({ AWS_REGION: "eu-central-1" });
  const at = (text: string, variable = amazon) => {
    const address = addressOf(text, variable);
    return [
      address.name,
      address.kind === "bucket" ? address.bucket + "/" + address.prefix : address.path,
      hostOf(address),
    ];
  };
  assertEquals(at("s3://bucket"), [
    "s3://bucket",
    "https://bucket.s3.eu-central-1.amazonaws.com/",
    "bucket.s3.eu-central-1.amazonaws.com",
  ]);
  assertEquals(at("s3://with.dot/a/b/"), [
    "s3://with.dot/a/b",
    "https://s3.eu-central-1.amazonaws.com/with.dot/a/b/",
    "s3.eu-central-1.amazonaws.com",
  ]);
  assertEquals(at("s3://bucket/p", variableOf({ AWS_ENDPOINT_URL: "https://host:9000/" })), [
    "s3://bucket/p (host:9000)",
    "https://host:9000/bucket/p/",
    "host:9000",
  ]);
  assertEquals(at("file:///shared/my%20folder", none), [
    "file:///shared/my%20folder",
    "/shared/my folder",
    undefined,
  ]);
  assertThrows(() => addressOf("s3://bucket", none), Error, "set AWS_REGION");
  for (
    const text of [
      "",
      "bucket",
      "s3://",
      "s3://UPPER",
      "s3://bucket/../x",
      "s3://bucket/a?b",
      "http://host/x",
      "file://host/x",
      "file:///",
      "/shared",
    ]
  ) {
    assertThrows(() => addressOf(text, amazon), Error, "is no address of a");
  }
  for (
    const [text, endpoint] of [
      ["s3://KEYID:s3cr3t@bucket", undefined],
      ["s3://bucket", "https://KEYID:s3cr3t@host"],
      ["file://KEYID:s3cr3t@host/x", undefined],
    ] as const
  ) {
    const { message } = assertThrows(
      () =>
        addressOf(
          text,
          variableOf({ AWS_REGION: "r", ...(endpoint && { AWS_ENDPOINT_URL: endpoint }) }),
        ),
      Error,
      "has no user and no password",
    );
    assert(!/KEYID|s3cr3t/.test(message), message);
  }
  assertThrows(
    () => credentialsOf("s3://bucket", variableOf({ AWS_ACCESS_KEY_ID: "id" })),
    Error,
    "The store s3://bucket asks who you are: set AWS_SECRET_ACCESS_KEY in the environment.",
  );
});

s3Tests("a bucket, of which a server tells two names at a time,", {
  "it does what a map does, whatever is asked of it": async (server) => {
    assert(await compareWithMap((run) => placeOn(server, `run${run}`), 20) > 50);
  },
  "of many who put one name there at once, one does, and nothing is torn": async (server) => {
    for (let i = 0; i < 5; i++) await writeAtOnce(placeOn(server), `files/${i}`, 8);
  },
  "a server that has other credentials refuses, at once and without telling them": async (
    server,
  ) => {
    const others = [
      { ...server.environment, AWS_SECRET_ACCESS_KEY: "another+Secret" },
      { ...server.environment, AWS_ACCESS_KEY_ID: "ANOTHERID" },
      { ...server.environment, AWS_SESSION_TOKEN: "a-token" },
    ];
    // A token is signed, too; this server takes any.
    assertEquals(await placeOn({ environment: others[2] }).put("files/a", content("a")), true);
    for (const environment of others.slice(0, 2)) {
      const began = performance.now();
      const { message } = await assertRejects(
        () => placeOn({ environment }).put("files/b", content("a")),
        Error,
      );
      assert(performance.now() - began < 2000);
      assertMatch(
        message,
        /^The store s3:\/\/shared \(127\.0\.0\.1:\d+\) refuses .*403.*AWS_ACCESS_KEY_ID/s,
      );
      for (const secret of [ACCESS.secret, ACCESS.id, "another+Secret", "ANOTHERID"]) {
        assert(!message.includes(secret), message);
      }
    }
    const elsewhere = { ...server.environment, AWS_ENDPOINT_URL: `${server.origin}/none` };
    await assertRejects(
      () => placeOn({ environment: elsewhere }).put("files/b", content("a")),
      Error,
      "has no such bucket",
    );
  },
});
