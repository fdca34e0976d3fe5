/**
 * Accuracy against what it takes: the networks that none beats with as little, and the chart of all.
 *
 * @module
 */
import type { TopLevelSpec } from "vega-lite";
import { colors, meanings, PADDING, textWidth, WIDTH, wrapped } from "../../report/svg.ts";

/** What every network of the chart has. */
interface Network {
  readonly name: string;
  /** On test images, 0 to 1. */
  readonly accuracy: number;
  /** Bounds of its 95% interval. */
  readonly interval?: readonly [low: number, high: number];
  /** How many it has, above 0; undefined where that is not known. */
  readonly parameters?: number;
  /** The floating-point operations of its training, above 0; undefined where they are not known. */
  readonly flop?: number;
}

/** A network of this study, or one that others have published. */
export type Point =
  | Network & { readonly kind: "study" }
  | Network & {
    readonly kind: "published";
    /** Who published it. */
    readonly source: string;
    /** What else to know of its figures. */
    readonly remark?: string;
  };

/** What a network takes. */
export type Cost = "flop" | "parameters";

/**
 * The points that no other beats with as little or less, those that take least first. Of points that are
 * equal in both, the first stands for all; points whose cost is not known do not count.
 */
export function frontierOf<P extends Point>(points: readonly P[], by: Cost): P[] {
  const known = points.flatMap((point) => {
    const cost = point[by];
    return cost === undefined ? [] : [{ point, cost }];
  });
  const sorted = known.toSorted((a, b) => a.cost - b.cost || b.point.accuracy - a.point.accuracy);
  let best = -Infinity;
  return sorted.flatMap(({ point }) => {
    if (point.accuracy <= best) return [];
    best = point.accuracy;
    return [point];
  });
}

/** How each kind of network is drawn. */
const kinds = {
  study: { label: "this study", color: colors.blue, shape: "circle" },
  published: { label: "published", color: meanings.published, shape: "diamond" },
} as const;

/** How each cost is called. */
const costs = {
  flop: { axis: "Computation of the training (FLOP)", said: "FLOP", unknown: "Computation" },
  parameters: { axis: "Parameters", said: "Parameters", unknown: "Number of parameters" },
} as const;

/** Room left of a panel for its numbers, and right of it for half of one, in pixels. */
const [LEFT, RIGHT] = [46, 18];

/** The size of a panel, in pixels. */
const panelWidth = WIDTH - 2 * PADDING - LEFT - RIGHT;
const panelHeight = 220;

/** Text: its size, and from line to line, in pixels. */
const [FONT, LINE] = [13, 15];

/** The most pixels that a line of a name takes. */
const NAME = 120;

/** The half width of a point, in pixels. */
const MARK = 6;

/** A range of values, as long as an axis. */
type Domain = readonly [low: number, high: number];

/** Accuracies with room above and below for names. */
function accuracyDomain(points: readonly Point[]): Domain {
  const all = points.flatMap(({ accuracy, interval = [] }) => [accuracy, ...interval]);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const span = Math.max(high - low, 0.01);
  return [Math.max(0, low - 0.1 * span), Math.min(1, high + 0.16 * span)];
}

/** Exponents of ten from below the least cost to above the largest, one apart at least. */
function costDomain(values: readonly number[]): Domain {
  const [low, high] = [Math.min(...values), Math.max(...values)].map(Math.log10);
  const room = Math.max(0.08 * (high - low), (1 - (high - low)) / 2);
  return [low - room, high + room];
}

/** Where a logarithmic axis is labelled: at powers of ten, and at 2 or 3 and 5 times these where they are few. */
function costTicks([low, high]: Domain): number[] {
  const exponents = Array.from({ length: 400 }, (_, i) => i - 200);
  const ticks = [[1], [1, 3], [1, 2, 5]].map((steps) =>
    exponents.flatMap((exponent) => steps.map((step) => Number(`${step}e${exponent}`)))
      .filter((value) => Math.log10(value) >= low && Math.log10(value) <= high)
  );
  const chosen = ticks.find(({ length }) => length >= 3) ?? ticks[2];
  return chosen.filter((_, i) => i % Math.ceil(chosen.length / 7) === 0);
}

