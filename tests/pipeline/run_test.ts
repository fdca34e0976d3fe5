import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { edit, findFile, flipByte, withToy } from "../support/toy.ts";

const text = (path: string) => Deno.readTextFile(path);

/** Contents of every file below a folder by relative path. */
async function tree(folder: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of Deno.readDirSync(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) {
      for (const [name, content] of Object.entries(await tree(path))) {
        files[`${entry.name}/${name}`] = content;
      }
    } else files[entry.name] = await text(path);
  }
  return files;
}

Deno.test("a first run runs all in order, a second one nothing", () =>
  withToy(async (toy) => {
    assertEquals(await toy.run(), ["numbers", "sums", "page"]);
    assertEquals(await text(toy.path("page.md")), '# Sums\n{"n":4,"sums":[61,62]}\n');
    assertEquals(await toy.run(), []);
    assertEquals(await toy.stale(), {});
    // Whatever a job reported reached the display.
    assert(toy.events.some((e) => e.type === "progress" && e.label === "offset 2" && e.done === 1));
  }));

Deno.test("a stage brings up to date what it needs, and no more", () =>
  withToy(async (toy) => {
    assertEquals(await toy.run(["sums"]), ["numbers", "sums"]);
    assertEquals(Object.keys(await toy.stale()), ["page"]);
  }));

Deno.test("comments, formatting, types and unused code rerun nothing", () =>
  withToy(async (toy) => {
    await toy.run();
    await edit(toy.path("scale.ts"), "// How numbers are scaled.", "/* Scaling,\n retold. */\n\n");
    await edit(toy.path("scale.ts"), "(x: number): number =>", "(\n  x: number,\n) =>");
    await edit(toy.path("scale.ts"), "unused = 1", "unused = 2");
    assertEquals(await toy.stale(), {});
  }));

Deno.test("a changed line of code is named, and only what depends on it runs", () =>
  withToy(async (toy) => {
    await toy.run();
    await edit(toy.path("page.ts"), '"# "', '"## "');
    assertEquals(await toy.stale(), { page: ["code page.ts changed"] });
    await edit(toy.path("scale.ts"), "10 * x", "11 * x");
    assertEquals((await toy.stale()).numbers, ["code scale.ts changed"]);
    assertEquals((await toy.stale()).sums, ["waits for numbers"]);
  }));

Deno.test("a changed line of a job's code makes its stage stale", () =>
  withToy(async (toy) => {
    await toy.run();
    await edit(toy.path("sum.ts"), "sum + x", "sum + 2 * x");
    assertEquals((await toy.stale()).sums, ["code sum.ts changed"]);
    assertEquals(await toy.run(), ["sums", "page"]);
    assertStringIncludes(await text(toy.path("page.md")), "[121,122]");
  }));

Deno.test("a changed parameter is named with its old and new value", () =>
  withToy(async (toy) => {
    await toy.run();
    toy.configure({ sums: { offsets: [1, 3] } });
    assertEquals(await toy.stale(), {
      sums: ["parameter offsets.1: 2 -> 3"],
      page: ["waits for sums"],
    });
    assertEquals(await toy.run(), ["sums", "page"]);
  }));

Deno.test("a deleted result is named and made again; what depends on it does not run", () =>
  withToy(async (toy) => {
    await toy.run();
    const before = await tree(toy.path("results"));
    const file = await findFile(toy.path("results/sums"), "sums-");
    await Deno.remove(file);
    const name = file.slice(toy.path("").length + 1);
    assertEquals((await toy.stale()).sums, [`${name.replace(/^\//, "")} (sums.json) is missing`]);
    assertEquals(await toy.run(), ["sums"]);
    assertEquals(await tree(toy.path("results")), before);
  }));

for (const place of ["results/sums/sums-", "page.md", "results/sums/manifest.json"]) {
  Deno.test(`a flipped byte in ${place} is named and mended`, () =>
    withToy(async (toy) => {
      await toy.run();
      const before = await text(toy.path("page.md"));
      const slash = place.lastIndexOf("/");
      const path = place.endsWith("-")
        ? await findFile(toy.path(place.slice(0, slash)), place.slice(slash + 1))
        : toy.path(place);
      await flipByte(path);
      const reasons = Object.values(await toy.stale()).flat();
      assert(
        reasons.some((reason) => reason.includes("altered")),
        `reasons were: ${reasons.join("; ")}`,
      );
      await toy.run();
      assertEquals(await toy.stale(), {});
      assertEquals(await text(toy.path("page.md")), before);
    }));
}

Deno.test("a checkout without local artifacts is up to date; they are made when needed", () =>
  withToy(async (toy) => {
    await toy.run();
    await Deno.remove(toy.path(".cache"), { recursive: true });
    assertEquals(await toy.stale(), {});
    assertEquals(await toy.run(), []);
    toy.configure({ sums: { offsets: [7] } });
    const manifest = await text(toy.path("results/numbers/manifest.json"));
    // numbers runs for its local artifact alone; its committed result stays as it was.
    assertEquals(await toy.run(), ["numbers", "sums", "page"]);
    assertEquals(await text(toy.path("results/numbers/manifest.json")), manifest);
  }));

