/**
 * Charts of a search for hyperparameters by their values: what was tried, what it scored, what mattered.
 *
 * Each function takes plain data and gives a Vega-Lite specification for `renderSvg`. A configuration
 * is drawn once, however many trials trained it on. Trials that failed (their score is NaN) are counted
 * below the title and have no point.
 *
 * @module
 */
import type { TopLevelSpec } from "vega-lite";
import {
  fromUnit,
  type Hyperparameter,
  names,
  type Space,
  spaceSize,
  toUnit,
  type Value,
  type Values,
  valuesKey,
} from "../../tuning/space.ts";
import { shareScale } from "../../report/charts/axes.ts";
import { counted } from "../../report/markdown.ts";
import { colors, meanings, onFill, WIDTH } from "../../report/svg.ts";
import { configurations, type ScoredTrial } from "./configurations.ts";
import { crowding, failures, look, numbersBy, pointsBy } from "./looks.ts";

/** What a search tried, as the charts tell of it. */
interface Tried<T> {
  /** Each configuration once, the worst first, so that the best are drawn last and on top. */
  readonly scored: readonly T[];
  readonly best: T;
  /** The most epochs that one of them was trained for. */
  readonly most: number;
  /** Whether others were trained for fewer. */
  readonly several: boolean;
  /** How many trials failed, in words. */
  readonly failed: readonly string[];
}

function triedIn<T extends ScoredTrial>(title: string, trials: readonly T[]): Tried<T> {
  const [best, ...others] = configurations(trials);
  if (!best) throw new RangeError(`Chart "${title}": no trial has a score.`);
  const scored = [best, ...others].reverse();
  const most = Math.max(...scored.map(({ epochs }) => epochs));
  return {
    scored,
    best,
    most,
    several: scored.some(({ epochs }) => epochs < most),
    failed: failures(trials),
  };
}

/**
 * A value as an axis shows it: two significant digits where it lies on no step, and in quotes a word
 * that is empty or looks like another of the choice's values.
 */
function label(parameter: Hyperparameter, value: Value): string {
  if (typeof value === "number" && !Number.isInteger(value)) {
    return String(Number(value.toPrecision(2)));
  }
  const alike = parameter.type === "choice" &&
    parameter.values.some((other) => other !== value && String(other) === String(value));
  return value === "" || alike ? JSON.stringify(value) : String(value);
}

/** A place from 0 to 1 on the axis of a hyperparameter, and what is written there. */
interface Tick {
  readonly place: number;
  readonly label: string;
}

/** Where the axis of a hyperparameter is labelled: a range at its ends and in its middle, a choice at each value. */
export function ticksOf(parameter: Hyperparameter): Tick[] {
  const alone = { it: parameter };
  const places = parameter.type === "choice"
    ? parameter.values.map((_, i) => (i + 0.5) / parameter.values.length)
    : [0, 0.5, 1];
  const ticks = places.map((at) => {
    const { it } = fromUnit(alone, [at]);
    return { place: toUnit(alone, { it })[0], label: label(parameter, it) };
  });
  return [...new Map(ticks.map((tick) => [tick.place, tick])).values()];
}

/** Pixels that a letter takes, and that labels need from one to the next, one above the other and tilted. */
const [LETTER, LINE, TILTED] = [8, 15, 17];

/**
 * The axis of a hyperparameter, evenly as the oracle sees it: words and numbers alike, logarithmic where
 * the search is. Labels that do not fit side by side are tilted and cut, and not all of them are written
 * where they do not fit tilted either.
 */
function placesAxis(name: string, parameter: Hyperparameter, length: number, upright = false) {
  const ticks = ticksOf(parameter);
  const longest = Math.max(...ticks.map(({ label }) => label.length));
  const room = length / ticks.length;
  const tilted = !upright && longest * LETTER > room && parameter.type === "choice";
  const every = Math.ceil((tilted ? TILTED : LINE) / room);
  const shown = tilted || upright ? ticks.filter((_, i) => i % every === 0) : ticks;
  const places = JSON.stringify(shown.map(({ place }) => place));
  const labels = JSON.stringify(shown.map(({ label }) => label));
  return {
    type: "quantitative" as const,
    title: parameter.type === "float" && parameter.sampling === "log" ? `${name} (log)` : name,
    scale: { domain: [0, 1], nice: false, padding: 7 },
    axis: {
      values: shown.map(({ place }) => place),
      labelExpr: `${labels}[indexof(${places}, datum.value)]`,
      labelAngle: tilted ? -55 : 0,
      labelLimit: upright ? 90 : tilted ? 65 : 180,
      labelFlush: tilted ? false : 8,
      labelOverlap: false,
      titleLimit: length,
    },
  };
}

