/** `deno task new` as a user runs it. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { type Copy, withCopy } from "../support/copy.ts";
import { idx, inFolder, noise } from "../support/data_files.ts";

/** Writes 60 images of noise with three labels. */
async function drawIn(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const { images } = noise(60, 12, 5);
  const labels = Array.from({ length: 60 }, (_, i) => 1 + i % 3);
  await Deno.writeFile(join(folder, "images"), idx([60, 12, 12], images.data));
  await Deno.writeFile(join(folder, "labels"), idx([60], labels));
}

const files = async (folder: string) =>
  (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();

const begin = (copy: Copy, ...args: string[]) => copy.deno("task", "-q", "new", ...args);

Deno.test("new says what it found and writes a study that runs, and never over one that is there", () =>
  withCopy(async (copy) => {
    await drawIn(copy.path("toys"));
    const { success, stdout, stderr } = await begin(copy, "studies/toys", "--data=toys");
    assertEquals([success, stderr.split("\n").filter((line) => /rror/.test(line))], [true, []]);
    assertStringIncludes(stdout, "toys: idx, 60 images, 12 x 12 pixels, grey, 3 classes.\n");
    assertMatch(stdout, /^ {2}[0-9a-f]{64} {2}images$/m);
    assertMatch(stdout, /^ {2}3: 20$/m);
    assertStringIncludes(stdout, "There is no test part: a fifth of each class is split off.");
    assertStringIncludes(stdout, "deno task all --study=studies/toys");
    assertEquals(await files(copy.path("studies/toys")), [".cache", ".gitignore", "study.ts"]);

    const path = copy.path("studies/toys/study.ts");
    const written = await Deno.readTextFile(path);
    assertStringIncludes(written, "labels: {\n      first: 1,\n    },");
    for (const check of ["fmt", "check"]) {
      const args = check === "fmt" ? ["fmt", "--check", path] : ["check", "--quiet", path];
      const result = await copy.deno(...args);
      assert(result.success, result.stderr);
    }
    // The data are found where they were shown.
    const prepared = await copy.deno("task", "-q", "prepare", "--study=studies/toys");
    assert(prepared.success, prepared.stderr);
    assertStringIncludes(prepared.stdout, "prepare    done in");

    const again = await begin(copy, "studies/toys", "--data=toys");
    assertEquals(again.success, false);
    assertMatch(again.stderr, /error: .*study\.ts is there already; choose another folder\.\n$/);
    assertEquals(await Deno.readTextFile(path), written);
  }));

Deno.test("new takes a study outside the project, and refuses what it cannot use before it writes", () =>
  withCopy((copy) =>
    inFolder(async (elsewhere) => {
      await drawIn(join(elsewhere, "data"));
      const home = join(elsewhere, "my study");
      const { success, stderr } = await begin(copy, home, `--data=${join(elsewhere, "data")}`);
      assert(success, stderr);
      assert(!(await Deno.readTextFile(join(home, "study.ts"))).includes("import"));
      const status = await copy.deno("task", "-q", "status", `--study=${home}`);
      assert(status.success, status.stderr);

      await Deno.mkdir(join(elsewhere, "empty"));
      const refused: [args: string[], message: RegExp][] = [
        [["a"], /^error: Say `deno task new FOLDER --data=PATH`\.\n$/],
        [["a", "b", "--data=c"], /^error: "b" is one word too many; say `deno task new FOLDER /],
        [["a", "--dta=c"], /^error: There is no flag --dta; did you mean --data\?/],
        [
          ["a", "--data=nowhere"],
          /^error: There is nothing at .*nowhere; give the file or the folder/,
        ],
        [
          ["a", `--data=${join(elsewhere, "empty")}`],
          /^error: .*nothing is recognized \(no files\)/,
        ],
      ];
      for (const [args, message] of refused) {
        const result = await begin(copy, ...args);
        assertEquals(result.success, false, args.join(" "));
        assertMatch(result.stderr, message);
      }
      assertEquals((await files(copy.path("."))).includes("a"), false);
    })
  ));
