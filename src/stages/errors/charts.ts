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
import { pngDataUrl, type Rgb } from "../../report/png.ts";
import { categoryColors } from "../../report/svg.ts";

/** As wide as a chart may be, its edges included. */
const WIDTH = 640;

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
  const width = Math.min(240, Math.floor((WIDTH - 90) / networks.length) - 30);
  const axis = { tickCount: 5, format: ".1f" };
  const scale = { domain: [0, 1], nice: false };
  const xy = {
    x: {
      field: "confidence",
      type: "quantitative",
      title: "Mean probability",
      scale,
      axis: { ...axis, grid: false },
    },
    y: { field: "accuracy", type: "quantitative", title: "Share that is right", scale, axis },
  } as const;
  return {
    title: {
      text: title,
      subtitle: "Dashed: right as often as sure. Larger dots stand for more images.",
    },
    description:
      `For ${counted(networks.length, "network")}, the share of test images that is right ` +
      `over the mean probability that it is, as told and after scaling: ${networks.join(", ")}.`,
    data: {
      values: points.map(({ scaled, ...point }) => ({ ...point, told: kinds[Number(scaled)] })),
    },
    columns: networks.length,
    spacing: 30,
    facet: {
      field: "network",
      type: "nominal",
      title: null,
      sort: [...networks],
      header: { labelLimit: width + 28 },
    },
    spec: {
      width,
      height: width,
      layer: [
        {
          data: { values: [{ confidence: 0, accuracy: 0 }, { confidence: 1, accuracy: 1 }] },
          mark: { type: "line", color: "#8c959f", strokeDash: [4, 4], strokeWidth: 1 },
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
              scale: { domain: kinds, range: [categoryColors[1], categoryColors[0]] },
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
              scale: { domain: kinds, range: ["diamond", "circle"] },
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
  /** Lines below it; long ones are cut off. */
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
  const cell = Math.floor((WIDTH - 24) / COLUMNS);
  // A whole number of screen pixels for each image pixel where there is room for it.
  const fit = (cell - 24) / Math.max(width, height);
  const scale = fit < 1 ? fit : Math.floor(fit);
  const shown = { width: width * scale, height: height * scale };
  const line = 15;
  const lines = Math.max(...all.map(({ said }) => said.length));
  const rowHeight = shown.height + line * lines + 12;
  let rows = 0;
  const values = groups.flatMap((group) => {
    const begin = rows;
    rows += Math.ceil(group.length / COLUMNS);
    return group.map(({ at, said }, i) => ({
      column: i % COLUMNS,
      row: begin + Math.floor(i / COLUMNS),
      image: pngDataUrl({
        width,
        height,
        data: images.data.subarray(at * size, (at + 1) * size),
      }),
      ...Object.fromEntries(
        Array.from({ length: lines }, (_, i) => [`line${i}`, said[i] ?? ""]),
      ),
    }));
  });
  const band = { paddingInner: 0, paddingOuter: 0 };
  const top = -rowHeight / 2;
  return {
    title,
    description: all.map(({ said }) => said.join(" ")).join("; ") + ".",
    width: { step: cell },
    height: { step: rowHeight },
    data: { values },
    encoding: {
      x: { field: "column", type: "ordinal", axis: null, scale: band },
      y: { field: "row", type: "ordinal", axis: null, scale: band },
    },
    layer: [
      {
        mark: { type: "image", ...shown, yOffset: top + shown.height / 2, smooth: false },
        encoding: { url: { field: "image", type: "nominal" } },
      },
      ...Array.from({ length: lines }, (_, i) => ({
        mark: {
          type: "text" as const,
          fontSize: 12,
          limit: cell - 6,
          yOffset: top + shown.height + line * (i + 0.75),
        },
        encoding: { text: { field: `line${i}`, type: "nominal" as const } },
      })),
    ],
  };
}

/** Filters in a row, as far as their windows leave room. */
const FILTERS = 16;

/** Filters that are shown; more are left out. */
export const MOST_FILTERS = 64;

/** Between filters; no weight has it. */
const GAP: Rgb = [208, 215, 222];

/** Of the weights furthest below and above 0. */
const [BELOW, ABOVE]: readonly Rgb[] = [[0, 114, 178], [213, 94, 0]];

/** The colour of a weight, by its share of the filter's largest: blue below 0, white, orange above. */
const ofShare = (share: number): number[] =>
  (share < 0 ? BELOW : ABOVE).map((end) => Math.round(255 + Math.abs(share) * (end - 255)));

/**
 * The filters of a first layer, each as the picture that it answers to most, by its largest weight: of
 * grey images blue below 0, white, orange above; of images in colour in these colours, grey for 0.
 *
 * @param kernel `[height, width, channels, filters]`, for 1 or 3 channels
 */
export function filterPicture(
  title: string,
  { shape: [height, width, channels, filters], data }: NdArray<Float32Array>,
): TopLevelSpec {
  const shown = Math.min(filters, MOST_FILTERS);
  const room = WIDTH - 40;
  const columns = Math.max(1, Math.min(FILTERS, shown, Math.floor(room / (width + 1))));
  const wide = columns * (width + 1);
  const high = Math.ceil(shown / columns) * (height + 1);
  const pixels = new Uint8Array(3 * wide * high).fill(255);
  for (let filter = 0; filter < shown; filter++) {
    const weight = (i: number) => data[i * filters + filter];
    const values = height * width * channels;
    let most = 0;
    for (let i = 0; i < values; i++) most = Math.max(most, Math.abs(weight(i)));
    const colourAt = (y: number, x: number): readonly number[] => {
      if (y === height || x === width) return GAP;
      const shares = Array.from(
        { length: channels },
        (_, channel) => most === 0 ? 0 : weight((y * width + x) * channels + channel) / most,
      );
      return channels === 1
        ? ofShare(shares[0])
        : shares.map((share) => Math.round(127.5 + 127.5 * share));
    };
    const [top, left] = [
      Math.floor(filter / columns) * (height + 1),
      filter % columns * (width + 1),
    ];
    for (let y = 0; y <= height; y++) {
      for (let x = 0; x <= width; x++) {
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