/** How many lines are drawn in the colour of those that come next to the best. */
const NEXT = 9;

/** Room beside the axes of parallel coordinates for names and numbers, in pixels. */
const [NAMES, NUMBERS] = [148, 64];

/**
 * Parallel coordinates, downwards: a row for each hyperparameter and one for the score, a line a
 * configuration. Only those that were trained for the most epochs come to the score; the others and
 * those that failed end before it.
 *
 * @param space The rows; values lie where the oracle sees them, evenly on a logarithmic axis too.
 * @throws {RangeError} where no trial has a score
 * @throws {Error} where a trial's value is missing or outside the space, by name
 */
export function parallelCoordinates(
  title: string,
  space: Space,
  trials: readonly ScoredTrial[],
): TopLevelSpec {
  const { scored, best, most, several, failed } = triedIn(title, trials);
  const parameters = names(space);
  const score = several ? `score, ${counted(most, "epoch")}` : "score";
  // A hyperparameter may have the name of the last row.
  const last = "";
  const rows = [...parameters, last];
  const compared = scored.filter(({ epochs }) => epochs === most);
  const scores = compared.map(({ score }) => score);
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  const others = compared.filter((trial) => trial !== best);
  const next = Math.min(NEXT, Math.ceil(others.length / 2));
  const nextBest = new Set(next === 0 ? [] : others.slice(-next));
  const known = new Set(scored.map(({ values }) => valuesKey(values)));
  const failing = new Map(
    trials.filter(({ values }) => !known.has(valuesKey(values)))
      .map((trial) => [valuesKey(trial.values), trial]),
  );

  const kinds = {
    failed: { label: "failed", ...look.failed },
    fewer: { label: "fewer epochs", ...look.fewer },
    others: { label: "others", ...look.others },
    next: { label: next === 1 ? "the next" : `the next ${next}`, ...look.next },
    best: { label: "the best", ...look.best },
  };
  type Kind = keyof typeof kinds;
  const kindOf = (trial: ScoredTrial): Kind =>
    !Number.isFinite(trial.score)
      ? "failed"
      : trial === best
      ? "best"
      : trial.epochs < most
      ? "fewer"
      : nextBest.has(trial)
      ? "next"
      : "others";
  const lines = [...failing.values(), ...scored]
    .map((trial) => ({ trial, kind: kindOf(trial) }))
    .sort((a, b) => Object.keys(kinds).indexOf(a.kind) - Object.keys(kinds).indexOf(b.kind));
  const shown = Object.entries(kinds).filter(([kind]) => lines.some((line) => line.kind === kind))
    .map(([, kind]) => kind).reverse();

  /** A line's points, from the first row down. */
  const line = ({ trial, kind }: typeof lines[number], id: number) => {
    const places = toUnit(space, trial.values);
    const end = trial.epochs === most && kind !== "failed"
      ? [high === low ? 0.5 : (trial.score - low) / (high - low)]
      : [];
    return [...places, ...end].map((place, i) => ({
      id,
      row: rows[i],
      place,
      kind: kinds[kind].label,
    }));
  };
  const points = lines.flatMap(line);
  const ticks = parameters.flatMap((row) =>
    ticksOf(space[row]).map(({ place, label }) => ({ row, place, label }))
  );
  const ends = rows.flatMap((row) => {
    const of = ticks.filter((tick) => tick.row === row).map(({ label }) => label);
    const [first, end] = row === last
      ? [low.toFixed(4), high.toFixed(4)]
      : [of[0], of[of.length - 1]];
    // One value stands on neither side.
    return first === end ? [{ row, side: "right", label: end }] : [
      { row, side: "left", label: first },
      { row, side: "right", label: end },
    ];
  });

  const y = {
    field: "row",
    type: "nominal" as const,
    title: null,
    scale: { domain: rows, type: "point" as const, padding: 0.5 },
  };
  const x = {
    field: "place",
    type: "quantitative" as const,
    title: null,
    scale: { domain: [0, 1], nice: false },
    axis: null,
  };
  const width = WIDTH - 16 - NAMES - NUMBERS;
  const byKind = { field: "kind", type: "nominal" as const, title: null };
  const scale = { domain: shown.map(({ label }) => label) };
  const number = (side: string) => ({
    data: { values: ends.filter((end) => end.side === side) },
    mark: {
      type: "text" as const,
      align: side === "left" ? "right" as const : "left" as const,
      dx: side === "left" ? -8 : 8,
      dy: side === "left" ? 9 : 0,
      limit: side === "left" ? NAMES - 10 : NUMBERS - 10,
      ...(side === "left" ? { color: colors.muted } : {}),
    },
    encoding: {
      x: { value: side === "left" ? 0 : width },
      y,
      text: { field: "label", type: "nominal" as const },
    },
  });
  return {
    title: {
      text: title,
      subtitle: [
        several
          ? `Scores are those after ${counted(most, "epoch")}: only these compare`
          : `${counted(scored.length, "configuration")}, from the lowest score to the highest`,
        ...failed,
      ],
    },
    description: `${
      counted(lines.length, "configuration as a line", "configurations as lines")
    } over ${parameters.join(", ")} and the score${
      several ? ` after ${counted(most, "epoch")}` : ""
    }, which goes from ${low.toFixed(4)} to ${high.toFixed(4)}.`,
    width,
    height: rows.length * 46,
    layer: [
      {
        data: { values: rows.map((row) => ({ row, low: 0, high: 1 })) },
        mark: { type: "rule", color: colors.muted },
        encoding: {
          x: { ...x, field: "low" },
          x2: { field: "high" },
          y: {
            ...y,
            axis: {
              domain: false,
              ticks: false,
              labelOffset: -8,
              labelPadding: 8,
              minExtent: NAMES,
              maxExtent: NAMES,
              labelLimit: NAMES - 10,
              labelExpr: `datum.value === "" ? ${JSON.stringify(score)} : datum.label`,
            },
          },
        },
      },
      {
        data: {
          values: [...ticks, { row: last, place: 0 }, { row: last, place: 1 }],
        },
        mark: { type: "tick", orient: "vertical", color: colors.muted, size: 9, thickness: 1 },
        encoding: { x, y },
      },
      ...shown.toReversed().map(({ label, width }) => ({
        data: { values: points.filter(({ kind }) => kind === label) },
        mark: {
          type: "line" as const,
          strokeWidth: width,
          opacity: width < 2 ? crowding(lines.length) : 1,
        },
        encoding: {
          x,
          y,
          detail: { field: "id", type: "nominal" as const },
          order: { value: 0 },
          color: {
            ...byKind,
            scale: { ...scale, range: shown.map(({ color }) => color) },
            legend: {
              orient: "top" as const,
              direction: "horizontal" as const,
              columns: 2,
              symbolType: "stroke",
              symbolSize: 300,
              symbolOpacity: 1,
            },
          },
          strokeDash: { ...byKind, scale: { ...scale, range: shown.map(({ dash }) => [...dash]) } },
        },
      })),
      number("left"),
      number("right"),
    ],
  };
}

