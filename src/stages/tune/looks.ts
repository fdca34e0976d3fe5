/** How charts of a search tell apart what became of what was tried. @module */
import { counted } from "../../report/markdown.ts";
import { colors, meanings } from "../../report/svg.ts";

/** How something looks, as a line and as a point. */
export interface Look {
  /** Of lines and rims. */
  readonly color: string;
  /** Of what a point is filled with. */
  readonly fill: string;
  readonly shape: "circle" | "diamond";
  readonly size: number;
  /** Of lines. */
  readonly width: number;
  /** Dashes and gaps of lines. */
  readonly dash: readonly [number, number];
}

const whole = [1, 0] as const;

/** The look of each. */
export const look = {
  best: {
    color: meanings.chosen,
    fill: meanings.chosen,
    shape: "diamond",
    size: 150,
    width: 3,
    dash: whole,
  },
  next: {
    color: meanings.validation,
    fill: meanings.validation,
    shape: "circle",
    size: 50,
    width: 2,
    dash: whole,
  },
  others: {
    color: colors.muted,
    fill: colors.muted,
    shape: "circle",
    size: 50,
    width: 1.25,
    dash: whole,
  },
  /** Trained for fewer epochs than others. */
  fewer: {
    color: colors.muted,
    fill: colors.paper,
    shape: "circle",
    size: 50,
    width: 1,
    dash: [2, 3],
  },
  failed: {
    color: colors.muted,
    fill: colors.paper,
    shape: "circle",
    size: 50,
    width: 1,
    dash: [8, 4],
  },
} as const satisfies Record<string, Look>;

/**
 * Channels that give points the looks of what a field calls them, with one legend above the chart.
 *
 * @param smaller What becomes of the area of all points but the best, as `crowding` gives it.
 */
export function pointsBy(
  field: string,
  kinds: readonly (Look & { readonly label: string })[],
  smaller: number,
) {
  const by = (range: readonly (string | number)[]) => ({
    field,
    type: "nominal" as const,
    title: null,
    scale: { domain: kinds.map(({ label }) => label), range: [...range] },
    legend: kinds.length === 1
      ? null
      : { orient: "top" as const, direction: "horizontal" as const, columnPadding: 12 },
  });
  return {
    fill: by(kinds.map(({ fill }) => fill)),
    stroke: by(kinds.map(({ color }) => color)),
    shape: by(kinds.map(({ shape }) => shape)),
    size: numbersBy(
      field,
      Object.fromEntries(
        kinds.map((
          kind,
        ) => [kind.label, kind.shape === "diamond" ? kind.size : kind.size * smaller]),
      ),
    ),
  };
}

/** What becomes of the size or strength of things of which there are so many: a quarter of it at the least. */
export const crowding = (many: number): number => Math.max(0.25, Math.min(1, 40 / many));

/** A channel of numbers by what a field calls them; Vega-Lite has no scale from names to sizes. */
export function numbersBy(field: string, numbers: { readonly [label: string]: number }) {
  return {
    condition: Object.entries(numbers).map(([label, value]) => ({
      test: `datum[${JSON.stringify(field)}] === ${JSON.stringify(label)}`,
      value,
    })),
    value: 0,
  };
}

/** How many trials have no score, in words; nothing where all have one. */
export function failures(trials: readonly { readonly score: number }[]): string[] {
  const failed = trials.filter(({ score }) => !Number.isFinite(score)).length;
  return failed === 0 ? [] : [
    `${failed} of ${counted(trials.length, "trial")} failed and ${
      failed === 1 ? "has" : "have"
    } no score`,
  ];
}
