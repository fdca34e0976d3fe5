/** The metrics of stages: how those that report some write them. @module */
import { metricList, scoreList } from "../evaluation/metrics.ts";
import { json } from "../pipeline/artifacts.ts";

/** The metrics of a stage. */
export const metrics = json(metricList);

/** What a stage tells beside its accuracies, which may be undefined. */
export const scores = json(scoreList);