Deno.test("a damaged local artifact is made again", () =>
  withToy(async (toy) => {
    await toy.run();
    await flipByte(await findFile(toy.path(".cache/artifacts/numbers"), "numbers-"));
    toy.configure({ sums: { offsets: [7] } });
    assertEquals(await toy.run(), ["numbers", "sums", "page"]);
  }));

Deno.test("an earlier result is removed when a new one takes its place", () =>
  withToy(async (toy) => {
    await toy.run();
    toy.configure({ sums: { offsets: [5] } });
    await toy.run();
    await findFile(toy.path("results/sums"), "sums-"); // Fails where there are two.
  }));

Deno.test("forced, a stage and its jobs run again and give the same bytes", () =>
  withToy(async (toy) => {
    await toy.run();
    const artifacts = async () => {
      const files = await tree(toy.path("results"));
      return Object.fromEntries(
        Object.entries(files).filter(([name]) => !name.endsWith("manifest.json")),
      );
    };
    const before = await artifacts();
    const facts = async () => {
      const manifest = JSON.parse(await text(toy.path("results/sums/manifest.json")));
      return manifest.provenance.jobs[0].facts.process;
    };
    const first = await facts();
    assertEquals(await toy.run(["sums"], { force: true, jobs: 1 }), ["sums"]);
    assert(await facts() !== first, "the job did not run again");
    assertEquals(await artifacts(), before);
  }));

Deno.test("a finished job is found again: an interrupted stage continues", () =>
  withToy(async (toy) => {
    toy.configure({ sums: { offsets: [1, -1] } });
    const error = await assertRejects(() => toy.run(undefined, { jobs: 1 }), Error);
    assertStringIncludes(error.message, "Stage sums: Job offset -1 (sum.ts) failed");
    assertStringIncludes(error.message, "offset -1 is negative");
    // Nothing half-written: the failed stage has no manifest, the finished one stays.
    assertEquals(Object.keys(await tree(toy.path("results"))).length, 2);
    const left = Object.keys(await tree(toy.path(".cache")));
    assertEquals(left.filter((name) => /part|unfinished/.test(name)), []);
    const jobs = left.filter((name) => name.endsWith("job.json"));
    assertEquals(jobs.length, 1);
    const first = JSON.parse(await text(toy.path(`.cache/${jobs[0]}`))).facts.process;
    toy.configure({ sums: { offsets: [1, 2] } });
    await toy.run();
    const manifest = JSON.parse(await text(toy.path("results/sums/manifest.json")));
    assertEquals(manifest.provenance.jobs[0].facts.process, first);
  }));

Deno.test("a damaged finished job runs again", () =>
  withToy(async (toy) => {
    await toy.run();
    for (const name of Object.keys(await tree(toy.path(".cache/jobs")))) {
      if (name.endsWith("sum.json")) await Deno.writeTextFile(toy.path(`.cache/jobs/${name}`), "0");
    }
    await Deno.remove(await findFile(toy.path("results/sums"), "sums-"));
    await toy.run();
    assertEquals(await text(toy.path("page.md")), '# Sums\n{"n":4,"sums":[61,62]}\n');
  }));

Deno.test("a worker may write to its output only", () =>
  withToy(async (toy) => {
    await edit(
      toy.path("sum.ts"),
      "progress(1, 2",
      `await Deno.writeTextFile(${JSON.stringify(toy.path("stray"))}, ""); progress(1, 2`,
    );
    const error = await assertRejects(() => toy.run(), Error);
    assertStringIncludes(error.message, "Requires write access");
  }));

Deno.test("undeclared inputs and jobs, and artifacts written twice, are refused", () =>
  withToy(async (toy) => {
    await edit(toy.path("page.ts"), "sums/sums.json", "numbers/count.json");
    assertStringIncludes(
      (await assertRejects(() => toy.run(), Error)).message,
      "Stage page: it reads numbers/count.json, which is not among its inputs",
    );
  }));

Deno.test("an artifact that a stage does not write is refused by name", () =>
  withToy(async (toy) => {
    await edit(toy.path("numbers.ts"), '"numbers.json"', '"figures.json"');
    assertStringIncludes(
      (await assertRejects(() => toy.run(), Error)).message,
      "sums reads numbers/numbers.json, which its stage does not write",
    );
  }));

Deno.test("an unknown target names those there are", () =>
  withToy(async (toy) => {
    const error = await assertRejects(() => toy.run(["sum"]), Error);
    assertEquals(error.message, "There is no stage sum. There are: page, numbers, sums.");
  }));

Deno.test("a stage that lacked a file runs again once the file is there, and only then", async () => {
  await withToy(async (toy) => {
    await toy.run();
    assertEquals(await toy.run(), []);
    await Deno.writeTextFile(toy.path(".cache/note.txt"), "");
    assertEquals(await toy.stale(), {
      page: ["note.txt is there now, and was not when it ran"],
    });
    assertEquals(await toy.run(), ["page"]);
    assertEquals(await toy.stale(), {});
    // What was there once need not be there later.
    await Deno.remove(toy.path(".cache/note.txt"));
    assertEquals(await toy.stale(), {});
  });
});
