import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Uint8ArrayReader, Uint8ArrayWriter, ZipWriter } from "@zip.js/zip.js";
import { join } from "node:path";
import { sha256 } from "../../src/files/digest.ts";
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
  const start = "tensorflow_cpu-2.21.0-cp311-cp311-";
  const requests: string[] = [];
  let hash = sha256(bytes);
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
        `SHA-256 is ${sha256(bytes)}`,
      );
      await assertRejects(
        () => fetchWheel({ ...wheel, tags: ["plan9"] }, directory, alone),
        Error,
        "has no fitting wheel of tensorflow-cpu; there is no python-that-is-not-there on this machine",
      );
      assertEquals([...Deno.readDirSync(directory)], []);

      // What is pinned here counts, whatever the index says of it, and of wheels only those.
      const tag = "cp311-cp311-manylinux_2_27_x86_64";
      const pinned = { ...wheel, pinned: { [tag]: sha256(bytes) } };
      assertEquals(await fetchWheel(pinned, directory, alone), path);
      await Deno.remove(path);
      hash = sha256(bytes);
      await assertRejects(
        () => fetchWheel({ ...wheel, pinned: { [tag]: "0".repeat(64) } }, directory, alone),
        Error,
        `SHA-256 is ${sha256(bytes)}`,
      );
      await assertRejects(
        () => fetchWheel({ ...wheel, pinned: { other: sha256(bytes) } }, directory, alone),
        Error,
        "has no fitting wheel of tensorflow-cpu",
      );
      assertEquals([...Deno.readDirSync(directory)], []);
    });
  } finally {
    await server.shutdown();
  }
});

Deno.test("a wheel that is there already is used where it is pinned and its digest is right; a planted one is not", async () => {
  // Nothing is to be asked for: nobody listens there.
  const offline = { ...task(), index: "http://127.0.0.1:1", python: "python-that-is-not-there" };
  const right = sha256("a wheel");
  const tags = ["cp311-cp311-manylinux_2_27_x86_64", "cp313-cp313-manylinux_2_27_x86_64"];
  const pinned = { ...wheel, pinned: Object.fromEntries(tags.map((tag) => [tag, right])) };
  for (
    const [of, name, content, fits] of [
      [pinned, `tensorflow_cpu-2.21.0-${tags[0]}.whl`, "a wheel", true],
      [pinned, `tensorflow_cpu-2.21.0-${tags[1]}.whl`, "a wheel", true],
      [pinned, `tensorflow_cpu-2.21.0-${tags[0]}.whl`, "b wheel", false],
      [pinned, `tensorflow_cpu-2.21.0-${tags[0]}.whl`, "", false],
      [pinned, "tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl", "a wheel", false],
      [pinned, "tensorflow_cpu-2.20.0-cp311-cp311-manylinux_2_27_x86_64.whl", "a wheel", false],
      [pinned, "tensorflow-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl", "a wheel", false],
      [pinned, `tensorflow_cpu-2.21.0-${tags[0]}.whl.part`, "a wheel", false],
      // Nothing on this machine says what its digest is to be.
      [wheel, `tensorflow_cpu-2.21.0-${tags[0]}.whl`, "a wheel", false],
    ] as const
  ) {
    await withDirectory(async (directory) => {
      const path = join(directory, name);
      await Deno.writeTextFile(path, content);
      const attempt = () => fetchWheel(of, directory, offline);
      if (fits) assertEquals(await attempt(), path);
      else {
        await assertRejects(attempt, Error, "127.0.0.1:1 cannot be reached; there is no python");
        const left = [...Deno.readDirSync(directory)].filter(({ name }) => name.endsWith(".whl"));
        assertEquals(left, []);
      }
    });
  }
});

Deno.test({
  name: "a wheel from pip that is not the pinned one is not used",
  ignore: Deno.build.os === "windows",
  async fn() {
    await withDirectory(async (directory) => {
      const tag = "cp311-cp311-manylinux_2_27_x86_64";
      const name = `tensorflow_cpu-2.21.0-${tag}.whl`;
      const python = join(directory, "python");
      const script = `#!/bin/sh
        for arg; do case "$arg" in --dest=*) printf 'a wheel' > "\${arg#--dest=}/${name}";; esac; done
      `;
      await Deno.writeTextFile(python, script, { mode: 0o755 });
      const given = { ...task(), index: "http://127.0.0.1:1", python };
      const folder = join(directory, "downloads");
      const fetched = (digest: string) =>
        fetchWheel({ ...wheel, pinned: { [tag]: digest } }, folder, given);
      await assertRejects(
        () => fetched(sha256("the wheel")),
        Error,
        `pip has brought another ${name}: its SHA-256 is ${sha256("a wheel")}`,
      );
      assertEquals([...Deno.readDirSync(folder)], []);
      assertEquals(await fetched(sha256("a wheel")), join(folder, name));
    });
  },
});

Deno.test("an archive that unpacks to more than the bound, or than it says, is refused", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "a.whl");
    const target = join(directory, "target");
    const unpack = (mostBytes: number) =>
      unpackWheel(wheel, path, target, { ...task(), mostBytes });
    const zeros = new Uint8Array(4 << 20);
    const name = "tensorflow/libtensorflow_cc.so.2";
    const bomb = await archive({ ...complete, [name]: zeros });
    assert(bomb.length < 10_000, "it is no bomb");
    await Deno.writeFile(path, bomb);
    await assertRejects(() => unpack(1 << 20), Error, "more than 1048576");
    // It has not begun.
    await assertRejects(() => Deno.stat(target), Deno.errors.NotFound);
    await unpack(8 << 20);

    // What nobody takes may be as large as it likes.
    await Deno.writeFile(path, await archive({ ...complete, "tensorflow/other.so": zeros }));
    await unpack(1 << 20);

    // The same bomb, whose headers say that it holds 4 KiB, or that it holds more.
    for (const size of [4 << 10, 5 << 20]) {
      const lying = bomb.slice();
      const view = new DataView(lying.buffer, lying.byteOffset, lying.length);
      let changed = 0;
      for (let i = 0; i + 4 <= lying.length; i++) {
        if (view.getUint32(i, true) !== zeros.length) continue;
        view.setUint32(i, size, true);
        changed++;
      }
      assert(changed >= 1, "the archive does not say how large its file is");
      await Deno.writeFile(path, lying);
      await assertRejects(() => unpack(8 << 20), Error);
      const written = await Deno.stat(join(target, "libtensorflow_cc.so.2")).then((x) => x.size);
      assert(written <= 5 << 20);
    }
  });
});

Deno.test("the wheel of Linux on x86_64 is pinned; what describes a choice says so of the others", () => {
  assertEquals(Object.keys(wheelFor("linux-x86_64").pinned!), [
    "cp311-cp311-manylinux_2_27_x86_64",
  ]);
  for (const platform of ["linux-aarch64", "darwin-aarch64"]) {
    assertEquals(wheelFor(platform).pinned, undefined);
  }
});
