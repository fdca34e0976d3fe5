/**
 * From a picture of any size to what a network reads, step by step, so that whoever shows a picture can
 * show what becomes of it. There is this one way, for `deno task predict` and for the page's classifier:
 * it takes and gives bytes, and knows neither files nor a browser.
 *
 * What a picture is made to look like is taken from the study's own training images (`form.ts`). One
 * that looks so already is not touched, so that a study's images give what they gave in the study.
 *
 * @module
 */
import type { ImageForm } from "./form.ts";
import { borderPlaces, type Box, boxOf, centrePlaces, medianOf } from "./ground.ts";
import { centre } from "./prepare.ts";
import { resized } from "./resize.ts";

/** Bytes of each pixel, row by row: 1 where it is grey, 3 in colour, 4 with how opaque it is. */
export interface Pixels {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3 | 4;
  readonly data: Uint8Array;
}

/** What a picture has become after a step, in a sentence and as an image. */
export interface Step {
  /** In the order in which they are taken. */
  readonly name: "colours" | "ground" | "inverted" | "cropped" | "scaled" | "padded";
  readonly about: string;
  readonly image: Pixels;
}

/** What a network reads, and how it came about. */
export interface Preprocessed {
  /** `size` and `channels` of the form. */
  readonly image: Pixels;
  /** Those that changed something; none but padding for an image of the study's own form. */
  readonly steps: readonly Step[];
}

/** A picture in grey. */
interface Grey {
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array;
}

const grey = ({ height, width, data }: Grey): Pixels => ({ height, width, channels: 1, data });

/**
 * Makes a picture what networks read.
 *
 * @throws {RangeError} where the number of bytes is not that of height, width and channels
 */
export function preprocess(picture: Pixels, form: ImageForm): Preprocessed {
  const { height, width, channels, data } = picture;
  if (height < 1 || width < 1 || data.length !== height * width * channels) {
    throw new RangeError(
      `A picture of ${height} x ${width} pixels and ${channels} channels has ${
        height * width * channels
      } bytes, not ${data.length}.`,
    );
  }
  const steps: Step[] = [];
  const add = (name: Step["name"], about: string, image: Pixels) => {
    steps.push({ name, about, image });
    return image;
  };

  const plain = inColours(opaque(picture), form.channels);
  if (!isPlain(picture, form.channels)) {
    add("colours", `${form.channels === 1 ? "In grey" : "In red, green and blue"}.`, plain);
  }
  const image = isOwn(plain, form)
    ? plain
    : form.ground === null
    ? whole(plain, form, add)
    : object(plain, form, form.ground, add);

  const [high, wide] = form.size;
  if (image.height === high && image.width === wide) return { image, steps };
  const padded = new Uint8Array(high * wide * form.channels);
  centre(image.data, [image.height, image.width, form.channels], padded, high, wide);
  return {
    image: add("padded", `Zeros around it, to ${high} x ${wide} pixels.`, {
      height: high,
      width: wide,
      channels: form.channels,
      data: padded,
    }),
    steps,
  };
}

/** Whether a picture is in the asked colours already, as far as one can see. */
function isPlain({ channels, data }: Pixels, asked: ImageForm["channels"]): boolean {
  if (channels === 1) return true;
  for (let i = 0; i < data.length; i += channels) {
    if (channels === 4 && data[i + 3] < 255) return false;
    if (asked === 1 && (data[i] !== data[i + 1] || data[i] !== data[i + 2])) return false;
  }
  return true;
}

type Add = (name: Step["name"], about: string, image: Pixels) => Pixels;

/** Brightness as ITU-R BT.601 has it, which is what image libraries call grey. */
const brightness = (red: number, green: number, blue: number) =>
  Math.round((299 * red + 587 * green + 114 * blue) / 1000);

/** A picture without parts that one sees through: they are laid on white or black, whichever its object stands out from. */
function opaque(picture: Pixels): Pixels {
  const { height, width, channels, data } = picture;
  if (channels !== 4) return picture;
  let [sum, weight] = [0, 0];
  for (let i = 0; i < data.length; i += 4) {
    sum += data[i + 3] * brightness(data[i], data[i + 1], data[i + 2]);
    weight += data[i + 3];
  }
  const behind = sum > 127.5 * weight ? 0 : 255;
  const colours = new Uint8Array(data.length / 4 * 3);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    const alpha = data[from + 3];
    for (let channel = 0; channel < 3; channel++) {
      colours[to++] = Math.round((alpha * data[from + channel] + (255 - alpha) * behind) / 255);
    }
  }
  return { height, width, channels: 3, data: colours };
}

/** A picture in grey or in colour, as asked for; itself where it is so already. */
function inColours(picture: Pixels, channels: ImageForm["channels"]): Pixels {
  const { height, width, data } = picture;
  if (picture.channels === channels) return picture;
  if (channels === 1) {
    const grey = new Uint8Array(height * width);
    for (let i = 0; i < grey.length; i++) {
      grey[i] = brightness(data[3 * i], data[3 * i + 1], data[3 * i + 2]);
    }
    return { height, width, channels, data: grey };
  }
  const colours = new Uint8Array(3 * height * width);
  data.forEach((value, i) => colours.fill(value, 3 * i, 3 * i + 3));
  return { height, width, channels, data: colours };
}

/**
 * Whether an image is as the study's own are: of their size and, where they show their object on a plain
 * ground, not the other way round, bright where they are dark. That it is takes both, a border on the
 * other side of grey and a middle that differs from it the wrong way: objects may fill an image.
 */
