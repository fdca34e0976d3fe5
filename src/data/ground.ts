/** Where an image shows its ground, and where its object. Knows bytes alone. @module */

/** Steps of brightness that a plain ground may differ by from pixel to pixel. */
export const NEAR = 8;

/** The places of the outermost pixels of an image. */
export function borderPlaces(height: number, width: number): number[] {
  const places: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (y === 0 || x === 0 || y === height - 1 || x === width - 1) places.push(y * width + x);
    }
  }
  return places;
}

/** The places of the pixels in the middle half of height and width. */
export function centrePlaces(height: number, width: number): number[] {
  const places: number[] = [];
  const [top, left] = [Math.floor(height / 4), Math.floor(width / 4)];
  for (let y = top; y < height - top; y++) {
    for (let x = left; x < width - left; x++) places.push(y * width + x);
  }
  return places;
}

/** The middle one of bytes by their number, `counts[value]`; of an even number the lower one. */
export function medianOf(counts: ArrayLike<number>): number {
  let all = 0;
  for (let value = 0; value < counts.length; value++) all += counts[value];
  let seen = 0;
  for (let value = 0; value < counts.length; value++) {
    seen += counts[value];
    if (2 * seen >= all && counts[value] > 0) return value;
  }
  return 0;
}

/** A part of an image: rows from `top` to before `bottom`, columns from `left` to before `right`. */
export interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/**
 * The smallest box that holds all rows and columns which have at least `least` pixels of an object, one
 * if omitted; undefined where no row and column has.
 */
export function boxOf(
  height: number,
  width: number,
  isObject: (place: number) => boolean,
  least = 1,
): Box | undefined {
  const [rows, columns] = [new Uint32Array(height), new Uint32Array(width)];
  for (let y = 0, place = 0; y < height; y++) {
    for (let x = 0; x < width; x++, place++) {
      if (!isObject(place)) continue;
      rows[y]++;
      columns[x]++;
    }
  }
  const some = (n: number) => n >= least;
  const [top, left] = [rows.findIndex(some), columns.findIndex(some)];
  if (top < 0 || left < 0) return undefined;
  return {
    top,
    left,
    bottom: rows.findLastIndex(some) + 1,
    right: columns.findLastIndex(some) + 1,
  };
}
