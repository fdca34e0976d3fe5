/** The chart in which a reader lays the curves of two trainings over each other. @module */
import type { TopLevelSpec } from "vega-lite";
import { colors, PADDING, WIDTH } from "../report/svg.ts";

/** Room for the numbers beside an axis, in pixels. */
const LABELS = 56;

/**
 * Loss above accuracy by epoch, of two trainings on training and on validation images, without data:
 * the page puts rows into `curves`, each with a `training`, which is `First` or `Second`, its `name`, its
 * `images`, `epoch`, `loss` and `accuracy`.
 */
export function twoCurves(): TopLevelSpec {
  const panel = (field: "loss" | "accuracy", heading: string, below: string | null) => ({
    title: {
      text: heading,
      color: colors.muted,
      fontSize: 13,
      fontWeight: "normal" as const,
      offset: 8,
    },
    width: WIDTH - 2 * PADDING - LABELS - 2,
    height: 150,
    mark: { type: "line" as const, point: { size: 30 } },
    encoding: {
      x: {
        field: "epoch",
        type: "quantitative" as const,
        title: below,
        scale: { nice: false, zero: false, padding: 14 },
        axis: { tickMinStep: 1, format: "d", grid: false },
      },
      y: {
        field,
        type: "quantitative" as const,
        title: null,
        scale: { zero: false },
        axis: { tickCount: 5, minExtent: LABELS, labelLimit: LABELS - 10 },
      },
      color: {
        field: "training",
        type: "nominal" as const,
        title: null,
        scale: { domain: ["First", "Second"], range: [colors.blue, colors.vermilion] },
        legend: { orient: "top" as const, direction: "horizontal" as const, symbolType: "circle" },
      },
      strokeDash: {
        field: "images",
        type: "nominal" as const,
        title: null,
        scale: { domain: ["validation", "training"], range: [[1, 0], [3, 3]] },
        legend: {
          orient: "top" as const,
          direction: "horizontal" as const,
          symbolType: "stroke",
          symbolSize: 300,
        },
      },
      tooltip: [
        { field: "name", type: "nominal" as const },
        { field: "images", type: "nominal" as const },
        { field: "epoch", type: "quantitative" as const },
        { field, type: "quantitative" as const },
      ],
    },
  });
  return {
    title: "Two trainings",
    data: { name: "curves", values: [] },
    spacing: 14,
    // Its numbers take more room or less with other data.
    autosize: { type: "pad", resize: true },
    vconcat: [panel("loss", "Cross-entropy", null), panel("accuracy", "Accuracy", "Epoch")],
  };
}
