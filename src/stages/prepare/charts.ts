/**
 * Charts of the data set: how many of each class, how pixels go together, what the images look like.
 *
 * Each function takes plain data and gives a Vega-Lite specification for `renderSvg`.
 *
 * @module
 */
import type { TopLevelSpec } from "vega-lite";
import type { NdArray } from "../../ndarray.ts";
import { counted } from "../../report/markdown.ts";
import { pngDataUrl, type Raster, type Rgb } from "../../report/png.ts";
import { categoryColors } from "../../report/svg.ts";
import { checkClasses } from "../../report/charts/check.ts";

/**
 * Horizontal bars with the number of images of each class.
 *
 * @param title What the chart is called.
 * @param classes Names, each once, in the order of the class numbers.
 * @param counts Images of each class, as many as there are classes.
 * @throws {RangeError} where the two do not fit
 */
export function labelCounts(
  title: string,
  classes: readonly string[],
  counts: readonly number[],
): TopLevelSpec {
  checkClasses(title, classes);
  if (counts.length !== classes.length) {
    throw new RangeError(
      `Chart "${title}": ${classes.length} classes have as many counts; got ${counts.length}.`,
    );
  }
  const total = counts.reduce((sum, count) => sum + count, 0);
  return {
    title,
    description: `Bars: the number of images in each of ${classes.length} classes, ` +
      `${Math.min(...counts)} to ${Math.max(...counts)} a class, ${total} in all.`,
    width: 560,
    height: { step: 26 },
    data: { values: classes.map((name, k) => ({ class: name, count: counts[k] })) },
    encoding: {
      y: {
        field: "class",
        type: "nominal",
        scale: { domain: [...classes] },
        title: null,
        axis: { ticks: false },
      },
      x: {
        field: "count",
        type: "quantitative",
        title: "Images",
        axis: { tickCount: 6, tickMinStep: 1 },
      },
    },
    layer: [
      { mark: { type: "bar", color: categoryColors[0], height: { band: 0.72 } } },
      {
        mark: { type: "text", align: "left", dx: 5 },
        encoding: { text: { field: "count", type: "quantitative", format: ",d" } },
      },
    ],
  };
}

/** ColorBrewer's RdBu in 11 classes (Brewer 2002), from blue for -1 to red for 1. */
const redBlue: readonly Rgb[] = [
  [5, 48, 97],
  [33, 102, 172],
  [67, 147, 195],
  [146, 197, 222],
  [209, 229, 240],
  [247, 247, 247],
  [253, 219, 199],
  [244, 165, 130],
  [214, 96, 77],
  [178, 24, 43],
  [103, 0, 31],
];

/** What an image measures. */
export interface ImageSize {
  /** In pixels. */
  readonly height: number;
  /** In pixels. */
  readonly width: number;
  /** Values a pixel: 1 for grey, 3 for red, green and blue. */
  readonly channels: number;
}

/** Colours from -1 to 1 in steps of 0.02: too fine to see, and a PNG a quarter smaller than with 256. */
const correlationSteps = 101;

/** Grey where there is no correlation, because a pixel never changes. Not a colour of the scale. */
const undefinedColor: Rgb = [150, 150, 150];

/** The scale's colours from -1 to 1, interpolated linearly in RGB, and after them the one for NaN. */
const correlationPalette: readonly Rgb[] = [
  ...Array.from({ length: correlationSteps }, (_, step): Rgb => {
    const position = (step / (correlationSteps - 1)) * (redBlue.length - 1);
    const from = Math.min(Math.floor(position), redBlue.length - 2);
    const mix = (channel: 0 | 1 | 2) =>
      Math.round(
        redBlue[from][channel] +
          (position - from) * (redBlue[from + 1][channel] - redBlue[from][channel]),
      );
    return [mix(0), mix(1), mix(2)];
  }),
  undefinedColor,
];

/**
 * The correlation of every pixel with every other as an image, with a legend in the same colours.
 *
 * It is one PNG inside the drawing, a palette index for each pair; rectangles would be hundreds of
 * thousands. Values are rounded to steps of 0.02.
 *
 * @param title What the chart is called.
 * @param matrix Correlations `[P, P]` in C order with `P = height * width * channels`, in [-1, 1],
 *   rounding errors aside; NaN in the rows and columns of constant pixels.
 * @param image The size of an image, whose values are numbered in C order; a colour is 3 channels.
 * @throws {RangeError} where the matrix does not fit the size, or a value is no correlation
 */
