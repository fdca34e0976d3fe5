/** The metrics of stages: how those that report some write them. @module */
import { metricList } from "../evaluation/metrics.ts";
import { json } from "../pipeline/artifacts.ts";

/** The metrics of a stage. */
export const metrics = json(metricList);
