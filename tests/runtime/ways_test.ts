import { assert, assertEquals, assertRejects } from "@std/assert";
import { basename, join } from "node:path";
import { runCommand } from "../../src/runtime/command.ts";
import { type Found, fromOfficial, sharedDirectory, ways } from "../../src/runtime/ways.ts";
import { withProject, withVariables } from "../support/project.ts";

const way = (name: string) => ways.find((way) => way.name === name)!;
const task = (root: string) => ({ root, signal: new AbortController().signal, progress() {} });
const names = (found: Found | undefined) => found?.files.map((path) => basename(path));

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
    await withVariables({ LIBTENSORFLOW_DIR: directory }, async () => {
      await assertRejects(
        () => find(task(root)),
        Error,
        `neither ${directory} nor its folder lib holds libtensorflow.`,
      );
      await Deno.mkdir(join(directory, "lib"), { recursive: true });
      const end = Deno.build.os === "darwin" ? "2.dylib" : "so.2";
      for (const name of ["libtensorflow", "libtensorflow_framework"]) {
        await Deno.writeTextFile(join(directory, "lib", `${name}.${end}`), "");
      }
      await assertRejects(
        () => find(task(root)),
        Error,
        `${join(directory, "include")} holds no tensorflow/c/c_api.h`,
      );
    });
  });
});

Deno.test("the cache for other checkouts is XDG's, or in the home", async () => {
  await withVariables({ XDG_CACHE_HOME: "/x", HOME: "/home/a" }, () => {
    assertEquals(sharedDirectory(), join("/x", "atelier"));
    return Promise.resolve();
  });
  // The XDG specification: a relative path is to be ignored.
  await withVariables({ XDG_CACHE_HOME: "x", HOME: "/home/a" }, () => {
    assertEquals(sharedDirectory(), join("/home/a", ".cache", "atelier"));
    return Promise.resolve();
  });
  await withVariables({ XDG_CACHE_HOME: undefined, HOME: undefined }, () => {
    assertEquals(sharedDirectory(), undefined);
    return Promise.resolve();
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
  test: (place: { host: string; root: string; requests: string[] }) => Promise<void>,
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
      await test({ host: `http://127.0.0.1:${server.addr.port}`, root, requests });
    } finally {
      await server.shutdown();
    }
  });
}

Deno.test({
  name: "the official archives become a folder, which this checkout and the next take up again",
  ignore: !offered,
  async fn() {
    await withOfficial(async ({ host, root, requests }) => {
      const found = await fromOfficial(task(root), host);
      assertEquals(names(found), [
        "tfjs_binding.node",
        "libtensorflow.so.2",
        "libtensorflow_framework.so.2",
      ]);
      assertEquals(await Deno.readTextFile(found.files[1]), "library");
      const os = Deno.build.os;
      assertEquals(requests, [
        `/tf-builds/pre-built-binary/napi-v8/4.22.0/CPU-${os}-4.22.0.tar.gz`,
        `/tensorflow/libtensorflow/libtensorflow-cpu-${os}-x86_64-2.9.1.tar.gz`,
      ]);
      await found.keep!();

      const { find } = way("earlier set-up");
      assertEquals((await find(task(root)))?.files, found.files);
      const other = join(root, "other-checkout");
      assertEquals(names(await find(task(other))), names(found));

      // Truncated in one checkout, it is taken from nowhere: hard links share their content.
      await Deno.truncate(found.files[1], 3);
      assertEquals(await find(task(root)), undefined);
    });
  },
});

Deno.test({
  name: "a folder that does not load is forgotten everywhere",
  ignore: !offered,
  async fn() {
    await withOfficial(async ({ host, root }) => {
      const found = await fromOfficial(task(root), host);
      await found.keep!();
      const { find } = way("earlier set-up");
      const earlier = await find(task(root));
      assert(earlier);
      await earlier.discard!();
      assertEquals(await find(task(root)), undefined);
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
        await assertRejects(() => fromOfficial(task(root), host), Error, "tar failed");
        const left = [...Deno.readDirSync(join(root, ".cache", "runtime", "downloads"))];
        assertEquals(left, []);
        assertEquals(await way("earlier set-up").find(task(root)), undefined);
      } finally {
        await server.shutdown();
      }
    });
  },
});
