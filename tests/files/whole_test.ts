import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { removeUnfinished, wholeDirectory, writeWhole } from "../../src/files/whole.ts";
import { inFolder } from "../support/data_files.ts";

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
