import { assert, assertEquals, assertRejects } from "@std/assert";
import { basename, dirname, join } from "node:path";
import { sha256 } from "../../src/files/digest.ts";
import type { Variables } from "../../src/files/programs.ts";
import { runCommand } from "../../src/runtime/command.ts";
import { PLATFORM, TFJS_VERSION } from "../../src/runtime/choice.ts";
import { setUp } from "../../src/runtime/setup.ts";
import { type Found, type Way, ways, type WayTask } from "../../src/runtime/ways.ts";
import { TENSORFLOW_VERSION } from "../../src/runtime/wheel.ts";
import { noVariables, variablesOf, withProject } from "../support/project.ts";
import { flipByte } from "../support/toy.ts";

const way = (name: string) => ways.find((way) => way.name === name)!;
const task = (root: string, variables = noVariables): WayTask => ({
  ...{ root, variables },
  signal: new AbortController().signal,
  progress() {},
});
/** An environment with the cache for other checkouts in a folder. */
const cachesIn = (root: string) => variablesOf({ XDG_CACHE_HOME: join(root, "cache") });
/** The way "official download", which finds something or fails. */
const official = async (task: WayTask) => (await way("official download").find(task))!;
const names = (found: Found | undefined) => found?.files.map(({ path }) => basename(path));

Deno.test("the ways are tried from what is there to what takes longest", () => {
  assertEquals(ways.map(({ name }) => name), [
    "addon in node_modules",
    "LIBTENSORFLOW_DIR",
    "earlier set-up",
    "official download",
    "PyPI wheel",
  ]);
});

Deno.test("LIBTENSORFLOW_DIR without libraries or headers says what is missing where", async () => {
  await withProject(async (root) => {
    const { find } = way("LIBTENSORFLOW_DIR");
    assertEquals(await find(task(root)), undefined);
    const directory = join(root, "own");
    const named = task(root, variablesOf({ LIBTENSORFLOW_DIR: directory }));
    await assertRejects(
      () => find(named),
      Error,
      `neither ${directory} nor its folder lib holds libtensorflow.`,
    );
    await Deno.mkdir(join(directory, "lib"), { recursive: true });
    const end = Deno.build.os === "darwin" ? "2.dylib" : "so.2";
    for (const name of ["libtensorflow", "libtensorflow_framework"]) {
      await Deno.writeTextFile(join(directory, "lib", `${name}.${end}`), "");
    }
    await assertRejects(
      () => find(named),
      Error,
      `${join(directory, "include")} holds no tensorflow/c/c_api.h`,
    );
  });
});

Deno.test("the cache for other checkouts is XDG's, or in the home", async () => {
  await withProject(async (root) => {
    const folder = `wheel-${TENSORFLOW_VERSION}-tfjs-${TFJS_VERSION}-${PLATFORM}`;
    const [xdg, home] = [join(root, "xdg"), join(root, "home")];
    const put = async (cache: string) => {
      await Deno.mkdir(join(cache, folder), { recursive: true });
      await Deno.writeTextFile(join(cache, folder, "tfjs_binding.node"), "1234");
      const file = { path: "tfjs_binding.node", bytes: 4, sha256: sha256("1234") };
      const list = { format: 2, origin: "wheel", files: [file] };
      await Deno.writeTextFile(join(cache, folder, "files.json"), JSON.stringify(list));
    };
    let checkouts = 0;
    const found = async (XDG_CACHE_HOME: string | undefined, HOME: string | undefined) => {
      const checkout = join(root, `checkout${checkouts++}`);
      const variables = variablesOf({ XDG_CACHE_HOME, HOME });
      return names(await way("earlier set-up").find(task(checkout, variables)));
    };
    await put(join(xdg, "atelier"));
    assertEquals(await found(xdg, home), ["tfjs_binding.node"]);
    assertEquals(await found(undefined, home), undefined);
    await put(join(home, ".cache", "atelier"));
    assertEquals(await found(undefined, home), ["tfjs_binding.node"]);
    // The XDG specification: a relative path is to be ignored.
    assertEquals(await found("xdg", home), ["tfjs_binding.node"]);
    assertEquals(await found(undefined, undefined), undefined);
  });
});

const tar = await runCommand("tar", { args: ["--version"], limit: 10_000 }).then(
  () => true,
  () => false,
);
// What tfjs-node's servers offer Deno is for these alone.
const offered = tar && Deno.build.arch === "x86_64" && Deno.build.os !== "windows";

