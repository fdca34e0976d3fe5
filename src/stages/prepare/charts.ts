/**
 * Charts of the data set: how many of each class, how pixels go together, what the images look like.
 *
 * Each function takes plain data and gives a Vega-Lite specification for `renderSvg`.
 *
 * @module
 */
import type { TopLevelSpec } from "vega-lite";
import type { NdArray } from "../../ndarray.ts";
import { count, counted } from "../../report/markdown.ts";
import { pngDataUrl, type Raster, type Rgb } from "../../report/png.ts";
import { meanings, PADDING, textWidth, WIDTH, wrapped } from "../../report/svg.ts";
import { checkClasses } from "../../report/charts/check.ts";
import { diverging } from "../../report/charts/diverging.ts";
import { nameAxis } from "../../report/charts/names.ts";

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
  const numbers = counts.map((number) => count(number));
  const { keys, axis, width: names, row } = nameAxis(classes, 150, 8);
  const width = WIDTH - 2 * PADDING - names;
  // The longest bar leaves room for its number.
  const room = Math.max(...numbers.map((text) => textWidth({ fontSize: 13 }, text))) + 8;
  const most = Math.max(1, ...counts) * width / (width - room);
  return {
    title,
    description: `Bars: the number of images in each of ${classes.length} classes, ` +
      `${Math.min(...counts)} to ${Math.max(...counts)} a class, ${total} in all.`,
    width,
    height: { step: Math.max(24, row) },
    data: {
      values: keys.map((key, k) => ({ class: key, count: counts[k], text: numbers[k] })),
    },
    encoding: {
      y: {
        field: "class",
        type: "nominal",
        scale: { domain: [...keys] },
        title: null,
        axis: { ...axis, domain: true },
      },
      x: {
        field: "count",
        type: "quantitative",
        scale: { domain: [0, most], nice: false },
        axis: null,
      },
    },
    layer: [
      { mark: { type: "bar", color: meanings.training, height: { band: 0.72 } } },
      {
        mark: { type: "text", align: "left", dx: 5 },
        encoding: { text: { field: "text", type: "nominal" } },
      },
    ],
  };
}

/** What an image measures. */
export interface ImageSize {
  /** In pixels. */
  readonly height: number;
  /** In pixels. */
  readonly width: number;
  /** Values a pixel: 1 for grey, 3 for red, green and blue. */
  readonly channels: number;
}

/** The longest side of the map, in pixels; of more values, each pixel is the mean of several. */
const MAP_SIDE = 392;

/** The length of the legend, in pixels. */
const LEGEND = 240;

/** Colours from -1 to 1 in steps of 0.04: too fine to see, and half the bytes of 256. */
const STEPS = 51;

/** Grey where there is no correlation, because a pixel never changes. Not a colour of the scale. */
const undefinedColor: Rgb = [150, 150, 150];

/** The scale's colours from -1 to 1, and after them the one for NaN. */
const correlationPalette: readonly Rgb[] = [
  ...Array.from({ length: STEPS }, (_, step) => diverging(2 * step / (STEPS - 1) - 1)),
  undefinedColor,
];