/** A number as an axis shows it: 10¹⁵, 3·10¹⁴; below a billion 30k, 2M. */
function label(value: number): string {
  if (value < 1e3) return String(value);
  if (value < 1e6) return `${value / 1e3}k`;
  if (value < 1e9) return `${value / 1e6}M`;
  const [factor, exponent] = value.toExponential().split("e+");
  const power = `10${[...exponent].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)]).join("")}`;
  return factor === "1" ? power : `${factor}·${power}`;
}

/** A part of a panel, in pixels from its upper left corner. */
interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const touches = (a: Box, b: Box) =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** A point of a panel, in pixels from its upper left corner. */
interface Place {
  readonly x: number;
  readonly y: number;
}

/** The box around two places, and so far beyond. */
const around = (a: Place, b: Place, across: number, down = across): Box => ({
  left: Math.min(a.x, b.x) - across,
  right: Math.max(a.x, b.x) + across,
  top: Math.min(a.y, b.y) - down,
  bottom: Math.max(a.y, b.y) + down,
});

/** A box for a name beside its point, and the edge of it that is next to the point. */
interface Beside {
  readonly box: Box;
  readonly align: "left" | "center" | "right";
}

/** A name where it is written. */
interface Named extends Beside {
  readonly lines: readonly string[];
}

/**
 * Boxes of a size beside a place, so many pixels from it, those that are liked best first: the upper left
 * of a frontier is empty.
 */
function besides({ x, y }: Place, width: number, height: number, away: number): Beside[] {
  const columns = {
    left: { left: x - away - width, align: "right" },
    leftish: { left: x + MARK - width, align: "right" },
    middle: { left: x - width / 2, align: "center" },
    rightish: { left: x - MARK, align: "left" },
    right: { left: x + away, align: "left" },
  } as const;
  const rows = { above: y - away - height, level: y - height / 2, below: y + away - 2 };
  const ways = [
    ["leftish", "above"],
    ["middle", "above"],
    ["left", "level"],
    ["left", "above"],
    ["rightish", "above"],
    ["right", "level"],
    ["right", "below"],
    ["left", "below"],
    ["middle", "below"],
  ] as const;
  return ways.map(([column, row]) => {
    const { left, align } = columns[column];
    const top = rows[row];
    return { box: { left, right: left + width, top, bottom: top + height }, align };
  });
}

/** How far a name may be from its point, in pixels. */
const distances = [MARK + 3, MARK + 9];

/**
 * Finds places for names, those that matter most first: inside the panel, over no other name and nothing
 * that is `taken`, and over as few `intervals` as can be. A name that finds none is left out.
 *
 * @param taken what no name lies over; what is taken around a point is free for the name `of` that point
 */
function placeNames(
  names: readonly (Place & { readonly name: string })[],
  taken: readonly { readonly box: Box; readonly of?: Place }[],
  intervals: readonly Box[],
): Named[] {
  const placed: Named[] = [];
  for (const { name, ...place } of names) {
    // In one line where that has room, in two narrow ones where only these have.
    const free = [NAME, NAME / 2].map((room) => wrapped(name, room, { fontSize: FONT }, 2))
      .flatMap((lines) => {
        const width = Math.max(
          ...lines.map((line) => textWidth({ fontSize: FONT, limit: NAME }, line)),
        );
        return distances.flatMap((away) =>
          besides(place, width, LINE * lines.length, away).map((beside) => ({ ...beside, lines }))
        );
      })
      .filter(({ box }) =>
        box.left >= 0 && box.right <= panelWidth + RIGHT - 2 && box.top >= 0 &&
        box.bottom <= panelHeight && placed.every((other) => !touches(box, other.box)) &&
        taken.every((it) => !touches(box, it.box) || (it.of?.x === place.x && it.of.y === place.y))
      )
      .map((beside) => ({
        ...beside,
        cost: intervals.filter((interval) => touches(beside.box, interval)).length,
      }))
      .toSorted((a, b) => a.cost - b.cost);
    if (free.length > 0) {
      const [{ lines, box, align }] = free;
      placed.push({ lines, box, align });
    }
  }
  return placed;
}