export function correlationHeatMap(
  title: string,
  matrix: Float32Array | Float64Array,
  { height, width, channels }: ImageSize,
): TopLevelSpec {
  const pixels = height * width * channels;
  if (!Number.isInteger(pixels) || pixels < 1 || matrix.length !== pixels * pixels) {
    throw new RangeError(
      `Chart "${title}": the correlations of images of ${height} x ${width} pixels` +
        `${channels === 1 ? "" : ` in ${channels} colours`} are ` +
        `${pixels} x ${pixels} = ${pixels * pixels} values; got ${matrix.length}.`,
    );
  }
  const undefinedIndex = correlationSteps;
  const data = new Uint8Array(matrix.length);
  let constant = 0;
  for (let i = 0; i < matrix.length; i++) {
    const value = matrix[i];
    if (Math.abs(value) > 1 + 1e-6) {
      throw new RangeError(
        `Chart "${title}": pixels ${Math.floor(i / pixels)} and ${i % pixels} have the ` +
          `"correlation" ${value}; one lies between -1 and 1.`,
      );
    }
    if (Number.isNaN(value)) {
      data[i] = undefinedIndex;
      if (i % (pixels + 1) === 0) constant++;
    } else {
      const unit = (Math.max(-1, Math.min(1, value)) + 1) / 2;
      data[i] = Math.round(unit * (correlationSteps - 1));
    }
  }
  const map = pngDataUrl({ width: pixels, height: pixels, data, palette: correlationPalette });
  const strip = pngDataUrl({
    width: 1,
    height: correlationSteps,
    data: Uint8Array.from({ length: correlationSteps }, (_, row) => correlationSteps - 1 - row),
    palette: correlationPalette,
  });

  // Ticks at the first pixel of every few image rows, about seven in all.
  const tickStep = Math.max(1, Math.round(height / 7)) * width * channels;
  const ticks: number[] = [];
  for (let tick = 0; tick < pixels; tick += tickStep) ticks.push(tick);
  const size = 640;
  const domain = [-0.5, pixels - 0.5];
  const axis = {
    type: "quantitative",
    scale: { domain, nice: false, zero: false },
    axis: { values: ticks, grid: false, format: "d" },
    title: channels === 1
      ? `Pixel (row × ${width} + column)`
      : `Value ((row × ${width} + column) × ${channels} + colour)`,
  } as const;
  const centre = (pixels - 1) / 2;
  return {
    title: constant === 0 ? title : {
      text: title,
      subtitle: `Grey: ${
        counted(constant, "pixel that is", "pixels that are")
      } the same in every image, so without a correlation.`,
    },
    description: `Heat map: the correlation of each of ${pixels} pixels with each other, from ` +
      "-1 (blue) over 0 (white) to 1 (red).",
    spacing: 24,
    hconcat: [
      {
        width: size,
        height: size,
        data: { values: [{ image: map, x: centre, y: centre }] },
        mark: {
          type: "image",
          width: size,
          height: size,
          aspect: false,
          smooth: pixels > size,
        },
        encoding: {
          url: { field: "image", type: "nominal" },
          x: { field: "x", ...axis },
          y: { field: "y", ...axis, scale: { ...axis.scale, reverse: true } },
        },
      },
      {
        width: 16,
        height: size,
        data: { values: [{ image: strip, x: 0, y: 0 }] },
        mark: { type: "image", width: 16, height: size, aspect: false, smooth: false },
        encoding: {
          url: { field: "image", type: "nominal" },
          x: { field: "x", type: "quantitative", scale: { domain: [-1, 1] }, axis: null },
          y: {
            field: "y",
            type: "quantitative",
            // Each colour covers its step: half a step more at both ends.
            scale: {
              domain: [-1 - 1 / (correlationSteps - 1), 1 + 1 / (correlationSteps - 1)],
              nice: false,
            },
            axis: {
              orient: "right",
              values: [-1, -0.5, 0, 0.5, 1],
              format: ".1f",
              grid: false,
              domain: false,
            },
            title: "Correlation",
          },
        },
      },
    ],
  };
}

/**
 * Images in a grid, each with the name of its class below it. Every class begins a row, in the order
 * in which they first come, and goes on in further rows where it has more images than there are columns.
 *
 * @param title What the chart is called.
 * @param images Grey values `[N, height, width]` or `[N, height, width, 1]`, 0 black to 255 white, or
 *   `[N, height, width, 3]` red, green and blue.
 * @param labels Class numbers `[N]`.
 * @param classes Names, each once, in the order of the class numbers.
 * @param columns Images in a row at most.
 * @throws {RangeError} where these do not fit together
 */