/**
 * The correlation of every pixel with every other as an image, with a legend in the same colours.
 *
 * It is one PNG inside the drawing, a palette index for each pair or, where they are more than there is
 * room for, for the mean of several; rectangles would be hundreds of thousands. Values are rounded to
 * steps of 0.04.
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
  let constant = 0;
  for (let i = 0; i < matrix.length; i++) {
    const value = matrix[i];
    if (Math.abs(value) > 1 + 1e-6) {
      throw new RangeError(
        `Chart "${title}": pixels ${Math.floor(i / pixels)} and ${i % pixels} have the ` +
          `"correlation" ${value}; one lies between -1 and 1.`,
      );
    }
    if (Number.isNaN(value) && i % (pixels + 1) === 0) constant++;
  }
  const block = Math.ceil(pixels / MAP_SIDE);
  const side = Math.ceil(pixels / block);
  const data = Uint8Array.from({ length: side * side }, (_, i) => {
    const value = meanOf(matrix, pixels, block, Math.floor(i / side) * block, i % side * block);
    if (Number.isNaN(value)) return STEPS;
    return Math.round((Math.max(-1, Math.min(1, value)) + 1) / 2 * (STEPS - 1));
  });
  const map = pngDataUrl({ width: side, height: side, data, palette: correlationPalette });
  const strip = pngDataUrl({
    width: STEPS,
    height: 1,
    data: Uint8Array.from({ length: STEPS }, (_, column) => column),
    palette: correlationPalette,
  });

  // Ticks at the first pixel of every few image rows, about seven in all.
  const rows = Math.max(1, Math.round(height / 7));
  const ticks = Array.from(
    { length: Math.ceil(height / rows) },
    (_, tick) => tick * rows * width * channels,
  );
  // A whole number of screen pixels for each pixel of the map.
  const size = side * Math.floor(MAP_SIDE / side);
  return {
    title: {
      text: title,
      subtitle: [
        "Pixels row by row, from the first to the last.",
        ...(constant === 0 ? [] : [
          `Grey: ${
            counted(constant, "pixel that is", "pixels that are")
          } the same in every image, so without a correlation.`,
        ]),
      ],
    },
    description: `Heat map: the correlation of each of ${pixels} pixels with each other, from ` +
      "-1 (blue) over 0 (white) to 1 (red).",
    spacing: 18,
    vconcat: [
      {
        width: size,
        height: size,
        data: { values: [{ image: map, x: side * block / 2 }] },
        mark: { type: "image", width: size, height: size, aspect: false, smooth: false },
        encoding: {
          url: { field: "image", type: "nominal" },
          x: {
            field: "x",
            type: "quantitative",
            // Blocks may reach beyond the last value.
            scale: { domain: [0, side * block], nice: false },
            axis: {
              values: ticks,
              grid: false,
              labelExpr: `format(datum.value / ${width * channels}, "d")`,
            },
            title: "Row of the image that a pixel is in, across as down",
          },
          y: { value: size / 2 },
        },
      },
      {
        width: Math.min(size, LEGEND),
        height: 12,
        data: { values: [{ image: strip, x: 0, y: 0 }] },
        mark: {
          type: "image",
          width: Math.min(size, LEGEND),
          height: 12,
          aspect: false,
          smooth: false,
        },
        encoding: {
          url: { field: "image", type: "nominal" },
          y: { field: "y", type: "quantitative", scale: { domain: [-1, 1] }, axis: null },
          x: {
            field: "x",
            type: "quantitative",
            // Each colour covers its step: half a step more at both ends.
            scale: { domain: [-1 - 1 / (STEPS - 1), 1 + 1 / (STEPS - 1)], nice: false },
            axis: {
              values: [-1, -0.5, 0, 0.5, 1],
              format: ".1f",
              grid: false,
              domain: false,
              labelFlush: 4, // Half a step is left at the ends.
            },
            title: "Correlation",
          },
        },
      },
    ],
  };
}

/** The mean of a block of a square matrix, from a row and a column on; NaN where all are, which do not count. */
function meanOf(
  matrix: Float32Array | Float64Array,
  side: number,
  block: number,
  row: number,
  column: number,
): number {
  let [sum, number] = [0, 0];
  for (let y = row; y < Math.min(side, row + block); y++) {
    for (let x = column; x < Math.min(side, column + block); x++) {
      const value = matrix[y * side + x];
      if (Number.isNaN(value)) continue;
      sum += value;
      number++;
    }
  }
  return sum / number;
}

/** Room for the names of classes beside their images, in pixels. */
const NAMES = 92;

/**
 * Images in a grid, with the name of their class beside them. Every class begins a row, in the order in
 * which they first come, and goes on in further rows where it has more images than there are columns.
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

  const cell = Math.min(62, Math.floor((WIDTH - 2 * PADDING - NAMES) / columns));
  const room = Math.max(1, cell - 6);
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
  const names: { readonly row: number; readonly lines: readonly string[] }[] = [];
  let rows = 0;
  for (const [label, of] of seen) {
    names.push({ row: rows, lines: wrapped(classes[label], NAMES - 8, undefined, 3) });
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
  const line = 15;
  const rowHeight = Math.max(shown.height, line * Math.max(...names.map((n) => n.lines.length))) +
    6;
  return {
    title,
    description: `${counted(number, "image")} in rows of ${columns}, each with the name of its ` +
      `class: ${[...seen.keys()].map((label) => classes[label]).join(", ")}.`,
    width: NAMES + columns * cell,
    height: rows * rowHeight,
    encoding: {
      x: { field: "x", type: "quantitative", scale: null },
      y: { field: "y", type: "quantitative", scale: null },
    },
    layer: [
      {
        data: {
          values: drawn.map((image, i) => {
            const { column, row } = places.get(i)!;
            return {
              image: pngDataUrl(image),
              x: NAMES + (column + 0.5) * cell,
              y: (row + 0.5) * rowHeight,
            };
          }),
        },
        mark: { type: "image", ...shown, smooth: false },
        encoding: { url: { field: "image", type: "nominal" } },
      },
      {
        data: {
          values: names.flatMap(({ row, lines }) =>
            lines.map((text, i) => ({
              text,
              x: 0,
              y: (row + 0.5) * rowHeight + line * (i - (lines.length - 1) / 2),
            }))
          ),
        },
        mark: { type: "text", align: "left", limit: NAMES - 4 },
        encoding: { text: { field: "text", type: "nominal" } },
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