/** One panel: all points whose cost is known. */
function panel(points: readonly Point[], by: Cost, heights: Domain) {
  const known = points.flatMap((point) => {
    const cost = point[by];
    return cost === undefined ? [] : [{ ...point, cost }];
  });
  const frontier = frontierOf(known, by);
  const widths = costDomain(known.map(({ cost }) => cost));
  const [low, high] = widths;
  const [least, most] = heights;
  const place = (cost: number, accuracy: number): Place => ({
    x: (Math.log10(cost) - low) / (high - low) * panelWidth,
    y: (most - accuracy) / (most - least) * panelHeight,
  });
  /** What lies at a place: the inverse of `place`. */
  const at = ({ x, y }: Place) => ({
    cost: 10 ** (low + x / panelWidth * (high - low)),
    accuracy: most - y / panelHeight * (most - least),
  });

  const steps = frontier.map(({ cost, accuracy }) => ({ cost, accuracy }));
  // The best stays the best to the end of the axis.
  steps.push({ ...steps[steps.length - 1], cost: 10 ** high });
  const edges = steps.slice(1).flatMap(({ cost, accuracy }, i) => {
    const [from, corner, to] = [
      place(steps[i].cost, steps[i].accuracy),
      place(cost, steps[i].accuracy),
      place(cost, accuracy),
    ];
    return [around(from, corner, 1), around(corner, to, 1)];
  });
  const taken = [
    ...known.map(({ cost, accuracy }) => {
      const of = place(cost, accuracy);
      // Beside another point, a name would pass for that one's.
      return { box: around(of, of, MARK + 4, MARK + 2), of };
    }),
    ...edges.map((box) => ({ box })),
  ];
  const intervals = known.flatMap(({ cost, interval }) =>
    interval ? [around(place(cost, interval[0]), place(cost, interval[1]), 2, 0)] : []
  );
  const own = known.filter(({ kind }) => kind === "study");
  const names = placeNames(
    // The best of others first.
    [...own, ...frontier.filter((point) => !own.includes(point)).toReversed()]
      .map(({ name, cost, accuracy }) => ({ name, ...place(cost, accuracy) })),
    taken,
    intervals,
  );

  // A number that has no room at the end is left out.
  const ticks = costTicks(widths).filter((cost) =>
    place(cost, most).x + textWidth({ fontSize: FONT }, label(cost)) / 2 <= panelWidth + RIGHT
  );
  const x = {
    field: "cost",
    type: "quantitative" as const,
    title: costs[by].axis,
    scale: { type: "log" as const, domain: widths.map((e) => 10 ** e), nice: false },
    axis: {
      values: ticks,
      labelExpr: `${JSON.stringify(ticks.map(label))}[indexof(${
        JSON.stringify(ticks)
      }, datum.value)]`,
      labelOverlap: true,
      grid: false,
    },
  };
  const y = {
    type: "quantitative" as const,
    title: null,
    scale: { domain: [...heights], nice: false },
    axis: {
      format: most - least < 0.06 ? ".3f" : ".2f",
      tickCount: 5,
      // Both panels begin at the same place.
      minExtent: LEFT,
    },
  };
  const byKind = { field: "kind", type: "nominal" as const, title: null };
  const shown = Object.values(kinds).filter(({ label }) =>
    points.some(({ kind }) => kinds[kind].label === label)
  );
  const domain = shown.map(({ label }) => label);
  return {
    title: {
      text: "Test accuracy",
      color: colors.muted,
      fontSize: FONT,
      fontWeight: "normal" as const,
      offset: 8,
    },
    width: panelWidth,
    height: panelHeight,
    layer: [
      {
        data: { values: steps },
        mark: {
          type: "line" as const,
          interpolate: "step-after" as const,
          color: colors.line,
          strokeWidth: 1.5,
          point: false,
        },
        encoding: { x, y: { ...y, field: "accuracy" } },
      },
      {
        data: {
          values: known.flatMap(({ cost, kind, interval }) =>
            interval ? [{ cost, low: interval[0], high: interval[1], kind: kinds[kind].label }] : []
          ),
        },
        mark: { type: "rule" as const, strokeWidth: 1.5, tooltip: null },
        encoding: {
          x,
          y: { ...y, field: "low" },
          y2: { field: "high" },
          color: { ...byKind, scale: { domain, range: shown.map(({ color }) => color) } },
        },
      },
      {
        data: {
          values: known.map((point) => ({
            cost: point.cost,
            accuracy: point.accuracy,
            kind: kinds[point.kind].label,
            size: frontier.includes(point) ? 90 : 45,
            said: saidOf(point),
          })),
        },
        mark: { type: "point" as const, filled: true, opacity: 1 },
        encoding: {
          x,
          y: { ...y, field: "accuracy" },
          size: { field: "size", type: "quantitative" as const, scale: null, legend: null },
          color: {
            ...byKind,
            scale: { domain, range: shown.map(({ color }) => color) },
            legend: shown.length === 1
              ? null
              : { orient: "top" as const, direction: "horizontal" as const },
          },
          shape: { ...byKind, scale: { domain, range: shown.map(({ shape }) => shape) } },
          tooltip: [
            { field: "said", type: "nominal" as const, title: "Network" },
            { field: "accuracy", type: "quantitative" as const, title: "Test accuracy" },
            {
              field: "cost",
              type: "quantitative" as const,
              title: costs[by].said,
              format: by === "flop" ? ".2e" : ",d",
            },
          ],
        },
      },
      ...(["left", "center", "right"] as const).map((align) => ({
        data: {
          values: names.filter((name) => name.align === align).flatMap(({ lines, box }) =>
            lines.map((text, i) => ({
              text,
              ...at({
                x: { left: box.left, center: (box.left + box.right) / 2, right: box.right }[align],
                y: box.top + (i + 0.5) * LINE,
              }),
            }))
          ),
        },
        mark: {
          type: "text" as const,
          align,
          baseline: "middle" as const,
          fontSize: FONT,
          limit: NAME,
        },
        encoding: {
          x,
          y: { ...y, field: "accuracy" },
          text: { field: "text", type: "nominal" as const },
        },
      })),
    ],
  };
}