export function imageGrid(
  title: string,
  images: NdArray<Uint8Array>,
  labels: ArrayLike<number>,
  classes: readonly string[],
  columns: number,
): TopLevelSpec {
  checkClasses(title, classes);
  const [number, height, width, channels = 1] = images.shape;
  const values = height * width * channels;
  if (
    ![3, 4].includes(images.shape.length) || ![1, 3].includes(channels) ||
    images.data.length !== number * values || number < 1
  ) {
    throw new RangeError(
      `Chart "${title}": images have the shape [N, height, width], [N, height, width, 1] or, in ` +
        `colour, [N, height, width, 3] with N at least 1, and as many values; got the shape ` +
        `[${images.shape.join(", ")}] with ${images.data.length} values.`,
    );
  }
  if (labels.length !== number) {
    throw new RangeError(
      `Chart "${title}": ${counted(number, "image has", "images have")} as many labels; ` +
        `got ${labels.length}.`,
    );
  }
  if (!Number.isInteger(columns) || columns < 1) {
    throw new RangeError(`Chart "${title}": a grid has at least 1 column; got ${columns}.`);
  }

  const cell = Math.min(82, Math.floor(840 / columns));
  const room = cell - 14;
  const fit = room / Math.max(width, height);
  const seen = new Map<number, number[]>();
  for (let i = 0; i < number; i++) {
    const label = labels[i];
    if (!(Number.isInteger(label) && label >= 0 && label < classes.length)) {
      throw new RangeError(
        `Chart "${title}": image ${i} has the label ${label}; classes are numbered 0 to ${
          classes.length - 1
        }.`,
      );
    }
    seen.set(label, [...seen.get(label) ?? [], i]);
  }
  const places = new Map<number, { readonly column: number; readonly row: number }>();
  let rows = 0;
  for (const of of seen.values()) {
    of.forEach((image, i) =>
      places.set(image, { column: i % columns, row: rows + Math.floor(i / columns) })
    );
    rows += Math.ceil(of.length / columns);
  }
  const drawn = Array.from({ length: number }, (_, i) =>
    shrunk({
      width,
      height,
      data: images.data.subarray(i * values, (i + 1) * values),
    }, Math.min(1, fit)));
  // A whole number of screen pixels for each image pixel where there is room for it.
  const scale = Math.max(1, Math.floor(fit));
  const shown = { width: drawn[0].width * scale, height: drawn[0].height * scale };
  const rowHeight = shown.height + 26;
  const band = { paddingInner: 0, paddingOuter: 0 };
  return {
    title,
    description: `${counted(number, "image")} in rows of ${columns}, each with the name of its ` +
      `class: ${[...seen.keys()].map((label) => classes[label]).join(", ")}.`,
    width: { step: cell },
    height: { step: rowHeight },
    data: {
      values: drawn.map((image, i) => ({
        image: pngDataUrl(image),
        class: classes[labels[i]],
        ...places.get(i),
      })),
    },
    encoding: {
      x: { field: "column", type: "ordinal", axis: null, scale: band },
      y: { field: "row", type: "ordinal", axis: null, scale: band },
    },
    layer: [
      {
        mark: {
          type: "image",
          ...shown,
          yOffset: -9,
          smooth: false,
        },
        encoding: { url: { field: "image", type: "nominal" } },
      },
      {
        mark: {
          type: "text",
          fontSize: 11,
          limit: cell - 4,
          yOffset: shown.height / 2 - 1,
        },
        encoding: { text: { field: "class", type: "nominal" } },
      },
    ],
  };
}

/**
 * An image reduced to a share of its size, so that a page need not hold pixels that it cannot show:
 * each pixel is the mean of those that it stands for. As it is where the share is 1.
 *
 * @param image Grey or red, green and blue, without a palette.
 */
function shrunk(image: Raster, share: number): Raster {
  if (share === 1) return image;
  const channels = image.data.length / (image.width * image.height);
  const [width, height] = [image.width, image.height]
    .map((size) => Math.max(1, Math.round(size * share)));
  /** The first pixel of a stretch that one pixel stands for. */
  const from = (place: number, now: number, before: number) => Math.floor(place * before / now);
  const data = new Uint8Array(width * height * channels);
  for (let y = 0, at = 0; y < height; y++) {
    const [top, bottom] = [y, y + 1].map((place) => from(place, height, image.height));
    for (let x = 0; x < width; x++) {
      const [left, right] = [x, x + 1].map((place) => from(place, width, image.width));
      for (let channel = 0; channel < channels; channel++, at++) {
        let sum = 0;
        for (let row = top; row < bottom; row++) {
          for (let column = left; column < right; column++) {
            sum += image.data[(row * image.width + column) * channels + channel];
          }
        }
        data[at] = Math.round(sum / ((bottom - top) * (right - left)));
      }
    }
  }
  return { width, height, data };
}
