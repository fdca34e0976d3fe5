import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { sha256, sha256File } from "../../src/files/digest.ts";
import { plainSize, readPlain, readPlainText } from "../../src/files/plain.ts";
import { inFolder } from "../support/data_files.ts";
import { pipe, within } from "../support/damage.ts";

const readers: Record<string, (path: string) => Promise<unknown>> = {
  plainSize,
  readPlain,
  readPlainText,
  sha256File,
};

Deno.test("a plain file is read, by links too", () =>
  inFolder(async (folder) => {
    const [path, link] = ["file", "link"].map((name) => join(folder, name));
    await Deno.writeTextFile(path, "ä");
    await Deno.symlink(path, link);
    for (const name of [path, link]) {
      assertEquals(await plainSize(name), 2);
      assertEquals(await readPlain(name), new TextEncoder().encode("ä"));
      assertEquals(await readPlainText(name), "ä");
      assertEquals(await sha256File(name), sha256("ä"));
    }
  }));

for (
  const [what, put] of Object.entries({
    "a folder": (path: string) => Deno.mkdir(path),
    "a pipe": pipe,
    "a device without an end": (path: string) => Deno.symlink("/dev/zero", path),
  })
) {
  Deno.test(
    `${what} is refused at once`,
    { ignore: Deno.build.os === "windows" },
    () =>
      inFolder(async (folder) => {
        const path = join(folder, "file");
        await put(path);
        for (const [name, read] of Object.entries(readers)) {
          await assertRejects(
            () => within(5, name, read(path)),
            Error,
            "file is no file; move away",
          );
        }
      }),
  );
}
