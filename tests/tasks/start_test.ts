/** Tasks are started with the rights and the environment that are written down, and end as they should. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import { RIGHTS } from "../../tasks/rights.ts";
import { type Copy, withCopy } from "../support/copy.ts";

/** Runs a text in the place of `deno task metrics`, which may read files and nothing else. */
async function instead(copy: Copy, text: string, env: Record<string, string> = {}) {
  await copy.write("tasks/metrics.ts", text);
  return new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "metrics"],
    cwd: copy.path("."),
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("a task sees the variables that are listed, and no others", () =>
  withCopy(async (copy) => {
    const child = await instead(
      copy,
      "console.log(JSON.stringify(Deno.env.toObject()));",
      { SECRET_TOKEN: "1", LD_LIBRARY_PATH: "/nowhere", PIP_FIND_LINKS: "links", HTTPS_PROXY: "p" },
    );
    const { stdout, stderr } = await child.output();
    const seen = JSON.parse(textOf(stdout));
    assertEquals([seen.SECRET_TOKEN, seen.LD_LIBRARY_PATH], [undefined, undefined]);
    assertEquals([seen.PIP_FIND_LINKS, seen.HTTPS_PROXY, seen.NO_COLOR], ["links", "p", "1"]);
    assertEquals(textOf(stderr), "");
  }));

Deno.test("a task sees what belongs to a store where one is named to it, and no other task does", () =>
  withCopy(async (copy) => {
    const print = `
      const { state } = await Deno.permissions.query({ name: "net", host: "127.0.0.1:9000" });
      console.log(JSON.stringify([Deno.env.get("AWS_SECRET_ACCESS_KEY") ?? "unseen", state]));`;
    await copy.write("tasks/push.ts", print);
    await copy.write("tasks/metrics.ts", print);
    const seen = async (...args: string[]) => {
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["task", "--quiet", ...args],
        cwd: copy.path("."),
        env: {
          NO_COLOR: "1",
          AWS_SECRET_ACCESS_KEY: "secret",
          AWS_ENDPOINT_URL: "http://127.0.0.1:9000",
        },
        stdin: "null",
      }).output();
      return JSON.parse(textOf(stdout));
    };
    assertEquals(await seen("push", "--store=s3://bucket"), ["secret", "granted"]);
    assertEquals(await seen("push"), ["unseen", "prompt"]);
    assertEquals(await seen("metrics"), ["unseen", "prompt"]);
  }));

Deno.test("a task may do what is written down for it, and nothing else", () =>
  withCopy(async (copy) => {
    const child = await instead(
      copy,
      `for (const name of ["read", "write", "run", "net", "ffi", "sys", "env", "import"]) {
         console.log(name, (await Deno.permissions.query({ name })).state);
       }`,
    );
    const { stdout } = await child.output();
    assertEquals(textOf(stdout).trim().split("\n").map((line) => line.split(" ")), [
      ["read", "granted"],
      ...["write", "run", "net", "ffi"].map((name) => [name, "prompt"]),
      ["sys", "prompt"],
      ["env", "granted"],
      ["import", "prompt"],
    ]);
  }));

Deno.test("a task's end is the end of what started it: its code, and the signal that asked for it", () =>
  withCopy(async (copy) => {
    const failing = await (await instead(copy, "Deno.exit(3);")).output();
    assertEquals(failing.code, 3);
    if (Deno.build.os === "windows") return;
    const long = `
      import { runTask } from "./exits.ts";
      await runTask((signal) => new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        console.log(Deno.pid);
      }));`;
    const pidOf = async (child: Deno.ChildProcess) => {
      const reader = child.stdout.getReader();
      const { value } = await reader.read();
      reader.releaseLock();
      return Number(textOf(value!));
    };
    const gone = async (pid: number) => {
      for (const began = Date.now(); Date.now() - began < 20_000;) {
        const { success } = await new Deno.Command("ps", {
          args: ["-p", `${pid}`],
          stdout: "null",
        }).output();
        if (!success) return true;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return false;
    };
    const asked = await instead(copy, long);
    const pid = await pidOf(asked);
    asked.kill("SIGTERM");
    assertEquals((await asked.output()).code, 143);
    assert(await gone(pid), "the task outlives what started it");

    // One that takes no signal has nothing to put in order, and is ended at once.
    const short = long.replace("(signal) =>", "() =>")
      .replace('signal.addEventListener("abort", () => reject(signal.reason));', "");
    assert(!short.includes("signal"));
    const other = await instead(copy, short);
    await pidOf(other);
    other.kill("SIGINT");
    assertEquals((await other.output()).code, 130);

    await copy.write("tasks/metrics.ts", long);
    const starter = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", "tasks/start.ts", "metrics"],
      cwd: copy.path("."),
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const orphan = await pidOf(starter);
    starter.kill("SIGKILL");
    await starter.output();
    assert(await gone(orphan), "the task outlives what started it");
  }));

Deno.test("a run may start every program that the pipeline names", async () => {
  const folder = new URL("../../src/pipeline/", import.meta.url);
  const named: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const text = await Deno.readTextFile(new URL(name, folder));
    named.push(...[...text.matchAll(/Deno\.Command\("(\w+)"/g)].map(([, program]) => program));
  }
  assertEquals(named.sort(), ["git", "ps"]);
  const runs = new Set<string>(RIGHTS.run.runs);
  assertEquals(named.filter((program) => !runs.has(program)), []);
});

Deno.test("the table of rights on its page says what is written down", async () => {
  const page = await Deno.readTextFile(
    fileURLToPath(new URL("../../docs/rights.md", import.meta.url)),
  );
  const rows = new Map(
    [...page.matchAll(/^\| (`[^|]*) *\|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|$/gm)]
      .map(([, tasks, ...cells]) => [tasks, cells.map((cell) => cell.trim())] as const)
      .flatMap(([tasks, cells]) =>
        [...tasks.matchAll(/`([^`]+)`/g)].map(([, task]) => [task, cells] as const)
      ),
  );
  for (const [module, { writes, runs, reaches, shares }] of Object.entries(RIGHTS)) {
    const row = rows.get(module === "run" ? "all" : module);
    assert(row, `there is no row for ${module}`);
    const [, writing, running, reaching] = row;
    const places = Object.values(writes).flat();
    for (const place of places) {
      assert(writing.includes(place === "." ? "folder" : place), `${module}: ${writing}`);
    }
    for (const program of runs === "any" ? [] : runs) {
      assert(running.includes(program), `${module}: ${running}`);
    }
    assertEquals(places.length === 0, writing === "nothing", module);
    assertEquals(runs.length === 0, running === "nothing", module);
    assertEquals(reaches.length === 0 && !shares, reaching === "nothing", module);
  }
  assertMatch(page, /sandbox/);
});