/**
 * The score against each hyperparameter, one small chart each, on a common score axis: filled points
 * for configurations that were trained for the most epochs, hollow ones for the others.
 *
 * @throws {RangeError} where no trial has a score
 * @throws {Error} where a trial's value is missing or outside the space, by name
 */
export function scoreByHyperparameter(
  title: string,
  space: Space,
  trials: readonly ScoredTrial[],
): TopLevelSpec {
  const { scored, best, most, several, failed } = triedIn(title, trials);
  const parameters = names(space);
  const columns = Math.min(2, parameters.length);
  // Tilted words reach to the left of their panel.
  const tilted = parameters.some((name) => placesAxis(name, space[name], 157).axis.labelAngle < 0);
  const width = columns === 1 ? 330 : tilted ? 140 : 157;
  const scale = shareScale(scored.map(({ score }) => score));
  const kinds = {
    best: { label: "the best", ...look.best },
    most: { label: several ? `after ${counted(most, "epoch")}` : "others", ...look.next },
    fewer: { label: "after fewer", ...look.fewer },
  };
  const points = scored.map((trial) => ({
    trial,
    kind: kinds[trial === best ? "best" : trial.epochs === most ? "most" : "fewer"].label,
  }));
  const shown = Object.values(kinds).filter(({ label }) =>
    points.some(({ kind }) => kind === label)
  );
  return {
    title: failed.length === 0 ? title : { text: title, subtitle: [...failed] },
    description:
      `The scores of ${counted(scored.length, "configuration")} against ${
        parameters.join(", ")
      }, ` +
      `a scatter plot each.`,
    columns,
    spacing: { row: 16, column: 18 },
    align: "each",
    resolve: { scale: { y: "shared" } },
    concat: parameters.map((name, i) => ({
      width,
      height: 130,
      data: {
        values: points.map(({ trial: { values, score }, kind }) => ({
          place: toUnit({ [name]: space[name] }, values)[0],
          value: label(space[name], values[name]),
          score,
          kind,
        })),
      },
      mark: { type: "point", strokeWidth: 1.5, opacity: 1 },
      encoding: {
        x: { field: "place", ...placesAxis(name, space[name], width) },
        y: {
          field: "score",
          type: "quantitative",
          title: i % columns === 0 ? "Validation accuracy" : null,
          scale,
          axis: { tickCount: 5, labels: i % columns === 0 },
        },
        ...pointsBy("kind", shown, crowding(points.length)),
        // Not the place on the axis, but what is there.
        tooltip: [
          { field: "kind", type: "nominal" },
          { field: "value", type: "nominal", title: name },
          { field: "score", type: "quantitative", title: "Validation accuracy" },
        ],
      },
    })),
  };
}

