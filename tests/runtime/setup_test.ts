import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { join } from "node:path";
import { sha256 } from "../../src/files/digest.ts";
import { readChoice, runtimeDirectory, validChoice } from "../../src/runtime/choice.ts";
import { measure } from "../../src/runtime/native.ts";
import { describeChoice, setUp, type SetupOptions } from "../../src/runtime/setup.ts";
import type { Way } from "../../src/runtime/ways.ts";
import { noVariables, withProject } from "../support/project.ts";

/** Ways that note in `log` what becomes of them. */
function fakes(root: string, log: string[]) {
  const path = join(root, "addon.node");
  Deno.writeTextFileSync(path, "1234");
  const way = (name: string, find: Way["find"], limit = 60_000): Way => ({
    name,
    limit,
    find(task) {
      log.push(name);
      return find(task);
    },
  });
  return {
    absent: (name: string) => way(name, () => Promise.resolve(undefined)),
    failing: (name: string, reason: string) => way(name, () => Promise.reject(new Error(reason))),
    hanging: (name: string) => way(name, () => new Promise(() => {}), 20),
    finding: (name: string) =>
      way(name, async () => ({
        origin: "wheel",
        files: [await measure(path)],
        keep: () => Promise.resolve(void log.push(`keep ${name}`)),
        discard: () => Promise.resolve(void log.push(`discard ${name}`)),
      })),
  };
}

const quiet = { variables: noVariables, progress() {} };
const works: SetupOptions["tryOut"] = (what) => Promise.resolve(what === "wasm" ? "4" : "2.21.0");
const only = (backend: "wasm" | "tensorflow"): SetupOptions["tryOut"] => (what) =>
  (what === "wasm") === (backend === "wasm")
    ? Promise.resolve("1.0")
    : Promise.reject(new Error("illegal instruction"));

Deno.test("ways are tried in order until one works; what failed or hung before it is a reason", async () => {
  await withProject(async (root) => {
    const log: string[] = [];
    const { absent, failing, hanging, finding } = fakes(root, log);
    const ways = [
      absent("nothing there"),
      failing("blocked", "no connection"),
      hanging("stuck"),
      finding("good"),
      finding("never asked"),
    ];
    const choice = await setUp({ ...quiet, root, ways, tryOut: works });
    assertEquals(log, ["nothing there", "blocked", "stuck", "good", "keep good"]);
    assertEquals(choice.backend, "tensorflow");
    assertEquals(choice.tensorflow, {
      origin: "wheel",
      version: "2.21.0",
      pinned: false,
      files: [{ path: "addon.node", bytes: 4, sha256: sha256("1234") }],
    });
    assertEquals(choice.skipped, [
      { way: "blocked", reason: "no connection" },
      { way: "stuck", reason: "this took longer than 0.02 s" },
    ]);
    assertEquals(await readChoice(root), choice);
  });
});

Deno.test("a libtensorflow that does not compute is discarded, and WebAssembly is left", async () => {
  await withProject(async (root) => {
    const log: string[] = [];
    const { finding } = fakes(root, log);
    const choice = await setUp({
      ...quiet,
      root,
      ways: [finding("old processor")],
      tryOut: only("wasm"),
    });
    assertEquals(log, ["old processor", "discard old processor"]);
    assertEquals(choice.backend, "wasm");
    assertEquals(choice.tensorflow, null);
    assertEquals(choice.skipped, [{ way: "old processor", reason: "illegal instruction" }]);
  });
});

Deno.test("a choice that holds is kept without asking any way, unless forced", async () => {
  await withProject(async (root) => {
    const log: string[] = [];
    const { finding } = fakes(root, log);
    const options = { ...quiet, root, ways: [finding("good")], tryOut: works };
    const first = await setUp(options);
    log.length = 0;
    assertEquals(await setUp(options), first);
    assertEquals(log, []);
    await setUp({ ...options, force: true });
    assertEquals(log, ["good", "keep good"]);

    log.length = 0;
    for (const altered of ["12345", "1235"]) {
      log.length = 0;
      await Deno.writeTextFile(join(root, "addon.node"), altered);
      await setUp(options);
      assertEquals(log, ["good", "keep good"]);
      assertEquals(
        (await validChoice(root, noVariables))?.tensorflow?.files[0].sha256,
        sha256(altered),
      );
    }
  });
});

Deno.test("--backend overrides, and what is known of TensorFlow stays known", async () => {
  await withProject(async (root) => {
    const log: string[] = [];
    const { finding } = fakes(root, log);
    const options = { ...quiet, root, ways: [finding("good")], tryOut: works };
    const first = await setUp(options);
    log.length = 0;

    const wasm = await setUp({ ...options, backend: "wasm" });
    assertEquals([wasm.backend, wasm.requested], ["wasm", true]);
    assertEquals(await setUp(options), wasm);
    const back = await setUp({ ...options, backend: "tensorflow" });
    assertEquals(back, { ...first, requested: true });
    assertEquals(log, []);
  });
});