function isOwn({ height, width, data }: Pixels, { image, ground, resize }: ImageForm): boolean {
  if (height !== image[0] || width !== image[1]) return false;
  if (ground === null || resize !== undefined) return true;
  const border = medianAt(data, borderPlaces(height, width));
  const places = centrePlaces(height, width);
  const middle = places.reduce((sum, place) => sum + data[place], 0) / places.length;
  return ground.centre > ground.shade
    ? border <= 127 || middle >= border
    : border > 127 || middle <= border;
}

function medianAt(data: Uint8Array, places: readonly number[]): number {
  const counts = new Float64Array(256);
  for (const place of places) counts[data[place]]++;
  return medianOf(counts);
}

/** The whole picture at the study's size, scaled as the study scales its own, or until it fits in. */
function whole(picture: Pixels, { image, resize = "fit", channels }: ImageForm, add: Add): Pixels {
  const [height, width] = image;
  const { data } = resized(picture, { to: [height, width], how: resize });
  const how = {
    fit: "until it fits into",
    crop: "until it covers",
    stretch: "each side by itself, to",
  }[resize];
  return add("scaled", `Scaled ${how} ${height} x ${width} pixels.`, {
    height,
    width,
    channels,
    data,
  });
}

/** Least and most steps of brightness that pixels of one ground differ by, whatever its border says. */
const TOLERANCE = { least: 8, most: 48 };

/** Of the longer side: how thick the border is, and how many pixels of a row a speck may have. */
const THIN = 1 / 50;
const SPECK = 1 / 200;

/** A grey picture's object, light on dark or dark on light as in the study, in its place and size. */
function object(
  { height, width, data }: Pixels,
  { image }: ImageForm,
  ground: NonNullable<ImageForm["ground"]>,
  add: Add,
): Pixels {
  const longer = Math.max(height, width);
  const found = groundIn({ height, width, data }, Math.max(1, Math.round(longer * THIN)));
  const { shade, tolerance, darker } = found;
  const lighter = ground.centre > ground.shade;
  // How far each pixel stands out from the ground, 0 to 255: one on the other side of it does not.
  const range = Math.max(1, darker ? shade : 255 - shade);
  const stands = data.map((value) => {
    const apart = darker ? shade - value : value - shade;
    return apart <= tolerance ? 0 : Math.round(255 * apart / range);
  });
  const flat = data.map((value, i) => stands[i] === 0 ? shade : value);
  add(
    "ground",
    `The ground, ${shadeOf(shade)} (${shade} of 255), is what the border shows; it is made even.`,
    grey({ height, width, data: flat }),
  );
  /** As the study's images have it. */
  const shown = ({ height, width, data }: Grey): Pixels =>
    grey({
      height,
      width,
      data: data.map((value) =>
        lighter
          ? ground.shade + Math.round(value * (255 - ground.shade) / 255)
          : ground.shade - Math.round(value * ground.shade / 255)
      ),
    });
  if (darker === lighter) {
    add(
      "inverted",
      `Inverted: it is ${darker ? "dark on light" : "light on dark"}, and the study's images are ` +
        `${lighter ? "light on dark" : "dark on light"}.`,
      shown({ height, width, data: stands }),
    );
  }
  const least = Math.max(1, Math.round(longer * SPECK));
  const box = boxOf(height, width, (place) => stands[place] > 0, least) ??
    boxOf(height, width, (place) => stands[place] > 0) ??
    { top: 0, left: 0, bottom: height, right: width };
  const cut = cropped({ height, width, data: stands }, box);
  add("cropped", `Cropped to what stands out, ${cut.height} x ${cut.width} pixels.`, shown(cut));

  const [high, wide] = image;
  const inner = [high, wide].map((side) => Math.max(1, Math.round(side * ground.extent)));
  const factor = Math.min(inner[0] / cut.height, inner[1] / cut.width);
  const [tall, broad] = [cut.height, cut.width].map((side) =>
    Math.max(1, Math.round(side * factor))
  );
  const small = resized(cut, { to: [tall, broad], how: "stretch" });
  const placed = new Uint8Array(high * wide);
  centre(small.data, [tall, broad, 1], placed, high, wide);
  return add(
    "scaled",
    `Scaled to ${tall} x ${broad} pixels, as large as the study's objects are, in the middle of ` +
      `${high} x ${wide}.`,
    shown({ height: high, width: wide, data: placed }),
  );
}

const shadeOf = (shade: number) => shade < 64 ? "dark" : shade < 192 ? "grey" : "light";

/** The ground that a picture's border shows, and whether what stands out from it is darker. */
function groundIn(
  { height, width, data }: Grey,
  thick: number,
): { shade: number; tolerance: number; darker: boolean } {
  const counts = new Float64Array(256);
  for (let y = 0, place = 0; y < height; y++) {
    for (let x = 0; x < width; x++, place++) {
      if (y < thick || x < thick || y >= height - thick || x >= width - thick) {
        counts[data[place]]++;
      }
    }
  }
  const shade = medianOf(counts);
  const apart = new Float64Array(256);
  counts.forEach((n, value) => apart[Math.abs(value - shade)] += n);
  const tolerance = Math.min(TOLERANCE.most, Math.max(TOLERANCE.least, 4 * medianOf(apart)));
  let sum = 0;
  for (const value of data) {
    if (Math.abs(value - shade) > tolerance) sum += value - shade;
  }
  return { shade, tolerance, darker: sum < 0 };
}

/** A part of a picture. */
function cropped({ width, data }: Grey, { top, bottom, left, right }: Box): Grey {
  const [high, wide] = [bottom - top, right - left];
  const part = new Uint8Array(high * wide);
  for (let y = 0; y < high; y++) {
    const start = (top + y) * width + left;
    part.set(data.subarray(start, start + wide), y * wide);
  }
  return { height: high, width: wide, data: part };
}
