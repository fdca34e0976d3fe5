/** The README says what the report found, is short, and leads to pages that are there. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { artifactsIn } from "../../src/pipeline/results.ts";
import { anchorOf, decimal, duration } from "../../src/report/markdown.ts";
import { champion, trainingsOf } from "../../src/stages/champion/stage.ts";
import { metricOf } from "../../src/stages/network.ts";
import { project } from "../../tasks/workspace.ts";

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

Deno.test("the README's first paragraph has the strongest network's accuracy, its time and the machine", async () => {
  const { study, workspace } = await project();
  const { metrics, manifest } = await artifactsIn(workspace, champion);
  const { processor, jobs } = (await manifest.read()).provenance;
  const said = (await read("README.md")).split(/\n\n/)
    .find((part) => part.startsWith("Atelier is"))!.replaceAll(/\s+/g, " ");
  const told = study.champion!.networks.filter(({ name }) => said.includes(`network, \`${name}\``));
  assertEquals(told.length, 1, said);
  const [{ name }] = told;
  const seconds = trainingsOf(study.champion!).filter(({ network }) => network === name)
    .map(({ seed }) => jobs[`${name}.${seed}`].seconds);
  const mean = seconds.reduce((a, b) => a + b) / seconds.length;
  const { value } = metricOf(await metrics.read(), `champion.${name}.test.accuracy`);
  for (const part of [decimal(value), duration(mean), processor]) {
    assert(said.includes(part), `${part} is not in: ${said}`);
  }
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
