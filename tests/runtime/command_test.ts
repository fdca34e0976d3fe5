import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { bounded, runCommand } from "../../src/runtime/command.ts";

const script = (code: string) => ["eval", "--quiet", code];
const deno = Deno.execPath();

Deno.test("a program's output comes back", async () => {
  const output = await runCommand(deno, {
    args: script("console.log(Deno.env.get('GARMENT'))"),
    env: { GARMENT: "coat" },
    limit: 30_000,
  });
  assertEquals(output, "coat\n");
});

Deno.test("a program that is not there is a reason", async () => {
  await assertRejects(
    () => runCommand("no-such-compiler", { args: [], limit: 1000 }),
    Error,
    "there is no no-such-compiler on this machine",
  );
});

Deno.test("a program that fails says its first error, or else its last line", async () => {
  const failing = (...lines: string[]) =>
    assertRejects(
      () =>
        runCommand(deno, {
          args: script(`console.error(${JSON.stringify(lines.join("\n"))}); Deno.exit(3)`),
          name: "the compiler",
          limit: 30_000,
        }),
      Error,
    ) as Promise<Error>;
  assertEquals(
    (await failing("In file included from x", "x.h:1: fatal error: y.h is missing", "done."))
      .message,
    "the compiler failed with code 3: x.h:1: fatal error: y.h is missing",
  );
  assertEquals((await failing("one", "two", "")).message, "the compiler failed with code 3: two");
  assertStringIncludes((await failing("x".repeat(1000))).message, "x…");
});

Deno.test("a program that goes on for too long is ended, with its reason", async () => {
  await assertRejects(
    () => runCommand(deno, { args: script("setInterval(() => {}, 1000)"), name: "it", limit: 300 }),
    Error,
    "it took longer than 0.3 s",
  );
});

Deno.test("a program is ended with the work that it is part of", async () => {
  const controller = new AbortController();
  const running = runCommand(deno, {
    args: script("setInterval(() => {}, 1000)"),
    limit: 30_000,
    signal: controller.signal,
  });
  setTimeout(() => controller.abort(new Error("given up")), 100);
  await assertRejects(() => running, Error, "given up");
  await assertRejects(
    () => runCommand(deno, { args: [], limit: 1000, signal: controller.signal }),
    Error,
    "given up",
  );
});

Deno.test("work within its limit keeps its result and its own error", async () => {
  assertEquals(await bounded("work", 1000, () => Promise.resolve(5)), 5);
  await assertRejects(
    () => bounded("work", 1000, () => Promise.reject(new TypeError("its own"))),
    TypeError,
    "its own",
  );
});

Deno.test("work that pays no heed to its signal is given up", async () => {
  let seen: AbortSignal | undefined;
  await assertRejects(
    () =>
      bounded("work", 20, (signal) => {
        seen = signal;
        return new Promise(() => {});
      }),
    Error,
    "work took longer than 0.02 s",
  );
  assertEquals(seen?.aborted, true);
});
