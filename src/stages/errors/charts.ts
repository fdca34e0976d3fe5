/**
 * Charts of errors: how far probabilities can be believed, images with what they were taken for, the
 * filters of a first layer.
 *
 * Each function takes plain data and gives a Vega-Lite specification for `renderSvg`.
 *
 * @module
 */
import type { TopLevelSpec } from "vega-lite";
import type { NdArray } from "../../ndarray.ts";
import { checkClasses } from "../../report/charts/check.ts";
import { counted } from "../../report/markdown.ts";
import { diverging } from "../../report/charts/diverging.ts";
import { pngDataUrl, type Rgb } from "../../report/png.ts";
import { colors, PADDING, WIDTH, wrapped } from "../../report/svg.ts";

/** Between panels, in pixels. */
const SPACE = 24;

/** Room for the numbers beside panels, in pixels. */
const LABELS = 36;

/** Images of which the most probable class has about the same probability. */
export interface ReliabilityPoint {
  readonly network: string;
  readonly scaled: boolean;
  readonly images: number;
  /** The share of them that is of that class, and the mean probability of it; 0 to 1. */
  readonly accuracy: number;
  readonly confidence: number;
}

/**
 * Reliability diagrams, a panel a network: the share that is right over the mean probability, as
 * networks tell it and scaled by a temperature. On the dashed line both are the same.
 *
 * @param networks names of the panels, in their order
 * @throws {RangeError} where there is none, or one comes twice
 */
export function reliabilityDiagrams(
  title: string,
  networks: readonly string[],
  points: readonly ReliabilityPoint[],
): TopLevelSpec {
  checkClasses(title, networks);
  const kinds = ["as told", "scaled"];
  const columns = Math.min(2, networks.length);
  const room = (WIDTH - 2 * PADDING - LABELS - SPACE * (columns - 1)) / columns;
  const width = Math.min(280, Math.floor(room) - 20);
  const axis = { values: [0, 0.5, 1], format: ".1f" };
  const scale = { domain: [0, 1], nice: false };
  const xy = {
    x: {
      field: "confidence",
      type: "quantitative",
      title: null,
      scale,
      axis: { ...axis, grid: false },
    },
    y: {
      field: "accuracy",
      type: "quantitative",
      title: null,
      scale,
      axis: { ...axis, minExtent: LABELS },
    },
  } as const;
  return {
    title: {
      text: title,
      subtitle: [
        "Up: the share that is right; across: the mean probability.",
        "Dashed: right as often as sure. Larger dots: more images.",
      ],
    },
    description:
      `For ${counted(networks.length, "network")}, the share of test images that is right ` +
      `over the mean probability that it is, as told and after scaling: ${networks.join(", ")}.`,
    data: {
      values: points.map(({ scaled, ...point }) => ({ ...point, told: kinds[Number(scaled)] })),
    },
    columns,
    // A last row that is not full has no axis below an empty place.
    resolve: { axis: { x: "independent" } },
    spacing: SPACE,
    facet: {
      field: "network",
      type: "nominal",
      title: null,
      sort: [...networks],
      header: { labelLimit: width },
    },
    spec: {
      width,
      height: width,
      layer: [
        {
          data: { values: [{ confidence: 0, accuracy: 0 }, { confidence: 1, accuracy: 1 }] },
          // Its ends are nothing that was measured, and say nothing.
          mark: {
            type: "line",
            point: false,
            color: colors.line,
            strokeDash: [4, 4],
            strokeWidth: 1,
          },
          encoding: xy,
        },
        {
          mark: { type: "line", strokeWidth: 1.5 },
          encoding: {
            ...xy,
            color: {
              field: "told",
              type: "nominal",
              title: null,
              scale: { domain: kinds, range: [colors.orange, colors.sky] },
              legend: { orient: "top", direction: "horizontal" },
            },
          },
        },
        {
          mark: { type: "point", filled: true, opacity: 1 },
          encoding: {
            ...xy,
            color: { field: "told", type: "nominal" },
            shape: {
              field: "told",
              type: "nominal",
              title: null,
              scale: { domain: kinds, range: ["square", "circle"] },
            },
            size: {
              field: "images",
              type: "quantitative",
              scale: { type: "sqrt", range: [20, 120] },
              legend: null,
            },
          },
        },
      ],
    },
  };
}

/** An image of a gallery. */
export interface Exhibit {
  /** Its place among the images. */
  readonly at: number;
  /** What stands below it; each begins a line, and long ones go on in two more. */
  readonly said: readonly string[];
}

/** Images in a row of a gallery. */
export const COLUMNS = 5;

/**
 * Images with lines of text below them, in rows of `COLUMNS`.
 *
 * @param images Grey values `[N, height, width]`, or red, green and blue `[N, height, width, 3]`
 * @param groups each begins a row; an empty one has none
 * @throws {RangeError} where there is no image to show
 */