/** Serves archives laid out as the official ones, with a few bytes for libraries. */
async function withOfficial(
  test: (
    place: { host: string; root: string; variables: Variables; requests: string[] },
  ) => Promise<void>,
): Promise<void> {
  await withProject(async (root) => {
    const requests: string[] = [];
    const pack = async (name: string, files: Record<string, string>) => {
      const folder = join(root, name);
      for (const [path, content] of Object.entries(files)) {
        await Deno.mkdir(join(folder, path, ".."), { recursive: true });
        await Deno.writeTextFile(join(folder, path), content);
      }
      const archive = join(root, `${name}.tar.gz`);
      const tops = [...new Set(Object.keys(files).map((path) => path.split("/")[0]))];
      await runCommand("tar", { args: ["-czf", archive, "-C", folder, ...tops], limit: 10_000 });
      return await Deno.readFile(archive);
    };
    const addon = await pack("addon", { "napi-v8/tfjs_binding.node": "addon" });
    const library = await pack("library", {
      "lib/libtensorflow.so.2": "library",
      "lib/libtensorflow_framework.so.2": "framework",
      "include/tensorflow/c/c_api.h": "header",
    });
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      const { pathname } = new URL(request.url);
      requests.push(pathname);
      return new Response(pathname.includes("CPU-") ? addon : library);
    });
    try {
      const host = `http://127.0.0.1:${server.addr.port}`;
      await test({ host, root, variables: cachesIn(root), requests });
    } finally {
      await server.shutdown();
    }
  });
}

Deno.test({
  name: "the official archives become a folder, which this checkout and the next take up again",
  ignore: !offered,
  async fn() {
    await withOfficial(async ({ host, root, variables, requests }) => {
      const found = await official({ ...task(root, variables), host });
      assertEquals(names(found), [
        "tfjs_binding.node",
        "libtensorflow.so.2",
        "libtensorflow_framework.so.2",
      ]);
      assertEquals(await Deno.readTextFile(found.files[1].path), "library");
      const os = Deno.build.os;
      assertEquals(requests, [
        `/tf-builds/pre-built-binary/napi-v8/4.22.0/CPU-${os}-4.22.0.tar.gz`,
        `/tensorflow/libtensorflow/libtensorflow-cpu-${os}-x86_64-2.9.1.tar.gz`,
      ]);
      await found.keep!();

      const { find } = way("earlier set-up");
      assertEquals((await find(task(root, variables)))?.files, found.files);
      assertEquals(found.files[1].sha256, sha256("library"));
      const other = join(root, "other-checkout");
      assertEquals(names(await find(task(other, variables))), names(found));

      // Altered in one checkout, it is taken from nowhere: hard links share their content.
      const path = found.files[1].path;
      await flipByte(path);
      for (const checkout of [root, join(root, "third-checkout")]) {
        await assertRejects(
          () => find(task(checkout, variables)),
          Error,
          "libtensorflow.so.2 has been altered: its SHA-256 is ",
        );
      }
      await flipByte(path);
      assert(await find(task(root, variables)));
      await Deno.truncate(path, 3);
      await assertRejects(
        () => find(task(root, variables)),
        Error,
        "has been altered: it has 3 bytes, not 7",
      );
    });
  },
});

Deno.test({
  name: "a cache for other checkouts that cannot be written costs nothing but the caching",
  ignore: !offered,
  async fn() {
    await withOfficial(async ({ host, root }) => {
      const file = join(root, "a file in its place");
      await Deno.writeTextFile(file, "");
      for (const XDG_CACHE_HOME of [file, "/proc/no-such-folder"]) {
        const variables = variablesOf({ XDG_CACHE_HOME });
        const { find } = way("earlier set-up");
        const checkout = task(join(root, `checkout of ${basename(XDG_CACHE_HOME)}`), variables);
        const found = await official({ ...checkout, host });
        await found.keep!();
        assertEquals((await find(checkout))?.files, found.files);
        assertEquals(await find(task(join(root, "another"), variables)), undefined);
        // What does not compute is taken up by nobody all the same.
        await found.discard!();
        assertEquals(await find(checkout), undefined);
      }
    });
  },
});

/** A folder of the shared cache, such as another checkout has left, in an empty project. */
async function withShared(
  test: (place: { folder: string; find(): Promise<Found | undefined> }) => Promise<void>,
): Promise<void> {
  await withProject(async (root) => {
    const name = `wheel-${TENSORFLOW_VERSION}-tfjs-${TFJS_VERSION}-${PLATFORM}`;
    const folder = join(root, "cache", "atelier", name);
    await Deno.mkdir(folder, { recursive: true });
    const files = [];
    // Of one size, so that nothing but the digests tells them apart.
    for (const [path, text] of [["tfjs_binding.node", "addon.."], ["library.so", "library"]]) {
      await Deno.writeTextFile(join(folder, path), text);
      files.push({ path, bytes: text.length, sha256: sha256(text) });
    }
    const list = { format: 2, origin: "wheel", files };
    await Deno.writeTextFile(join(folder, "files.json"), JSON.stringify(list));
    let checkouts = 0;
    const { find } = way("earlier set-up");
    const variables = cachesIn(root);
    await test({ folder, find: () => find(task(join(root, `checkout${checkouts++}`), variables)) });
  });
}

