/** Takes off what `prepare` put around images. @module */
import type { NdArray } from "../ndarray.ts";

/**
 * Images `[N, rows, columns, channels]` without the zeros that `padImages` put around those of
 * `[N, height, width, channels]`: its inverse, exactly.
 *
 * @throws {Error} where the images are smaller than that, or something else than zeros would be lost; it
 * names the first such image
 */
export function unpadImages(
  images: NdArray<Uint8Array>,
  height: number,
  width: number,
): NdArray<Uint8Array> {
  const [count, rows, columns, channels] = images.shape;
  if (rows === height && columns === width) return images;
  const wanted = `${height} x ${width} pixels`;
  if (rows < height || columns < width) {
    throw new Error(`Images of ${rows} x ${columns} pixels do not hold images of ${wanted}.`);
  }
  const [top, left] = [(rows - height) >> 1, (columns - width) >> 1];
  const [line, target] = [columns * channels, width * channels];
  const data = new Uint8Array(count * height * target);
  for (let n = 0; n < count; n++) {
    for (let y = 0; y < rows; y++) {
      const row = images.data.subarray((n * rows + y) * line, (n * rows + y + 1) * line);
      const inside = y >= top && y < top + height;
      const [begin, end] = inside ? [left * channels, left * channels + target] : [line, line];
      if (inside) data.set(row.subarray(begin, end), (n * height + y - top) * target);
      for (let i = 0; i < line; i++) {
        if (row[i] === 0 || (i >= begin && i < end)) continue;
        throw new Error(
          `Image ${n} has ${row[i]} in row ${y}, outside of the ${wanted} in its middle: that is ` +
            `no padding. Train on the whole of its ${rows} x ${columns} pixels.`,
        );
      }
    }
  }
  return { shape: [count, height, width, channels], data };
}
