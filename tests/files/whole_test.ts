import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  makeFolder,
  removeParts,
  removeUnfinished,
  wholeDirectory,
  writeWhole,
} from "../../src/files/whole.ts";
import { inFolder } from "../support/data_files.ts";
import { preload, readLog } from "../support/file_operations.ts";
import { writeFiles } from "../support/interrupted.ts";
import { Disk, type Loss, LOSSES } from "../support/lost_power.ts";

const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));
const names = (folder: string) => Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();

Deno.test("a file is written whole, from text, bytes or parts, over what was there", async () => {
  await inFolder(async (root) => {
    const path = join(root, "new", "file");
    async function* parts() {
      yield new Uint8Array([1, 2]);
      await Promise.resolve();
      yield new Uint8Array([3]);
    }
    for (const content of ["\u{1}\u{2}\u{3}", new Uint8Array([1, 2, 3]), parts()]) {
      await writeWhole(path, content);
      assertEquals(await Deno.readFile(path), new Uint8Array([1, 2, 3]));
      assertEquals(names(join(root, "new")), ["file"]);
    }
  });
});

Deno.test("a file that is not finished leaves what was there, and nothing beside it", async () => {
  await inFolder(async (root) => {
    const path = join(root, "file");
    await writeWhole(path, "before");
    async function* failing() {
      yield new Uint8Array([1]);
      throw new Error("the source ran dry");
    }
    await assertRejects(() => writeWhole(path, failing()), Error, "the source ran dry");
    assertEquals(await Deno.readTextFile(path), "before");
    assertEquals(names(root), ["file"]);
  });
});

Deno.test({
  name: "what cannot be written is named: the file, or the other folder in which it is made",
  // Windows has codes of its own.
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (root) => {
      const [path, file] = [join(root, "path"), join(root, "file")];
      await Deno.writeTextFile(file, "");
      const said = " cannot be written: something that is no folder stands in its path";
      const elsewhere = join(file, "folder");
      await assertRejects(() => writeWhole(path, "", elsewhere), Error, elsewhere + said);
      const below = join(elsewhere, "path");
      await assertRejects(() => writeWhole(below, ""), Error, below + said);
      await Deno.mkdir(join(path, "full"), { recursive: true });
      await assertRejects(
        () => writeWhole(path, "", join(root, "folder")),
        Error,
        `${path} cannot be written: a folder is in its place; move that away.`,
      );
    }),
});

Deno.test("a folder is made whole, in the place of another one", async () => {
  await inFolder(async (root) => {
    const target = join(root, "deep", "folder");
    const fill = (name: string) => async (temporary: string) => {
      await Deno.mkdir(join(temporary, "inner"));
      await Deno.writeTextFile(join(temporary, "inner", name), name);
      return name.length;
    };
    assertEquals(await wholeDirectory(target, fill("first")), 5);
    assertEquals(await wholeDirectory(target, fill("second")), 6);
    assertEquals(names(join(target, "inner")), ["second"]);
    assertEquals(names(join(root, "deep")), ["folder"]);
    const failing = async (temporary: string) => {
      await fill("third")(temporary);
      throw new Error("no third");
    };
    await assertRejects(() => wholeDirectory(target, failing), Error, "no third");
    assertEquals(names(join(target, "inner")), ["second"]);
    assertEquals(names(join(root, "deep")), ["folder"]);
  });
});

Deno.test("what an interrupted call left of a folder is removed, and nothing else", async () => {
  await inFolder(async (root) => {
    let left = "";
    // Ends as a process does that is killed: its temporary folder stays.
    const copy = async (temporary: string) => {
      left = `${temporary}x`;
      await Deno.mkdir(join(left, "inner"), { recursive: true });
    };
    await wholeDirectory(join(root, "folder"), copy);
    await removeUnfinished(root);
    assertEquals(names(root), ["folder"]);
  });
});

Deno.test("what an interrupted write left beside its file is removed, and nothing else", async () => {
  await inFolder(async (root) => {
    let part = "";
    async function* interrupted() {
      yield new Uint8Array([1]);
      [part] = names(root);
      await Deno.copyFile(join(root, part), join(root, "kept"));
    }
    await writeWhole(join(root, "file"), interrupted());
    // Ends as a process does that is killed: what was written stays.
    await Deno.rename(join(root, "kept"), join(root, part));
    await Deno.writeTextFile(join(root, "download.part"), "somebody else's");
    await removeParts(root);
    assertEquals(names(root), ["download.part", "file"]);
  });
});

Deno.test({
  name: "a folder below a link that leads nowhere is refused, and made where it leads somewhere",
  // Links take a right of their own there.
  ignore: Deno.build.os === "windows",
  async fn() {
    await inFolder(async (root) => {
      await Deno.symlink(join(root, "elsewhere"), join(root, "link"));
      await assertRejects(() => makeFolder(join(root, "link", "deep", "folder")), Error, "exists");
      await Deno.mkdir(join(root, "elsewhere"));
      await makeFolder(join(root, "link", "deep", "folder"));
      await makeFolder(join(root, "link", "deep", "folder"));
      assertEquals(names(join(root, "elsewhere", "deep")), ["folder"]);
    });
  },
});

Deno.test({
  name:
    "after a loss of power a file or folder is the old one, whole or not there; once made, it stays",
  // Folders cannot be synced.
  ignore: Deno.build.os === "windows",
  async fn() {
    await inFolder(async (root) => {
      const module = join(root, "make.ts");
      await Deno.writeTextFile(
        module,
        `import { wholeDirectory, writeWhole } from "${new URL(
          "../../src/files/whole.ts",
          import.meta.url,
        )}";
        const [home] = Deno.args;
        await wholeDirectory(home + "/deep/folder", async (temporary) => {
          await Deno.mkdir(temporary + "/inner");
          await Deno.writeTextFile(temporary + "/inner/file", "new");
          await Deno.writeTextFile(temporary + "/file", "new");
        });
        await writeWhole(home + "/elsewhere/file", "new");`,
      );
      const [home, log] = [join(root, "home"), join(root, "log")];
      const old = { "deep/folder/file": "old", "deep/folder/inner/other": "old" };
      const files = new Map(
        Object.entries(old).map(([path, text]) => [path, new TextEncoder().encode(text)]),
      );
      await writeFiles(home, files);
      const { success } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--no-check", "--config", CONFIG, preload({ log }), module, home],
      }).output();
      assert(success);
      const changes = await readLog(log);
      const disk = new Disk(home, files);
      const made = { "deep/folder/file": "new", "deep/folder/inner/file": "new" };
      const done = { ...made, "elsewhere/file": "new" };
      const whole = [old, {}, made, done].map((state) => JSON.stringify(state));
      const found = (loss: Loss) => {
        const files = [...disk.after(loss)]
          .filter(([path]) =>
            /^(deep\/folder|elsewhere)\/.*[^/]$/.test(path) && !path.endsWith(".part")
          )
          .map(([path, bytes]) => [path, new TextDecoder().decode(bytes)]);
        return JSON.stringify(Object.fromEntries(files.sort()));
      };
      for (const change of changes) {
        disk.apply(change);
        for (const [name, loss] of Object.entries(LOSSES)) {
          assert(whole.includes(found(loss)), `${name} after ${change.op}: ${found(loss)}`);
        }
      }
      assertEquals(found(LOSSES["all that was not synced"]), JSON.stringify(done));
    });
  },
});