Deno.test("what lies in the shared cache is taken as it was listed, byte for byte, or not at all", async () => {
  const edit = (change: (list: Record<string, unknown>) => void) => async (folder: string) => {
    const path = join(folder, "files.json");
    const list = JSON.parse(await Deno.readTextFile(path));
    change(list);
    await Deno.writeTextFile(path, JSON.stringify(list));
  };
  const altered: ((folder: string) => Promise<void>)[] = [
    (folder) => flipByte(join(folder, "tfjs_binding.node")),
    (folder) => flipByte(join(folder, "library.so")),
    (folder) => Deno.truncate(join(folder, "library.so"), 3),
    (folder) => Deno.remove(join(folder, "library.so")),
    // Two files swapped.
    async (folder) => {
      await Deno.rename(join(folder, "library.so"), join(folder, "other"));
      await Deno.rename(join(folder, "tfjs_binding.node"), join(folder, "library.so"));
      await Deno.rename(join(folder, "other"), join(folder, "tfjs_binding.node"));
    },
  ];
  const none: typeof altered = [
    // A folder as it was left before there were digests.
    edit((list) => {
      delete list.format;
      list.files = [{ path: "tfjs_binding.node", bytes: 7 }, { path: "library.so", bytes: 7 }];
    }),
    edit((list) => list.format = 1),
    edit((list) => list.origin = "download"),
    // A name that leads out of the folder, of a file that is as listed.
    async (folder) => {
      await Deno.rename(join(folder, "library.so"), join(dirname(folder), "library.so"));
      await edit((list) => {
        const files = list.files as { path: string }[];
        files[1].path = "../library.so";
      })(folder);
    },
    (folder) => Deno.remove(join(folder, "files.json")),
  ];
  for (const attack of [...altered, ...none]) {
    await withShared(async ({ folder, find }) => {
      assertEquals(names(await find()), ["tfjs_binding.node", "library.so"]);
      await attack(folder);
      if (none.includes(attack)) assertEquals(await find(), undefined, String(attack));
      else await assertRejects(find, Error, folder, String(attack));
    });
  }
});

Deno.test({
  name: "a folder whose trial failed is never taken up again, nor one that was not tried",
  ignore: !offered,
  async fn() {
    await withOfficial(async ({ host, root, variables, requests }) => {
      const tried: string[] = [];
      const asked: Way[] = ["earlier set-up", "official download"].map((name) => {
        const { find, ...rest } = way(name);
        return { ...rest, name, find: (given) => find({ ...given, host }) };
      });
      const force = async () => {
        const { backend, skipped } = await setUp({
          ...{ root, variables },
          force: true,
          ways: asked,
          progress() {},
          tryOut(what) {
            if (what === "wasm") return Promise.resolve("4");
            tried.push(Deno.readTextFileSync(what));
            return Promise.reject(new Error("illegal instruction"));
          },
        });
        return { backend, ways: skipped.map(({ way }) => way) };
      };
      const left = () => [...Deno.readDirSync(join(root, ".cache", "runtime"))].map((e) => e.name);
      for (let time = 1; time <= 2; time++) {
        assertEquals(await force(), { backend: "wasm", ways: ["official download"] });
        assertEquals([tried.length, requests.length], [time, 2 * time]);
        assertEquals(left().sort(), ["choice.json", "lock", "sandbox.json"]);
      }
      // As a set-up leaves it that is killed while it tries: nothing says that it computed.
      await official({ ...task(root, variables), host });
      assertEquals(await way("earlier set-up").find(task(root, variables)), undefined);
      assertEquals((await force()).ways, ["official download"]);
    });
  },
});

Deno.test({
  name: "a folder that does not load is forgotten everywhere",
  ignore: !offered,
  async fn() {
    await withOfficial(async ({ host, root, variables }) => {
      const found = await official({ ...task(root, variables), host });
      await found.keep!();
      const { find } = way("earlier set-up");
      const earlier = await find(task(root, variables));
      assert(earlier);
      await earlier.discard!();
      assertEquals(await find(task(root, variables)), undefined);
    });
  },
});

Deno.test({
  name: "an archive that is none leaves nothing behind",
  ignore: !offered,
  async fn() {
    await withProject(async (root) => {
      const server = Deno.serve(
        { port: 0, hostname: "127.0.0.1", onListen() {} },
        () => new Response("no archive"),
      );
      try {
        const host = `http://127.0.0.1:${server.addr.port}`;
        await assertRejects(() => official({ ...task(root), host }), Error, "tar failed");
        const left = [...Deno.readDirSync(join(root, ".cache", "runtime", "downloads"))];
        assertEquals(left, []);
        assertEquals(await way("earlier set-up").find(task(root)), undefined);
      } finally {
        await server.shutdown();
      }
    });
  },
});