Deno.test("asked for WebAssembly, set-up looks for nothing else", async () => {
  await withProject(async (root) => {
    const log: string[] = [];
    const { finding } = fakes(root, log);
    const options = { ...quiet, root, ways: [finding("good")], tryOut: works };
    assertEquals((await setUp({ ...options, backend: "wasm" })).backend, "wasm");
    assertEquals(log, []);
    assertEquals((await setUp({ ...options, backend: "tensorflow" })).backend, "tensorflow");
  });
});

Deno.test("TensorFlow asked for and not to be had is an error with every reason; the choice stays", async () => {
  await withProject(async (root) => {
    const { failing } = fakes(root, []);
    const ways = [failing("one", "no compiler"), failing("two", "no connection")];
    const before = await setUp({ ...quiet, root, ways, tryOut: works });
    assertEquals(before.backend, "wasm");
    const error = await assertRejects(
      () => setUp({ ...quiet, root, ways, tryOut: works, backend: "tensorflow" }),
      Error,
      "TensorFlow cannot be had on this machine",
    ) as Error;
    assertStringIncludes(error.message, "  one: no compiler\n  two: no connection");
    assertEquals(await readChoice(root), before);
  });
});

Deno.test("no backend at all is an error that says so", async () => {
  await withProject(async (root) => {
    const tryNothing = () => Promise.reject(new Error("no memory"));
    await assertRejects(
      () => setUp({ ...quiet, root, ways: [], tryOut: tryNothing }),
      Error,
      "No backend works on this machine.\n  WebAssembly: no memory",
    );
    await assertRejects(() => readChoice(root), Error, "No backend has been set up");
  });
});

Deno.test("of two set-ups at once, the second takes what the first has found", async () => {
  await withProject(async (root) => {
    const log: string[] = [];
    const { finding } = fakes(root, log);
    const slow: Way = {
      name: "slow",
      limit: 10_000,
      async find(task) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return await finding("slow").find(task);
      },
    };
    const notes: string[] = [];
    const options = {
      ...{ root, ways: [slow], tryOut: works, variables: noVariables },
      progress: (note: string) => notes.push(note),
    };
    const [a, b] = await Promise.all([setUp(options), setUp({ ...options, force: true })]);
    assertEquals(a, b);
    assertEquals(log, ["slow", "keep slow"]);
    assertEquals(notes.filter((note) => note === "Waiting for another set-up").length, 1);
  });
});

Deno.test("what an interrupted set-up left is removed by the next", async () => {
  await withProject(async (root) => {
    const left = join(runtimeDirectory(root), "unfinished-1", "libtensorflow.so.2");
    await Deno.mkdir(join(left, ".."), { recursive: true });
    await Deno.writeTextFile(left, "half a library");
    await setUp({ ...quiet, root, ways: [], tryOut: works });
    const names = [...Deno.readDirSync(runtimeDirectory(root))].map(({ name }) => name).sort();
    assertEquals(names, ["choice.json", "lock", "sandbox.json"]);
  });
});

Deno.test("a choice is told in one line", async () => {
  await withProject(async (root) => {
    const { failing, finding } = fakes(root, []);
    const options = { ...quiet, root, tryOut: works };
    const ways = [failing("official download", "no connection"), finding("wheel")];
    assertEquals(
      describeChoice(await setUp({ ...options, ways })),
      "Backend: TensorFlow 2.21.0 through an addon built against the PyPI wheel (not pinned: its " +
        "digest is the one that the index gave), the fastest that this machine can have (official download: no connection).",
    );
    assertMatch(
      describeChoice(await setUp({ ...options, backend: "wasm" })),
      /^Backend: WebAssembly \(TensorFlow\.js [\d.]+\), as asked for\.$/,
    );
    assertMatch(
      describeChoice(await setUp({ ...options, ways: [], force: true })),
      /^Backend: WebAssembly .*, TensorFlow cannot be had on this machine\.$/,
    );
  });
});

Deno.test("a backend is tried out in a process of its own", async () => {
  await withProject(async (root) => {
    const log: string[] = [];
    const { finding } = fakes(root, log);
    const choice = await setUp({ ...quiet, root, ways: [finding("no library")] });
    assertEquals(log, ["no library", "discard no library"]);
    // WebAssembly has computed something, unlike what is no library.
    assertEquals(choice.backend, "wasm");
    assertEquals(choice.skipped.map(({ way }) => way), ["no library"]);
    // The loader's own words, without what is known already.
    const [{ reason }] = choice.skipped;
    assert(reason !== "" && !reason.startsWith(join(root, "addon.node")), reason);
  });
});
