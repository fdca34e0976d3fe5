/** What each reader says of a place where there is no file that it could read. */
import { assert, assertEquals } from "@std/assert";
import { join } from "node:path";
import { readCifar } from "../../src/data/cifar.ts";
import { readCsv } from "../../src/data/csv.ts";
import { readIdx } from "../../src/data/idx.ts";
import { readNumpy } from "../../src/data/numpy.ts";
import { digestPictures, listPictures, readPictures } from "../../src/data/pictures.ts";
import { recognize } from "../../src/data/recognize.ts";
import { messageOf } from "../../src/files/explain.ts";
import { openNpy } from "../../src/files/npy.ts";
import { openZip } from "../../src/files/zip.ts";
import { inFolder } from "../support/data_files.ts";

const readers: { readonly [name: string]: (path: string) => Promise<unknown> } = {
  readIdx: (path) => readIdx(path, path),
  readCsv: (path) => readCsv(path),
  readNumpy: (path) => readNumpy({ path }, { path }),
  readCifar: (path) => readCifar([path], "only"),
  readPictures: (path) =>
    readPictures(
      join(path, ".."),
      { classes: ["a"], train: [{ path: path.split("/").at(-1)!, label: 0 }], unused: [] },
      {},
      () => {},
    ),
  openZip,
};

/** What is said of each place in turn, without the folder. */
async function saidOf(
  read: (path: string) => Promise<unknown>,
  folder: string,
  places: readonly string[],
): Promise<string[]> {
  const said: string[] = [];
  for (const place of places) {
    const message = await read(join(folder, place)).then(() => "nothing", messageOf);
    assert(!message.includes("os error"), message);
    said.push(message.replaceAll(folder, "FOLDER"));
  }
  return said;
}

Deno.test({
  name: "no reader leaves it to the system to say that a place has no file for it",
  // Windows has codes and messages of its own.
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      await Deno.writeTextFile(join(folder, "file"), "abc");
      await Deno.mkdir(join(folder, "inner"));
      await Deno.symlink(join(folder, "circle"), join(folder, "circle"));
      const long = "x".repeat(300);
      const others = [`file/a`, long, "circle"];
      const told = [
        "FOLDER/file/a cannot be read: something that is no folder stands in its path; move that away.",
        `FOLDER/${long} cannot be read: its path is too long; use a folder with a shorter one.`,
        "FOLDER/circle cannot be read: the links in its path lead in a circle; remove one.",
      ];
      for (const [name, read] of Object.entries(readers)) {
        assertEquals(await saidOf(read, folder, ["inner", "missing", ...others]), [
          "FOLDER/inner is no file; move away what is in its place",
          "FOLDER/missing is not there",
          ...told,
        ], name);
      }
      assertEquals(await saidOf((path) => openNpy(path, path), folder, ["inner", ...others]), [
        "FOLDER/inner is no file; move away what is in its place",
        ...told,
      ]);
      for (const list of [listPictures, digestPictures]) {
        assertEquals(await saidOf(list, folder, ["file", ...others]), [
          "FOLDER/file cannot be read: something that is no folder stands in its path; move that away.",
          ...told,
        ]);
      }
      const look = (path: string) => recognize(path);
      assertEquals(await saidOf(look, folder, others), told);
      await Deno.symlink(join(folder, "nowhere"), join(folder, "inner", "link"));
      assertEquals(await saidOf(look, folder, ["inner"]), [
        "FOLDER/inner/link is a link that leads nowhere; remove it.",
      ]);
    }),
});
