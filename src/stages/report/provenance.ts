/** The report's section on where its numbers come from. @module */
import { type DataDescription, dataFiles } from "../../data/description.ts";
import type { Manifest } from "../../pipeline/manifest.ts";
import { counted, duration, NONE, table } from "../../report/markdown.ts";
import { madeWith } from "../made_with.ts";

/** Writes the section from the manifests of the stages, in order. */
export function provenancePart(
  data: DataDescription,
  manifests: readonly Manifest[],
): string[] {
  const files = dataFiles(data);
  const seconds = ({ provenance: { jobs } }: Manifest) =>
    Object.values(jobs).reduce((sum, { seconds }) => sum + seconds, 0);
  return [
    "## Where the numbers come from",
    `Every figure above is read from an artifact in \`results/\`, and every artifact from a run that ` +
    `its stage's \`manifest.json\` describes.` + (files.length > 0 ? " The data:" : ""),
    files.length > 0
      ? table(["File", "SHA-256"], files.map(({ file, sha256 }) => [file, `\`${sha256}\``]))
      : `The images are drawn by a program. They are **synthetic**; nothing here says anything about ` +
        `photographs.`,
    `The runs. Stages and their jobs run side by side, as many jobs at once as the run was given places: ` +
    `a stage may take longer than its jobs together, which waited for a place, or less, where several ` +
    `ran at once or had finished in an earlier run:`,
    table(
      ["Stage", "key", "took", "its jobs took", "jobs on", "processor", "Deno", "revision"],
      manifests.map((manifest) => {
        const { key, ingredients, provenance } = manifest;
        return [
          ingredients.stage,
          `\`${key.slice(0, 12)}\``,
          duration(provenance.seconds),
          Object.keys(provenance.jobs).length > 0 ? duration(seconds(manifest)) : NONE,
          madeWith(manifest).join("; ") || NONE,
          `${provenance.processor}, ${counted(provenance.cores, "core")}, ${provenance.platform}`,
          provenance.deno,
          provenance.revision ? `\`${provenance.revision}\`` : NONE,
        ];
      }),
    ),
  ];
}