/** Most cells a side of the map of two hyperparameters. */
const CELLS = 16;

/** How many configurations bear their rank on that map. */
const RANKS = 10;

/** How near two of them may lie, as a share of the map, before the worse one goes without. */
const NEAR = 0.06;

/** From a low score to a high one: pale enough for what is written on it, on white and on a dark page. */
const expectedColors = ["#e9eef4", "#4f93c4"];

/** A cell of a map of two hyperparameters: which it is, and the values in its middle. */
export interface Cell {
  readonly column: number;
  readonly row: number;
  readonly values: Values;
}

/** The cells of a map of two hyperparameters: one a value, or some of a range of many. */
export function cellsOf(space: Space, pair: readonly [string, string]): Cell[] {
  const [across, up] = pair.map((name) => {
    const alone = { [name]: space[name] };
    const count = Math.min(CELLS, spaceSize(alone));
    return Array.from({ length: count }, (_, i) => fromUnit(alone, [(i + 0.5) / count]));
  });
  return across.flatMap((a, column) =>
    up.map((b, row) => ({ column, row, values: { ...a, ...b } }))
  );
}

/**
 * A map of two hyperparameters: shaded by the score that is expected there, and on it what was tried,
 * with the ranks of the best of those that were trained for the most epochs.
 *
 * @param expected The scores of all of `cellsOf(space, pair)`.
 * @throws {RangeError} where no trial has a score
 * @throws {Error} where a trial's value is missing or outside the space, by name
 */
