/** Stage `report`: `report.md` and its figures, from the artifacts of the other stages. @module */
import type { DataDescription } from "../data/source.ts";
import type { Recipe } from "../training/loop.ts";
import { parseManifest } from "../pipeline/manifest.ts";
import type { StageContext } from "../pipeline/stage.ts";
import { baselineSection } from "../report/baseline_section.ts";
import { cvSection } from "../report/cv_section.ts";
import { dataSection } from "../report/data_section.ts";
import { provenanceSection } from "../report/provenance_section.ts";
import type { Published } from "../report/published.ts";
import { sources } from "../report/sources.ts";
import { summarySection } from "../report/summary_section.ts";
import { transferSection } from "../report/transfer_section.ts";
import { tuneSection } from "../report/tune_section.ts";
import type { CrossValidation } from "./cv.ts";
import type { PrepareParameters } from "./prepare.ts";
import type { Transfer } from "./transfer.ts";
import type { Tuning } from "./tune.ts";

/** What the report says that no artifact holds. */
export interface ReportParameters {
  readonly title: string;
  readonly data: DataDescription;
  readonly classes: readonly string[];
  readonly prepare: Pick<PrepareParameters, "size" | "split">;
  readonly baseline: Recipe;
  /** Null where the study has no such stage. */
  readonly tune: Tuning | null;
  readonly cv: CrossValidation | null;
  readonly transfer: Transfer | null;
  readonly thresholds: { readonly [metric: string]: number };
  readonly published: Published | null;
}

/** Publishes `report.md` and writes its figures as SVG. */
export async function run(context: StageContext): Promise<void> {
  const { title, data, classes, prepare, baseline, tune, cv, transfer, thresholds, published } =
    context
      .parameters as unknown as ReportParameters;
  const trained = [
    "baseline",
    ...(tune ? ["tune"] : []),
    ...(cv ? ["cv"] : []),
    ...(transfer ? ["transfer"] : []),
  ];
  const synthetic = data.format === "synthetic";
  const from = sources(context, synthetic ? " (synthetic data)" : "");
  const manifest = async (stage: string) =>
    parseManifest(new TextDecoder().decode(await context.read(`${stage}/manifest.json`)), stage);

  const sections = [
    `# ${title}`,
    synthetic
      ? "> **Synthetic data.** The images of this report are drawn by a program, so that the pipeline " +
        "can be tried without data or network. No figure here is a result on real images."
      : `A reproducible study of ${data.name}, written by \`deno task all\`. No number on this page is ` +
        `typed by hand; see [where they come from](#where-the-numbers-come-from).`,
    ...await summarySection(
      { thresholds, published },
      (await Promise.all(
        trained.map((stage) => from.metrics(`${stage}/metrics.json`)),
      )).flat(),
      from,
    ),
    ...await dataSection({ name: data.name, classes, split: prepare.split, published }, from),
    ...await baselineSection({ classes, recipe: baseline, published }, from),
    ...(tune ? await tuneSection({ ...tune, published }, from) : []),
    ...(cv ? await cvSection({ ...cv, epochs: cv.recipe.epochs, published }, from) : []),
    ...(transfer
      ? await transferSection({ ...transfer, classes, tuned: tune !== null, published }, from)
      : []),
    ...provenanceSection(
      data,
      await Promise.all(["prepare", ...trained].map(manifest)),
    ),
  ];
  await context.publish("report.md", sections.map((part) => part.trimEnd()).join("\n\n") + "\n");
}