/** What is said of a point beside its figures. */
const saidOf = (point: Point): string =>
  [
    point.name,
    ...(point.kind === "published" ? [point.source, point.remark] : []),
  ].filter((words) => words !== undefined).join(" · ");

/**
 * Test accuracy against the computation of a training and, below, against parameters, both on logarithmic
 * axes, with the frontier as a line, and the names of this study's networks and of those on the frontier as
 * far as they have room.
 *
 * @param points Those whose computation or parameters are not known are drawn in the other panel only.
 * @throws {RangeError} where neither is known of any, or a figure is out of range; it names the network
 */
export function frontierChart(title: string, points: readonly Point[]): TopLevelSpec {
  for (const { name, accuracy, interval: [low, high] = [accuracy, accuracy], ...taken } of points) {
    if (!(0 <= low && low <= accuracy && accuracy <= high && high <= 1)) {
      throw new RangeError(
        `Chart "${title}": the accuracy of ${name}, ${accuracy} in ${low} to ${high}, is not one.`,
      );
    }
    for (const by of ["flop", "parameters"] as const) {
      const cost = taken[by];
      if (cost === undefined || (cost > 0 && Number.isFinite(cost))) continue;
      throw new RangeError(`Chart "${title}": ${by} of ${name} must be above 0; got ${cost}.`);
    }
  }
  const shown = (["flop", "parameters"] as const).filter((by) =>
    points.some((point) => point[by] !== undefined)
  );
  if (shown.length === 0) throw new RangeError(`Chart "${title}": there is no network to draw.`);
  const unknown = shown.flatMap((by) => {
    const names = points.filter((point) => point[by] === undefined).map(({ name }) => name);
    return names.length === 0 ? [] : [`${costs[by].unknown} not known: ${names.join(", ")}`];
  });
  const heights = accuracyDomain(points);
  return {
    title: {
      text: title,
      subtitle: [
        "Line: the best with as little or less; vertical lines: 95% intervals",
        ...unknown,
      ],
    },
    description: shown.map((by) =>
      `${costs[by].axis}, best with as little or less: ` +
      frontierOf(points, by).map(({ name, accuracy, [by]: cost }) =>
        `${name} ${accuracy.toFixed(4)} with ${label(Number(cost!.toPrecision(2)))}`
      ).join(", ")
    ).join("; ") + ".",
    spacing: 18,
    vconcat: shown.map((by) => panel(points, by, heights)),
  };
}