export function scoreByTwo(
  title: string,
  space: Space,
  pair: readonly [string, string],
  trials: readonly ScoredTrial[],
  expected: readonly number[],
): TopLevelSpec {
  const { scored, best, most, several } = triedIn(title, trials);
  const two = Object.fromEntries(pair.map((name) => [name, space[name]]));
  const placeOf = (values: Values, at: 0 | 1) => {
    const name = pair[at];
    return toUnit({ [name]: two[name] }, values)[0];
  };
  /** What the two are, for tooltips. */
  const told = (values: Values) => ({
    across: label(two[pair[0]], values[pair[0]]),
    up: label(two[pair[1]], values[pair[1]]),
  });
  const spoken = pair.map((title, i) => ({
    field: ["across", "up"][i],
    type: "nominal" as const,
    title,
  }));
  const cells = cellsOf(space, pair);
  const columns = 1 + Math.max(...cells.map(({ column }) => column));
  const rows = 1 + Math.max(...cells.map(({ row }) => row));
  const [low, high] = [Math.min(...expected), Math.max(...expected)];
  const flat = high - low < 1e-4;

  const compared = scored.filter(({ epochs }) => epochs === most).reverse();
  const points = scored.toReversed().map((trial) => ({
    x: placeOf(trial.values, 0),
    y: placeOf(trial.values, 1),
    ...told(trial.values),
    score: trial.score,
    epochs: trial.epochs,
    rank: compared.indexOf(trial) + 1,
    kind: trial === best ? "best" : trial.epochs === most ? "most" : "fewer",
  }));
  const ranked: typeof points = [];
  for (const point of points) {
    const free = ranked.every(({ x, y }) => Math.hypot(x - point.x, y - point.y) > NEAR);
    if (point.rank > 0 && point.rank <= RANKS && free) ranked.push(point);
  }
  const marked = points.map((point) => ({
    ...point,
    kind: ranked.includes(point) && point.kind === "most" ? "ranked" : point.kind,
  })).reverse();
  const looks = {
    best: { fill: meanings.chosen, stroke: onFill.pale, shape: "diamond", size: 480 },
    ranked: { fill: onFill.dark, stroke: onFill.pale, shape: "circle", size: 330 },
    most: { fill: onFill.dark, stroke: onFill.pale, shape: "circle", size: 50 },
    fewer: { fill: "transparent", stroke: onFill.pale, shape: "circle", size: 50 },
  };
  const by = <K extends "fill" | "stroke" | "shape">(what: K) => ({
    field: "kind",
    type: "nominal" as const,
    scale: {
      domain: Object.keys(looks),
      range: Object.values(looks).map((look) => look[what]),
    },
    legend: null,
  });
  const shade = {
    field: "expected",
    type: "quantitative" as const,
    title: "Expected accuracy",
    scale: {
      domain: flat ? [low - 0.005, low + 0.005] : [low, high],
      range: expectedColors,
    },
    legend: {
      orient: "bottom" as const,
      direction: "horizontal" as const,
      values: flat ? [low] : [0, 1, 2, 3].map((part) => low + part / 3 * (high - low)),
      format: ".3f",
      offset: 8,
    },
  };
  const height = 270;
  const x = { field: "x", ...placesAxis(pair[0], two[pair[0]], 320) };
  const upwards = placesAxis(pair[1], two[pair[1]], height, true);
  // Points at the edges reach beyond them.
  const y = { field: "y", ...upwards, axis: { ...upwards.axis, labelPadding: 12 } };
  const inside = { scale: { domain: [0, 1], nice: false, padding: 0 } };
  const after = `after ${counted(most, "epoch")}`;
  return {
    title: {
      text: title,
      subtitle: [
        `Shade: the forest's guess ${several ? after : "of the score"}; numbers: ranks`,
        ...(several ? [`White circles: trained for ${counted(most, "epoch")}; hollow: fewer`] : []),
      ],
    },
    description:
      `${counted(scored.length, "configuration")} by ${pair[0]} and ${pair[1]}; a forest ` +
      `fitted to them expects scores from ${low.toFixed(4)} to ${high.toFixed(4)} ${after}.`,
    width: WIDTH,
    height,
    autosize: { type: "fit-x", contains: "padding" },
    resolve: { scale: { fill: "independent", stroke: "independent" } },
    layer: [
      {
        data: {
          values: cells.map(({ column, row, values }, i) => ({
            ...told(values),
            left: column / columns,
            right: (column + 1) / columns,
            low: row / rows,
            high: (row + 1) / rows,
            expected: expected[i],
          })),
        },
        // With rims of their colour, so that nothing shines through between them.
        mark: { type: "rect", strokeWidth: 1 },
        encoding: {
          x: { ...x, ...inside, field: "left" },
          x2: { field: "right" },
          y: { ...y, ...inside, field: "low" },
          y2: { field: "high" },
          fill: shade,
          stroke: shade,
          tooltip: [
            ...spoken,
            { field: "expected", type: "quantitative", title: "Expected accuracy" },
          ],
        },
      },
      {
        data: { values: marked },
        mark: { type: "point", strokeWidth: 1.5, opacity: 1 },
        encoding: {
          x: { ...x, ...inside },
          y: { ...y, ...inside },
          fill: by("fill"),
          stroke: by("stroke"),
          shape: by("shape"),
          size: numbersBy(
            "kind",
            Object.fromEntries(
              Object.entries(looks).map(([kind, { size }]) => [
                kind,
                kind === "best" || kind === "ranked" ? size : size * crowding(marked.length),
              ]),
            ),
          ),
          tooltip: [
            ...spoken,
            { field: "epochs", type: "quantitative", title: "Epochs" },
            { field: "score", type: "quantitative", title: "Validation accuracy" },
          ],
        },
      },
      {
        data: { values: ranked },
        mark: { type: "text", color: onFill.pale, fontWeight: "bold" },
        encoding: {
          x: { ...x, ...inside },
          y: { ...y, ...inside },
          text: { field: "rank", type: "quantitative" },
        },
      },
    ],
  };
}

