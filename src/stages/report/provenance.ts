/** The report's section on where its numbers come from. @module */
import { z } from "zod";
import { type DataDescription, dataFiles } from "../../data/description.ts";
import type { Manifest } from "../../pipeline/manifest.ts";
import type { Drawing } from "../../page/page.ts";
import { counted, duration, listed, NONE, table } from "../../report/markdown.ts";
import { computingOf, drawn, mermaid, recordedNodes } from "../graph.ts";
import { madeWith } from "../made_with.ts";

/** Cells that hold something. */
const told = (cells: readonly string[]) => cells.filter((cell) => cell !== NONE);
/** What all of those say. */
const same = (cells: readonly string[]) => told(cells)[0];

/** Columns of a drawing that a phone has room for. */
const COLUMNS = 54;

// Of itself the report cannot say what it took.
const nodesOf = (manifests: readonly Manifest[]) => recordedNodes(manifests, "report");

/** What is made from what, as Markdown that GitHub draws. */
export const graphInMermaid = (manifests: readonly Manifest[]): string =>
  `\`\`\`mermaid\n${mermaid(nodesOf(manifests))}\`\`\``;

/** The same for a page that draws nothing by itself. */
export function graphDrawn(manifests: readonly Manifest[]): Drawing {
  const nodes = nodesOf(manifests);
  return {
    lines: drawn(nodes, COLUMNS),
    description: nodes.map(({ name, needs }) =>
      needs.length > 0 ? `${name} reads from ${listed(needs)}.` : `${name} comes first.`
    ).join(" "),
    caption:
      "The line of a stage leads down to those that read from it: there it has a dot, or ends.",
  };
}

/**
 * Writes the section from the manifests of the stages, in order.
 *
 * @param graph how a page shows what is made from what
 */
export function provenancePart<T>(
  data: DataDescription,
  manifests: readonly Manifest[],
  graph: T,
): (string | T)[] {
  const files = dataFiles(data);
  const facts: [title: string, cells: string[]][] = [
    ["jobs on", manifests.map((manifest) => madeWith(manifest).join("; ") || NONE)],
    [
      "processor",
      manifests.map(({ provenance: { processor, cores, platform } }) =>
        `${processor}, ${counted(cores, "core")}, ${platform}`
      ),
    ],
    ["Deno", manifests.map(({ provenance }) => provenance.deno)],
  ];
  const isAlike = ([, cells]: typeof facts[number]) => new Set(told(cells)).size < 2;
  // What is the same in every row is said once: a page has no room for so many columns.
  const [alike, varying] = [true, false].map((kind) =>
    facts.filter((fact) => isAlike(fact) === kind && told(fact[1]).length > 0)
  );
  return [
    "## Where the numbers come from",
    `Every figure above is read from an artifact in \`results/\`, and every artifact from a run that ` +
    `its stage's \`manifest.json\` describes.` + (files.length > 0 ? " The data:" : ""),
    files.length > 0
      ? table(["File", "SHA-256"], files.map(({ file, sha256 }) => [file, `\`${sha256}\``]))
      : `The images are drawn by a program. They are **synthetic**; nothing here says anything about ` +
        `photographs.`,
    `What is made from what, with the time of its computing and the size of its files:`,
    graph,
    `The runs. Computing is the time of a stage's jobs together, or its own where it has none. Stages and ` +
    `their jobs run side by side, as many jobs at once as the run was given places: by the clock a stage ` +
    `may take longer than its jobs, which waited for a place, or less, where several ran at once or had ` +
    `finished in an earlier run:`,
    table(
      ["Stage", "key", "computing", "by the clock", ...varying.map(([title]) => title), "revision"],
      manifests.map((manifest, i) => {
        const { key, ingredients, provenance } = manifest;
        return [
          ingredients.stage,
          `\`${key.slice(0, 12)}\``,
          duration(computingOf(manifest)),
          duration(provenance.seconds),
          ...varying.map(([, cells]) => cells[i]),
          provenance.revision ? `\`${provenance.revision}\`` : NONE,
        ];
      }),
    ),
    ...(alike.length > 0
      ? [`In all of them: ${alike.map(([title, cells]) => `${title} ${same(cells)}`).join("; ")}.`]
      : []),
    ...mixedPart(manifests),
  ];
}

/** What workers of a queue record of the machine that ran a job. */
const machine = z.object({ machine: z.object({ processor: z.string() }) });

/** Where jobs of one stage ran on processors of several families, whose last bits may differ. */
function mixedPart(manifests: readonly Manifest[]): string[] {
  const mixed = manifests.flatMap(({ ingredients: { stage }, provenance: { jobs } }) => {
    const families = new Set(
      Object.values(jobs).flatMap(({ facts }) =>
        machine.safeParse(facts).data?.machine.processor ?? []
      ),
    );
    return families.size > 1 ? [`${stage} (${[...families].sort().join("; ")})`] : [];
  });
  if (mixed.length === 0) return [];
  return [
    `The jobs of one stage ran on several families of processors, whose last bits may differ: ` +
    `${mixed.join(", ")}.`,
  ];
}