export function gallery(
  title: string,
  images: NdArray<Uint8Array>,
  groups: readonly (readonly Exhibit[])[],
): TopLevelSpec {
  const [, height, width, channels = 1] = images.shape;
  const size = height * width * channels;
  const all = groups.flat();
  if (all.length === 0) throw new RangeError(`Chart "${title}": there is no image to show.`);
  const cell = Math.floor((WIDTH - 2 * PADDING) / COLUMNS);
  // A whole number of screen pixels for each image pixel where there is room for it.
  const fit = (cell - 16) / Math.max(width, height);
  const scale = fit < 1 ? fit : Math.floor(fit);
  const shown = { width: width * scale, height: height * scale };
  const line = 15;
  const rows = groups.flatMap((group) =>
    Array.from(
      { length: Math.ceil(group.length / COLUMNS) },
      (_, row) => group.slice(row * COLUMNS, (row + 1) * COLUMNS),
    )
  );
  const pictures: { readonly image: string; readonly x: number; readonly y: number }[] = [];
  const words: { readonly text: string; readonly x: number; readonly y: number }[] = [];
  let top = 0;
  for (const row of rows) {
    let lines = 0;
    row.forEach(({ at, said }, column) => {
      const x = (column + 0.5) * cell;
      const data = images.data.subarray(at * size, (at + 1) * size);
      pictures.push({ image: pngDataUrl({ width, height, data }), x, y: top + shown.height / 2 });
      const below = said.flatMap((text) => wrapped(text, cell - 6, undefined, 3));
      below.forEach((text, i) => {
        words.push({ text, x, y: top + shown.height + line * (i + 0.8) });
      });
      lines = Math.max(lines, below.length);
    });
    top += shown.height + line * lines + 16;
  }
  return {
    title,
    description: all.map(({ said }) => said.join(" ")).join("; ") + ".",
    width: COLUMNS * cell,
    height: top - 12,
    encoding: {
      x: { field: "x", type: "quantitative", scale: null },
      y: { field: "y", type: "quantitative", scale: null },
    },
    layer: [
      {
        data: { values: pictures },
        mark: { type: "image", ...shown, smooth: fit < 1 },
        encoding: { url: { field: "image", type: "nominal" } },
      },
      {
        data: { values: words },
        mark: { type: "text", limit: cell - 6 },
        encoding: { text: { field: "text", type: "nominal" } },
      },
    ],
  };
}

/** Filters in a row, as far as their windows leave room. */
const FILTERS = 8;

/** Filters that are shown; more are left out. */
export const MOST_FILTERS = 64;

/** Between filters; no weight of a grey image has it. */
const GAP: Rgb = [87, 96, 106];

/**
 * The filters of a first layer, each as the picture that it answers to most, by its largest weight: of
 * grey images blue below 0, white, red above; of images in colour in these colours, grey for 0.
 *
 * @param kernel `[height, width, channels, filters]`, for 1 or 3 channels
 */
export function filterPicture(
  title: string,
  { shape: [height, width, channels, filters], data }: NdArray<Float32Array>,
): TopLevelSpec {
  const shown = Math.min(filters, MOST_FILTERS);
  const room = WIDTH - 2 * PADDING;
  const columns = Math.max(1, Math.min(FILTERS, shown, Math.floor((room - 1) / (width + 1))));
  const wide = columns * (width + 1) + 1;
  const high = Math.ceil(shown / columns) * (height + 1) + 1;
  const pixels = Uint8Array.from({ length: 3 * wide * high }, (_, i) => GAP[i % 3]);
  for (let filter = 0; filter < shown; filter++) {
    const weight = (i: number) => data[i * filters + filter];
    const values = height * width * channels;
    let most = 0;
    for (let i = 0; i < values; i++) most = Math.max(most, Math.abs(weight(i)));
    const colourAt = (y: number, x: number): readonly number[] => {
      const shares = Array.from(
        { length: channels },
        (_, channel) => most === 0 ? 0 : weight((y * width + x) * channels + channel) / most,
      );
      return channels === 1
        ? diverging(shares[0])
        : shares.map((share) => Math.round(127.5 + 127.5 * share));
    };
    const [top, left] = [
      Math.floor(filter / columns) * (height + 1) + 1,
      filter % columns * (width + 1) + 1,
    ];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        pixels.set(colourAt(y, x), 3 * ((top + y) * wide + left + x));
      }
    }
  }
  // Few and small filters are not blown up to the whole width.
  const scale = Math.max(1, Math.min(10, Math.floor(room / wide)));
  const size = { width: wide * scale, height: high * scale };
  return {
    title,
    description: `${counted(shown, "filter")} of ${height} x ${width} pixels` +
      `${channels === 1 ? "" : ` in ${channels} colours`}, each by its largest weight.`,
    ...size,
    data: { values: [{ image: pngDataUrl({ width: wide, height: high, data: pixels }) }] },
    mark: { type: "image", ...size, smooth: false },
    encoding: {
      x: { value: size.width / 2 },
      y: { value: size.height / 2 },
      url: { field: "image", type: "nominal" },
    },
  };
}