/** What a forest says of hyperparameters. */
interface Told {
  /** By hyperparameter, 0 or more, as `importance` gives them. */
  readonly shares: { readonly [name: string]: number };
  /** The share of the variance of unseen scores that forests explain. */
  readonly r2: number;
}

/**
 * How much of the score's variance each hyperparameter has a part in, the largest first: a point, and
 * a line over what it is where a part of the trials is left out.
 *
 * @param without The shares for each part that was left out; none where there were too few trials.
 * @param from What the forest was fitted to, and what was left out of it each time, in words.
 * @throws {RangeError} where there is none, or one is negative or not a number
 */
export function importanceRanges(
  title: string,
  { shares, r2 }: Told,
  without: readonly { readonly [name: string]: number }[],
  from: { readonly trials: string; readonly left: string },
): TopLevelSpec {
  const rows = Object.entries(shares).sort(([, a], [, b]) => b - a);
  if (rows.length === 0) throw new RangeError(`Chart "${title}": there is no hyperparameter.`);
  for (const [name, share] of rows) {
    if (!(share >= 0 && share < Infinity)) {
      throw new RangeError(
        `Chart "${title}": the importance of ${name} is a number of 0 or more; got ${share}.`,
      );
    }
  }
  const values = rows.map(([name, share]) => {
    const all = [share, ...without.map((shares) => shares[name])];
    return { name, share, low: Math.min(...all), high: Math.max(...all) };
  });
  const y = {
    field: "name",
    type: "nominal" as const,
    title: null,
    scale: { domain: rows.map(([name]) => name) },
    axis: {
      ticks: false,
      domain: false,
      labelPadding: 12,
      labelLimit: 200,
      labelExpr: `datum.label + "  " + format(${
        JSON.stringify(rows.map(([, share]) => share))
      }[indexof(${JSON.stringify(rows.map(([name]) => name))}, datum.value)], ".2f")`,
    },
  };
  return {
    title: {
      text: title,
      subtitle: [
        `${from.trials}; R² on unseen trials ${r2.toFixed(2)}`,
        ...(without.length > 0 ? [`Lines: ${from.left} left out in turn`] : []),
      ],
    },
    description: values.map(({ name, share, low, high }) =>
      `${name} ${share.toFixed(2)}` +
      (without.length > 0 ? ` (${low.toFixed(2)} to ${high.toFixed(2)})` : "")
    ).join(", ") + `. R² on unseen trials: ${r2.toFixed(2)}.`,
    width: WIDTH,
    height: rows.length * 28,
    autosize: { type: "fit-x", contains: "padding" },
    data: { values },
    layer: [
      ...(without.length === 0 ? [] : [{
        mark: { type: "rule" as const, color: colors.line, strokeWidth: 5 },
        encoding: {
          y,
          x: { field: "low", type: "quantitative" as const },
          x2: { field: "high" },
        },
      }]),
      {
        mark: { type: "point", filled: true, size: 90, color: colors.ink, opacity: 1 },
        encoding: {
          y,
          x: {
            field: "share",
            type: "quantitative",
            title: "Share of the variance of scores",
            axis: { tickCount: 5 },
            scale: { zero: true },
          },
        },
      },
    ],
  };
}
