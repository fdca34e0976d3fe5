/** The report's section on where its numbers come from. @module */
import type { DataDescription } from "../data/source.ts";
import type { Manifest } from "../pipeline/manifest.ts";
import { count, duration, NONE, table } from "./markdown.ts";

/** Writes the section from the manifests of the stages, in order. */
export function provenanceSection(
  data: DataDescription,
  manifests: readonly Manifest[],
): string[] {
  const files = data.format === "synthetic"
    ? []
    : Object.values(data).filter((value) => typeof value === "object" && "sha256" in value);
  return [
    "## Where the numbers come from",
    `Every figure above is read from an artifact in \`results/\`, and every artifact from a run that ` +
    `its stage's \`manifest.json\` describes.` + (files.length > 0 ? " The data:" : ""),
    files.length > 0
      ? table(["File", "SHA-256"], files.map(({ file, sha256 }) => [file, `\`${sha256}\``]))
      : `The images are drawn by a program. They are **synthetic**; nothing here says anything about ` +
        `photographs.`,
    `The runs. A stage takes less than its jobs together, which run side by side, and far less where ` +
    `jobs had finished already in an interrupted run:`,
    table(
      ["Stage", "key", "took", "its jobs took", "jobs on", "processor", "Deno", "revision"],
      manifests.map(({ key, ingredients, provenance }) => [
        ingredients.stage,
        `\`${key.slice(0, 12)}\``,
        duration(provenance.seconds),
        provenance.jobs.length > 0
          ? duration(provenance.jobs.reduce((sum, { seconds }) => sum + seconds, 0))
          : NONE,
        [
          ...new Set(
            provenance.jobs.map(({ facts }) =>
              `${facts.engine} engine, ${facts.backend} ${facts.version}, ` +
              `${count(Number(facts.threads))} thread${facts.threads === 1 ? "" : "s"}`
            ),
          ),
        ].join("; ") || NONE,
        `${provenance.processor}, ${provenance.cores} cores, ${provenance.platform}`,
        provenance.deno,
        provenance.revision ? `\`${provenance.revision}\`` : NONE,
      ]),
    ),
  ];
}
