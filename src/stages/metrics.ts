/** Every metric of a study's results, beside its threshold and the published figure. @module */
import { type Metric, metricList } from "../evaluation/metrics.ts";
import { readManifest } from "../pipeline/manifest.ts";
import { load, type Workspace } from "../pipeline/store.ts";
import { stages, type Study } from "./stages.ts";

/** A metric as `deno task metrics --json` prints it. */
export interface ReportedMetric extends Metric {
  /** Least value that passes; null where none is set. */
  readonly threshold: number | null;
  /** The figure of the study reproduced; null where it gives none. */
  readonly published: number | null;
}

/**
 * The metrics of all stages that have a result, in the order of the stages.
 * Throws an Error where a manifest or an artifact has been altered.
 */
export async function allMetrics(study: Study, workspace: Workspace): Promise<ReportedMetric[]> {
  const metrics: ReportedMetric[] = [];
  for (const { name } of stages(study)) {
    const read = await readManifest(workspace, name);
    if ("problem" in read) {
      if (read.problem === "missing") continue;
      throw new Error(`The manifest of stage ${name} is ${read.problem}.`);
    }
    const artifact = read.manifest.outputs["metrics.json"];
    if (!artifact) continue;
    const text = new TextDecoder().decode(await load(workspace, name, artifact));
    for (const metric of metricList.parse(JSON.parse(text))) {
      metrics.push({
        ...metric,
        threshold: study.thresholds[metric.name] ?? null,
        published: study.published?.figures[metric.name]?.value ?? null,
      });
    }
  }
  return metrics;
}
