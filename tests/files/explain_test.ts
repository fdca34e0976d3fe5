import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { explained, messageOf, takesNothing } from "../../src/files/explain.ts";
import { openLock } from "../../src/files/open_lock.ts";
import { writeWhole } from "../../src/files/whole.ts";
import { inFolder } from "../support/data_files.ts";
import { close, ended, open, ordinary } from "../support/people.ts";

/** What is said of the error that an operation throws. */
const said = (operation: () => Promise<unknown>, place?: string) =>
  operation().then(() => "nothing", (error) => messageOf(error, place));

Deno.test({
  name: "an error of a place is told with the path, what was tried, and what to do",
  // Windows has codes and messages of its own.
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      const [file, circle] = [join(folder, "file"), join(folder, "circle")];
      const long = join(folder, "x".repeat(300));
      await Deno.writeTextFile(file, "");
      await Deno.symlink(circle, circle);
      const inside = "something that is no folder stands in its path; move that away.";
      for (
        const [operation, expected] of [
          [
            () => Deno.readFile(folder),
            `${folder} cannot be read: a folder is in its place; move that away.`,
          ],
          [() => openLock(join(file, "a")), `${file}/a cannot be written: ${inside}`],
          [
            () => openLock(folder),
            `${folder} cannot be written: a folder is in its place; move that away.`,
          ],
          [() => Deno.remove(join(file, "a")), `${file}/a cannot be removed: ${inside}`],
          [() => writeWhole(join(file, "a"), ""), `${file}/a cannot be written: ${inside}`],
          [() => Deno.rename(file, join(file, "a")), `${file}/a cannot be written: ${inside}`],
          [
            () => Deno.mkdir(long),
            `${long} cannot be written: its path is too long; use a folder with a shorter one.`,
          ],
          [
            () => Deno.stat(circle),
            `${circle} cannot be read: the links in its path lead in a circle; remove one.`,
          ],
        ] as const
      ) assertEquals(await said(operation), expected);
    }),
});

Deno.test("what no place is to blame for is told as it is", () =>
  inFolder(async (folder) => {
    assertEquals(messageOf(new Error("the images are too small")), "the images are too small");
    assertEquals(messageOf("a word"), "a word");
    const missing = join(folder, "missing");
    assertEquals((await said(() => Deno.readFile(missing))).includes(missing), true);
    const error = new Error("other");
    assertEquals(explained(error, missing), error);
  }));

Deno.test("where the system names no path, the place that is known is told", () => {
  const full = Object.assign(new Error("No space left on device (os error 28): tmpdir"), {
    code: "ENOSPC",
  });
  assertEquals(
    messageOf(full, "a/b"),
    "a/b cannot be written: there is no space left on its disk (or no file may be added); free some and run again.",
  );
  assertEquals(
    messageOf(full),
    `${full.message}: there is no space left on its disk (or no file may be added); free some and run again.`,
  );
  // Told once, it stays as it was told, and what it was.
  const told = explained(full, "a/b");
  assertEquals(messageOf(told, "c"), messageOf(full, "a/b"));
  assertEquals([told, full].map(takesNothing), [true, true]);
  assertEquals(takesNothing(new Error("other")), false);
});

Deno.test({
  name: "what is done in somebody else's folder ends in a sentence",
  ignore: Deno.build.os === "windows",
  fn: () =>
    inFolder(async (folder) => {
      await open(folder);
      const reopen = await close(folder);
      // No more is imported than another user's Deno has without a network.
      const explain = new URL("../../src/files/explain.ts", import.meta.url);
      const code = `import { messageOf } from "${explain}";
        await Deno.mkdir(Deno.args[0]).catch((error) => console.error("error:", messageOf(error)));`;
      const made = join(folder, "made");
      const { stderr } = await ended(
        ordinary([Deno.execPath(), "eval", "--no-check", "--ext=ts", code, made]),
      );
      await reopen();
      assertEquals(
        stderr,
        `error: ${made} cannot be written: it or its folder belongs to somebody else or is closed; ` +
          "give yourself the right, or use another folder.\n",
      );
    }),
});
