/**
 * Small images inside charts: pixels to PNG data URLs.
 *
 * @module
 */
import { encode } from "fast-png";

/** A colour as red, green and blue, 0 to 255 each. */
export type Rgb = readonly [number, number, number];

/** An image in C order, one byte a value. */
export interface Raster {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  /**
   * `[height, width]` grey values, 0 black to 255 white, or `[height, width, 3]` red, green and blue;
   * with a palette, `[height, width]` indices into it.
   */
  readonly data: Uint8Array;
  /** At most 256 colours. */
  readonly palette?: readonly Rgb[];
}

/**
 * Encodes an image, without loss, as `data:image/png;base64,...`.
 *
 * @throws {RangeError} where the data does not fit the size, or an index the palette
 */
export function pngDataUrl(image: Raster): string {
  const { width, height, data, palette } = image;
  if (!(Number.isInteger(width) && width > 0 && Number.isInteger(height) && height > 0)) {
    throw new RangeError(
      `An image has a width and a height of at least 1 pixel; got ${width} x ${height}.`,
    );
  }
  const channels = data.length / (width * height);
  if (channels !== 1 && (channels !== 3 || palette !== undefined)) {
    throw new RangeError(
      `An image of ${width} x ${height} pixels has ${width * height} ${
        palette ? "palette indices" : `grey values or ${3 * width * height} of red, green and blue`
      }; got ${data.length}.`,
    );
  }
  if (palette !== undefined) {
    if (palette.length > 256) {
      throw new RangeError(`A palette has at most 256 colours; got ${palette.length}.`);
    }
    const outside = data.findIndex((index) => index >= palette.length);
    if (outside !== -1) {
      throw new RangeError(
        `Pixel ${outside} has the palette index ${
          data[outside]
        }, but the palette has ${palette.length} colours.`,
      );
    }
  }
  const png = encode(
    { width, height, data, channels, palette: palette?.map((color) => [...color]) },
    { zlib: { level: 9 } },
  );
  return `data:image/png;base64,${png.toBase64()}`;
}
