import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fetchWheel, unpackWheel, type Wheel, wheelFor } from "../../src/runtime/wheel.ts";

const wheel: Wheel = {
  project: "tensorflow-cpu",
  tags: ["manylinux_2_27_x86_64"],
  libraries: ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"],
};

Deno.test("there is a wheel for Linux and for Apple's own processors, and none elsewhere", () => {
  assertEquals(wheelFor("linux-x86_64").project, "tensorflow-cpu");
  assertEquals(wheelFor("linux-aarch64").project, "tensorflow");
  assertEquals(wheelFor("darwin-aarch64").libraries[0], "libtensorflow_cc.2.dylib");
  for (const platform of ["windows-x86_64", "darwin-x86_64", "freebsd-x86_64"]) {
    assertThrows(() => wheelFor(platform), Error, `has no wheel for ${platform}`);
  }
});

const task = () => ({ signal: new AbortController().signal, progress() {} });

async function withDirectory(test: (directory: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await test(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function archive(files: Readonly<Record<string, Uint8Array>>): Promise<Uint8Array> {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  for (const [name, bytes] of Object.entries(files)) {
    await writer.add(name, new Uint8ArrayReader(bytes));
  }
  return await writer.close();
}

const library = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i) >> 5);
const text = (content: string) => new TextEncoder().encode(content);
const complete = {
  "tensorflow/libtensorflow_cc.so.2": library,
  "tensorflow/libtensorflow_framework.so.2": text("framework"),
  "tensorflow/include/tensorflow/c/c_api.h": text("api"),
  "tensorflow/include/tensorflow/core/platform/ctstring_internal.h": text("strings"),
  "tensorflow/include/tensorflow/core/framework/op.h": text("not included"),
  "tensorflow/python/__init__.py": text("python"),
};

Deno.test("unpacking takes the libraries and the addon's headers, and nothing else", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "a.whl");
    await Deno.writeFile(path, await archive(complete));
    const seen: [number, number][] = [];
    const target = join(directory, "deep", "target");
    await unpackWheel(wheel, path, target, {
      ...task(),
      progress: (done, total) => seen.push([done, total]),
    });
    assertEquals(await Deno.readFile(join(target, "libtensorflow_cc.so.2")), library);
    const files: string[] = [];
    const list = (folder: string, name: string) => {
      for (const entry of Deno.readDirSync(folder)) {
        if (entry.isDirectory) list(join(folder, entry.name), `${name}${entry.name}/`);
        else files.push(name + entry.name);
      }
    };
    list(directory, "");
    assertEquals(files.sort(), [
      "a.whl",
      "deep/target/include/tensorflow/c/c_api.h",
      "deep/target/include/tensorflow/core/platform/ctstring_internal.h",
      "deep/target/libtensorflow_cc.so.2",
      "deep/target/libtensorflow_framework.so.2",
    ]);
    const total = library.length + "frameworkapistrings".length;
    assertEquals(seen.at(-1), [total, total]);
  });
});

Deno.test("a wheel without a library, or damaged, is an error", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "a.whl");
    const unpack = () => unpackWheel(wheel, path, join(directory, "target"), task());
    const { "tensorflow/libtensorflow_framework.so.2": _, ...lacking } = complete;
    await Deno.writeFile(path, await archive(lacking));
    await assertRejects(unpack, Error, "the wheel holds no libtensorflow_framework.so.2");

    await Deno.writeFile(path, await archive({ ...complete, "tensorflow/../../a.h": text("") }));
    await assertRejects(unpack, Error, "Unsafe filename");

    const whole = await archive(complete);
    for (const damaged of [whole.subarray(0, whole.length / 2), text("no archive"), text("")]) {
      await Deno.writeFile(path, damaged);
      await assertRejects(unpack, Error);
    }
    // A byte in the middle of the first file's compressed data.
    const flipped = whole.slice();
    flipped[5000] ^= 0xff;
    await Deno.writeFile(path, flipped);
    await assertRejects(unpack, Error);
  });
});

Deno.test("of the index's files the first that fits is fetched and checked", async () => {
  const bytes = text("a wheel");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const start = "tensorflow_cpu-2.21.0-cp311-cp311-";
  const requests: string[] = [];
  let hash = sha256;
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { pathname, origin } = new URL(request.url);
    requests.push(pathname);
    if (!pathname.endsWith("/json")) return new Response(bytes);
    const file = (tag: string, yanked: boolean, folder: string) => ({
      filename: `${start}${tag}.whl`,
      url: `${origin}/${folder}/${start}${tag}.whl`,
      digests: { sha256: hash },
      yanked,
      size: bytes.length,
    });
    return Response.json({
      urls: [
        file("win_amd64", false, "a"),
        file("manylinux_2_27_x86_64", true, "b"),
        file("manylinux_2_27_x86_64", false, "c"),
      ],
    });
  });
  try {
    await withDirectory(async (directory) => {
      const alone = {
        ...task(),
        index: `http://127.0.0.1:${server.addr.port}`,
        python: "python-that-is-not-there",
      };
      const name = `${start}manylinux_2_27_x86_64.whl`;
      const path = await fetchWheel(wheel, directory, alone);
      assertEquals(path, join(directory, name));
      assertEquals(await Deno.readFile(path), bytes);
      assertEquals(requests, ["/pypi/tensorflow-cpu/2.21.0/json", `/c/${name}`]);

      hash = "0".repeat(64);
      await Deno.remove(path);
      await assertRejects(
        () => fetchWheel(wheel, directory, alone),
        Error,
        `SHA-256 is ${sha256}`,
      );
      await assertRejects(
        () => fetchWheel({ ...wheel, tags: ["plan9"] }, directory, alone),
        Error,
        "has no fitting wheel of tensorflow-cpu; there is no python-that-is-not-there on this machine",
      );
      assertEquals([...Deno.readDirSync(directory)], []);
    });
  } finally {
    await server.shutdown();
  }
});

Deno.test("a wheel that is there already is not fetched again: known by project, version and platform, whatever the Python", async () => {
  // Nothing is to be asked for: nobody listens there.
  const offline = { ...task(), index: "http://127.0.0.1:1", python: "python-that-is-not-there" };
  for (
    const [name, fits] of [
      ["tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl", true],
      ["tensorflow_cpu-2.21.0-cp313-cp313-manylinux_2_27_x86_64.whl", true],
      ["tensorflow_cpu-2.21.0-cp311-cp311-win_amd64.whl", false],
      ["tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_aarch64.whl", false],
      ["tensorflow_cpu-2.20.0-cp311-cp311-manylinux_2_27_x86_64.whl", false],
      ["tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl", false],
      ["tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl.part", false],
    ] as const
  ) {
    await withDirectory(async (directory) => {
      await Deno.writeTextFile(join(directory, name), "a wheel");
      const attempt = () => fetchWheel(wheel, directory, offline);
      if (fits) assertEquals(await attempt(), join(directory, name));
      else await assertRejects(attempt, Error, "127.0.0.1:1 cannot be reached; there is no python");
    });
  }
});
