/** Every metric of a study's results, beside its threshold and the published figure. @module */
import { type Score, scoreList } from "../evaluation/metrics.ts";
import { isArtifact } from "../pipeline/artifacts.ts";
import { readerOf } from "../pipeline/context.ts";
import { readManifest } from "../pipeline/manifest.ts";
import { sourceOf } from "../pipeline/store.ts";
import type { Workspace } from "../pipeline/workspace.ts";
import type { CheckedStudy } from "./plan.ts";

/** A metric as `deno task metrics --json` prints it. */
export interface ReportedMetric extends Score {
  /** The stage whose result it is, which need not be the one that trained the network: `errors` has some of all. */
  readonly stage: string;
  /** The least value that passes, or the most of a log loss; null where none is set. */
  readonly threshold: number | null;
  /** The figure of the original study; null where it gives none. */
  readonly published: number | null;
}

/**
 * The metrics of all stages that have a result, in the order of the stages: of each the accuracies,
 * then the scores beside them.
 *
 * @throws {Error} that names the stage and the file, where a manifest or an artifact cannot be used
 */
export async function allMetrics(
  { study: { thresholds, published }, rooms }: CheckedStudy,
  workspace: Workspace,
): Promise<ReportedMetric[]> {
  const metrics: ReportedMetric[] = [];
  for (const { name: stage, writes } of rooms) {
    const artifacts = [writes.metrics, writes.scores].flatMap((entry) =>
      entry && isArtifact(entry) ? [entry] : []
    );
    if (artifacts.length === 0) continue;
    const read = await readManifest(workspace, stage);
    if ("problem" in read) {
      if (read.problem === "is missing") continue;
      throw new Error(`The manifest of stage ${stage} ${read.problem}.`);
    }
    for (const artifact of artifacts) {
      const stored = read.manifest.outputs[artifact.name];
      if (!stored) {
        throw new Error(
          `The manifest of stage ${stage} does not list ${artifact.name}: its results are of other ` +
            `code. \`deno task ${stage}\` makes them anew.`,
        );
      }
      const reader = readerOf(
        artifact,
        `${stage}/${artifact.name}`,
        () => sourceOf(workspace, stage, stored),
      );
      for (const metric of scoreList.parse(await reader.read())) {
        metrics.push({
          ...metric,
          stage,
          threshold: thresholds[metric.name] ?? null,
          published: published?.figures?.[metric.name]?.value ?? null,
        });
      }
    }
  }
  return metrics;
}
