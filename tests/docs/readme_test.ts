/** The README says what the report found, is short, and leads to pages that are there. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { anchorOf } from "../../src/report/markdown.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string) => Deno.readTextFile(join(root, path));

/** Sentences of a list, whatever their line ends and links. */
const listIn = (page: string, heading: string): string[] =>
  page.split(`## ${heading}\n`)[1].split(/\n(?=[^\s-])/)[0].split(/^- /m).slice(1)
    .map((item) => item.replaceAll(/\s+/g, " ").replaceAll(/\]\([^)]*\)/g, "]").trim());

Deno.test("the README tells what the report found, word for word", async () => {
  const found = listIn(await read("report.md"), "What was found");
  assert(found.length > 3);
  assertEquals(listIn(await read("README.md"), "What was found"), found);
});

Deno.test("the README has less than 200 lines", async () => {
  assertLess((await read("README.md")).split("\n").length, 200);
});

Deno.test("links of the README and of the pages lead to files, and to headings that they have", async () => {
  const docs = await Array.fromAsync(Deno.readDir(join(root, "docs")));
  const pages = [
    "README.md",
    ...docs.map(({ name }) => `docs/${name}`).filter((path) => path.endsWith(".md")),
  ];
  for (const page of pages) {
    const text = (await read(page)).replaceAll(/```.*?```/gs, "");
    for (const [, path, anchor] of text.matchAll(/\]\(([^)#\s]*)(?:#([^)\s]+))?\)/g)) {
      if (/^[a-z]+:/.test(path)) continue;
      const target = path === "" ? page : join(dirname(page), path);
      const there = await Deno.stat(join(root, target)).then(() => true, () => false);
      assert(there, `${page} links to ${target}, which is not there`);
      if (anchor === undefined) continue;
      const headings = [...(await read(target)).matchAll(/^#+ (.+)$/gm)].map(([, text]) =>
        anchorOf(text)
      );
      assert(headings.includes(anchor), `${page}: ${target} has no heading ${anchor}`);
    }
  }
});

Deno.test("what the README shows of predict and diff stands in their pages, which tests hold to the commands", async () => {
  const shown = [...(await read("README.md")).matchAll(/^```\w*\n([^]*?)^```$/gm)].map(([, text]) =>
    text
  );
  for (const page of ["docs/predict.md", "docs/diff.md"]) {
    const text = await read(page);
    assert(shown.some((part) => text.includes(`\n${part}`)), page);
  }
});
