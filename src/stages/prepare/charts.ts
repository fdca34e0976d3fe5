/**
 * Charts of the data set: how many of each class, how pixels go together, what the images look like.
 *
 * Each function takes plain data and gives a Vega-Lite specification for `renderSvg`.
 *
 * @module
 */
import type { TopLevelSpec } from "vega-lite";
import type { NdArray } from "../../ndarray.ts";
import { pngDataUrl, type Rgb } from "../../report/png.ts";
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
      x: { field: "count", type: "quantitative", title: "Images", axis: { tickCount: 6 } },
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
 * @param matrix Correlations `[P, P]` in C order with `P = side * side`, in [-1, 1], rounding errors
 *   aside; NaN in the rows and columns of constant pixels.
 * @param side Height and width of an image in pixels: pixel `i` lies in row `floor(i / side)`.
 * @throws {RangeError} where the matrix does not fit the side, or a value is no correlation
 */
export function correlationHeatMap(
  title: string,
  matrix: Float32Array | Float64Array,
  side: number,
): TopLevelSpec {
  const pixels = side * side;
  if (!Number.isInteger(side) || side < 1 || matrix.length !== pixels * pixels) {
    throw new RangeError(
      `Chart "${title}": the correlations of images of ${side} x ${side} pixels are ` +
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
  const tickStep = Math.max(1, Math.round(side / 7)) * side;
  const ticks: number[] = [];
  for (let tick = 0; tick < pixels; tick += tickStep) ticks.push(tick);
  const size = 640;
  const domain = [-0.5, pixels - 0.5];
  const axis = {
    type: "quantitative",
    scale: { domain, nice: false, zero: false },
    axis: { values: ticks, grid: false, format: "d" },
    title: `Pixel (row × ${side} + column)`,
  } as const;
  const centre = (pixels - 1) / 2;
  return {
    title: constant === 0 ? title : {
      text: title,
      subtitle: `Grey: ${constant} ${
        constant === 1 ? "pixel that is" : "pixels that are"
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
 * Images in a grid, row by row, each with the name of its class below it.
 *
 * @param title What the chart is called.
 * @param images Grey values `[N, height, width]` or `[N, height, width, 1]`, 0 black to 255 white.
 * @param labels Class numbers `[N]`.
 * @param classes Names, each once, in the order of the class numbers.
 * @param columns Images in a row.
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
  const [count, height, width] = images.shape;
  const dimensions = images.shape.length;
  if (
    !(dimensions === 3 || (dimensions === 4 && images.shape[3] === 1)) ||
    images.data.length !== count * height * width || count < 1
  ) {
    throw new RangeError(
      `Chart "${title}": grey images have the shape [N, height, width] or [N, height, width, 1] ` +
        `with N at least 1, and as many values; got the shape [${images.shape.join(", ")}] ` +
        `with ${images.data.length} values.`,
    );
  }
  if (labels.length !== count) {
    throw new RangeError(
      `Chart "${title}": ${count} images have as many labels; got ${labels.length}.`,
    );
  }
  if (!Number.isInteger(columns) || columns < 1) {
    throw new RangeError(`Chart "${title}": a grid has at least 1 column; got ${columns}.`);
  }

  const cell = Math.min(82, Math.floor(840 / columns));
  // A whole number of screen pixels for each image pixel where there is room for it.
  const fit = (cell - 14) / Math.max(width, height);
  const scale = fit >= 1 ? Math.floor(fit) : fit;
  const rowHeight = height * scale + 26;
  const values = Array.from({ length: count }, (_, i) => {
    const label = labels[i];
    if (!(Number.isInteger(label) && label >= 0 && label < classes.length)) {
      throw new RangeError(
        `Chart "${title}": image ${i} has the label ${label}; classes are numbered 0 to ${
          classes.length - 1
        }.`,
      );
    }
    const pixels = height * width;
    return {
      image: pngDataUrl({
        width,
        height,
        data: images.data.subarray(i * pixels, (i + 1) * pixels),
      }),
      class: classes[label],
      column: i % columns,
      row: Math.floor(i / columns),
    };
  });
  const band = { paddingInner: 0, paddingOuter: 0 };
  return {
    title,
    description: `${count} images in rows of ${columns}, each with the name of its class: ${
      [...new Set(values.map((value) => value.class))].join(", ")
    }.`,
    width: { step: cell },
    height: { step: rowHeight },
    data: { values },
    encoding: {
      x: { field: "column", type: "ordinal", axis: null, scale: band },
      y: { field: "row", type: "ordinal", axis: null, scale: band },
    },
    layer: [
      {
        mark: {
          type: "image",
          width: width * scale,
          height: height * scale,
          yOffset: -9,
          smooth: scale < 1,
        },
        encoding: { url: { field: "image", type: "nominal" } },
      },
      {
        mark: {
          type: "text",
          fontSize: 11,
          limit: cell - 4,
          yOffset: (height * scale) / 2 - 1,
        },
        encoding: { text: { field: "class", type: "nominal" } },
      },
    ],
  };
}
