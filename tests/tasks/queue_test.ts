/** What the front end makes of a queue's address. */
import { assert, assertEquals } from "@std/assert";
import { withCopy } from "../support/copy.ts";
import { ended } from "../support/people.ts";
import { canSecure, CERTIFICATE, withRedis } from "../support/redis.ts";

Deno.test("a queue's password is in no argument of a task, which may reach the queue's host and port alone", () =>
  withCopy(async (copy) => {
    await copy.write(
      "tasks/worker.ts",
      `const net = async (host) => (await Deno.permissions.query({ name: "net", host })).state;
       console.log(JSON.stringify({
         args: Deno.args,
         queue: Deno.env.get("ATELIER_QUEUE"),
         net: [await net("example.test:7000"), await net("example.test:7001"), await net()],
       }));`,
    );
    const queue = "redis://me:hush@example.test:7000/1";
    const task = ["task", "-q", "worker", `--queue=${queue}`, "--slots=2"];
    const { stdout, stderr } = await copy.deno(...task);
    assertEquals(stderr, "");
    assertEquals(JSON.parse(stdout), {
      args: ["--slots=2"],
      queue,
      net: ["granted", "prompt", "prompt"],
    });
  }));

Deno.test({
  name: "a task believes the certificate that DENO_CERT names",
  ignore: !canSecure,
  fn: () =>
    withRedis(({ address, believing }) =>
      withCopy(async (copy) => {
        await copy.write(
          "tasks/worker.ts",
          `import { openLine } from "../src/machines/line.ts";
           const line = await openLine(Deno.env.get("ATELIER_QUEUE"));
           console.log(line.name);
           line.close();`,
        );
        const { stdout, stderr } = await ended(
          [Deno.execPath(), "task", "-q", "worker", `--queue=${address}`],
          { cwd: copy.path("."), env: { NO_COLOR: "1", INIT_CWD: copy.path("."), ...believing } },
        );
        assertEquals([stdout.trim(), stderr], [address, ""]);
      }), { tls: CERTIFICATE }),
});

Deno.test("what cannot be meant of a queue is refused before anything runs", () =>
  withCopy(async (copy) => {
    const refused = async (...args: string[]) => {
      const { code, stderr } = await copy.deno("task", "-q", ...args);
      assertEquals(code, 2, stderr);
      assert(!stderr.includes("hush"), stderr);
      return stderr;
    };
    const cases: [string[], string][] = [
      [["all", "--queue=http://me:hush@host"], "is not one of a Redis"],
      [["all", "--queue=redis://:hush@host"], "--queue takes a --store as well"],
      [["all", "--queue=redis://host", "--store=file:///s", "--force"], "--force does not go"],
      [["worker", "--queue=redis://host"], "A worker takes a queue and a store"],
    ];
    await Promise.all(cases.map(async ([args, what]) => {
      const said = await refused(...args);
      assert(said.includes(what), said);
    }));
  }));
