/** A picture becomes what networks read, and an image of the study's own stays as it is. */
import { assert, assertEquals, assertGreater, assertLess, assertThrows } from "@std/assert";
import * as esbuild from "esbuild";
import fc from "fast-check";
import { fileURLToPath } from "node:url";
import { formOf, type ImageForm } from "../../src/data/form.ts";
import { padImages } from "../../src/data/prepare.ts";
import { type Pixels, preprocess } from "../../src/data/preprocess.ts";
import { resizedImages } from "../../src/data/resize.ts";
import { drawGarments } from "../../src/data/synthetic.ts";
import { readIdx } from "../../src/data/idx.ts";

const { images } = drawGarments(200, 5);
const form = formOf(images, [32, 32], undefined);
const pixels = 28 * 28;

const imageAt = (n: number): Pixels => ({
  height: 28,
  width: 28,
  channels: 1,
  data: images.data.subarray(n * pixels, (n + 1) * pixels),
});
const mapped = (picture: Pixels, map: (value: number) => number): Pixels => ({
  ...picture,
  data: picture.data.map(map),
});
const namesOf = (picture: Pixels, of: ImageForm = form) =>
  preprocess(picture, of).steps.map(({ name }) => name);

/** A picture with another one in it, each pixel `times` times as high and wide. */
function placed(
  inner: Pixels,
  { height, width, top, left, times, ground }: {
    readonly height: number;
    readonly width: number;
    readonly top: number;
    readonly left: number;
    readonly times: number;
    readonly ground: number;
  },
): Pixels {
  const data = new Uint8Array(height * width).fill(ground);
  for (let y = 0; y < inner.height * times; y++) {
    for (let x = 0; x < inner.width * times; x++) {
      const from = Math.floor(y / times) * inner.width + Math.floor(x / times);
      data[(top + y) * width + left + x] = inner.data[from];
    }
  }
  return { height, width, channels: 1, data };
}

/** How alike two images are: the correlation of their pixels. */
function alike(a: Uint8Array, b: Uint8Array): number {
  const mean = (of: Uint8Array) => of.reduce((sum, value) => sum + value, 0) / of.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [product, squareA, squareB] = [0, 0, 0];
  a.forEach((value, i) => {
    product += (value - meanA) * (b[i] - meanB);
    squareA += (value - meanA) ** 2;
    squareB += (b[i] - meanB) ** 2;
  });
  return product / Math.sqrt(squareA * squareB);
}

Deno.test("images of the study's own form come out as `prepare` pads them, whatever they show", () => {
  const padded = padImages(images, 32, 32);
  for (let n = 0; n < 200; n++) {
    const { image, steps } = preprocess(imageAt(n), form);
    assertEquals(image.data, padded.data.subarray(n * 1024, (n + 1) * 1024));
    assertEquals(steps.map(({ name }) => name), ["padded"]);
  }
});

Deno.test("the same in red, green and blue, opaque, is the same", () => {
  const picture = imageAt(3);
  const expected = preprocess(picture, form);
  for (const channels of [3, 4] as const) {
    const data = new Uint8Array(channels * pixels).fill(255);
    picture.data.forEach((value, i) => data.fill(value, channels * i, channels * i + 3));
    assertEquals(preprocess({ ...picture, channels, data }, form), expected);
  }
});

Deno.test("of every drawn garment, dark on light and ten times as large, comes out about what it was", () => {
  for (let n = 0; n < 200; n++) {
    const dark = mapped(imageAt(n), (value) => 255 - value);
    const where = { height: 420, width: 380, top: 90, left: 20, times: 10, ground: 255 };
    const { image, steps } = preprocess(placed(dark, where), form);
    assertEquals(steps.map(({ name }) => name), [
      "ground",
      "inverted",
      "cropped",
      "scaled",
      "padded",
    ]);
    // Garments are drawn a little off the middle and in sizes of their own; here all are in the middle.
    const middle = preprocess(placed(imageAt(n), { ...where, ground: 0 }), form).image;
    assertGreater(alike(image.data, middle.data), 0.999);
    const own = preprocess(
      placed(imageAt(n), { height: 40, width: 40, top: 6, left: 6, times: 1, ground: 0 }),
      form,
    ).image;
    assertGreater(alike(image.data, own.data), 0.9, `garment ${n}`);
  }
});

Deno.test("where a picture's object lies and how large it is makes no difference, to a step of scaling", () => {
  const dark = mapped(imageAt(11), (value) => 255 - value);
  const at = (top: number, left: number, times: number) =>
    preprocess(
      placed(dark, { height: 500, width: 600, top, left, times, ground: 255 }),
      form,
    ).image.data;
  const expected = at(30, 40, 8);
  fc.assert(
    fc.property(fc.nat({ max: 150 }), fc.nat({ max: 250 }), (top, left) => {
      assertEquals(at(top, left, 8), expected);
    }),
    { numRuns: 10 },
  );
  for (const times of [4, 12, 16]) assertGreater(alike(at(20, 20, times), expected), 0.98);
});

Deno.test("an object is as large as the study's are, in the middle", () => {
  for (const extent of [0.5, 20 / 28, 1]) {
    const small: ImageForm = { ...form, ground: { ...form.ground!, extent } };
    const square = placed(
      { height: 1, width: 1, channels: 1, data: Uint8Array.of(0) },
      { height: 90, width: 120, top: 20, left: 60, times: 30, ground: 230 },
    );
    const { image } = preprocess(square, { ...small, size: [28, 28] });
    const side = Math.round(28 * extent);
    const begin = (28 - side) >> 1;
    image.data.forEach((value, i) => {
      const inside = (at: number) => at >= begin && at < begin + side;
      assertEquals(value, inside(Math.floor(i / 28)) && inside(i % 28) ? 255 : 0);
    });
  }
});

Deno.test("noise on the ground is made even, and a speck is no object", () => {
  const noise = Uint8Array.from({ length: 100 * 100 }, (_, i) => 226 + i * 7919 % 11);
  for (let y = 30; y < 70; y++) noise.fill(20, y * 100 + 40, y * 100 + 60);
  const speck = new Uint8Array(400 * 400).fill(230);
  for (let y = 100; y < 300; y++) speck.fill(20, y * 400 + 150, y * 400 + 250);
  speck[5 * 400 + 7] = 0;
  const after = (data: Uint8Array, side: number, step: string) =>
    preprocess({ height: side, width: side, channels: 1, data }, form).steps
      .find(({ name }) => name === step)!.image;
  assertEquals(new Set(after(noise, 100, "ground").data), new Set([231, 20]));
  for (
    const [data, side, height, width] of [[noise, 100, 40, 20], [speck, 400, 200, 100]] as const
  ) {
    const cropped = after(data, side, "cropped");
    assertEquals([cropped.height, cropped.width], [height, width]);
  }
});

Deno.test("a study of dark on light gets its pictures so", () => {
  const light = { shape: images.shape, data: images.data.map((value) => 255 - value) };
  const other = formOf(light, [28, 28], undefined);
  assertEquals(namesOf(mapped(imageAt(0), (value) => 255 - value), other), []);
  const where = { height: 300, width: 300, top: 10, left: 10, times: 10, ground: 0 };
  const { image, steps } = preprocess(placed(imageAt(0), where), other);
  assert(steps.some(({ name }) => name === "inverted"));
  const dark = preprocess(placed(imageAt(0), where), { ...form, size: [28, 28] }).image;
  assertEquals(image.data, dark.data.map((value) => 255 - value));
});

Deno.test("what is see-through is laid on the ground that its object stands out from", () => {
  const cut = (shade: number): Pixels => {
    const data = new Uint8Array(4 * 60 * 60);
    for (let y = 20; y < 40; y++) {
      for (let x = 10; x < 50; x++) data.set([shade, shade, shade, 255], 4 * (y * 60 + x));
    }
    return { height: 60, width: 60, channels: 4, data };
  };
  const [dark, light] = [cut(10), cut(240)].map((picture) => preprocess(picture, form));
  assert(dark.steps.some(({ name }) => name === "inverted"));
  assert(!light.steps.some(({ name }) => name === "inverted"));
  for (const { image } of [dark, light]) assertGreater(image.data[16 * 32 + 16], 230);
});

Deno.test("a blank picture comes out blank", () => {
  for (const shade of [0, 128, 255]) {
    const data = new Uint8Array(50 * 70).fill(shade);
    const { image } = preprocess({ height: 50, width: 70, channels: 1, data }, form);
    assertEquals(new Set(image.data), new Set([0]));
  }
});

Deno.test("a study that scales pictures as they are gets them scaled so, and nothing else", () => {
  const wide = drawGarments(1, 1).images.data.subarray(0, 20 * 28);
  for (const resize of ["fit", "crop", "stretch"] as const) {
    const scaled: ImageForm = {
      image: [12, 16],
      size: [12, 16],
      channels: 1,
      resize,
      ground: null,
    };
    const { image, steps } = preprocess({ height: 20, width: 28, channels: 1, data: wide }, scaled);
    const expected = resizedImages({ shape: [1, 20, 28, 1], data: wide }, {
      to: [12, 16],
      how: resize,
    });
    assertEquals(image.data, expected.data);
    assertEquals(steps.map(({ name }) => name), ["scaled"]);
  }
});

Deno.test("for a study in colour grey is repeated, and for one in grey colours have the brightness that they seem to have", () => {
  const colour: ImageForm = { image: [1, 2], size: [1, 2], channels: 3, ground: null };
  const two: Pixels = { height: 1, width: 2, channels: 1, data: Uint8Array.of(7, 200) };
  assertEquals([...preprocess(two, colour).image.data], [7, 7, 7, 200, 200, 200]);
  // ITU-R BT.601: 0.299, 0.587 and 0.114.
  const grey: ImageForm = { image: [1, 3], size: [1, 3], channels: 1, ground: null };
  const primaries = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255);
  const { image } = preprocess({ height: 1, width: 3, channels: 3, data: primaries }, grey);
  assertEquals([...image.data], [76, 150, 29]);
});

Deno.test("any picture becomes what networks read: of the right size, and the same each time", () => {
  const picture = fc.record({
    height: fc.integer({ min: 1, max: 40 }),
    width: fc.integer({ min: 1, max: 40 }),
    channels: fc.constantFrom(1 as const, 3 as const, 4 as const),
    seed: fc.nat(),
  });
  fc.assert(fc.property(picture, ({ height, width, channels, seed }) => {
    const data = Uint8Array.from(
      { length: height * width * channels },
      (_, i) => Math.imul(seed + i, 2654435761) >>> 24,
    );
    const before = data.slice();
    const { image, steps } = preprocess({ height, width, channels, data }, form);
    assertEquals([image.height, image.width, image.data.length], [32, 32, 1024]);
    for (const { image } of steps) {
      assertEquals(image.data.length, image.height * image.width * image.channels);
    }
    assertEquals(data, before);
    assertEquals(preprocess({ height, width, channels, data }, form).image, image);
  }));
});

Deno.test("bytes that are not those of the size are refused", () => {
  assertThrows(
    () => preprocess({ height: 2, width: 2, channels: 3, data: new Uint8Array(11) }, form),
    RangeError,
    "has 12 bytes, not 11",
  );
});

Deno.test("it can be bundled for a browser: nothing of it asks for Deno, Node.js or a package", async () => {
  const { outputFiles: [{ text }], metafile } = await esbuild.build({
    entryPoints: [fileURLToPath(new URL("../../src/data/preprocess.ts", import.meta.url))],
    bundle: true,
    write: false,
    metafile: true,
    platform: "browser",
    format: "esm",
  });
  await esbuild.stop();
  assertLess(text.length, 20_000);
  assert(!/\bDeno\b|\brequire\(/.test(text));
  assertEquals(
    Object.keys(metafile.inputs).filter((path) => path.includes("node_modules")),
    [],
  );
});

const real = Deno.env.get("FASHION_MNIST_DIR");

Deno.test({
  name:
    "all images of Fashion-MNIST are of their own form, and of the inverted ones not two in a thousand",
  ignore: real === undefined,
  async fn() {
    const read = (part: string) =>
      readIdx(`${real}/${part}-images-idx3-ubyte.gz`, `${real}/${part}-labels-idx1-ubyte.gz`);
    const [train, test] = [await read("train"), await read("t10k")];
    const count = train.images.shape[0];
    const own = formOf({ ...train.images, shape: [count, 28, 28, 1] }, [28, 28], undefined);
    assertEquals([own.ground?.shade, own.ground?.extent], [0, 1]);
    let turned = 0;
    for (const { images } of [train, test]) {
      for (let n = 0; n < images.shape[0]; n++) {
        const data = images.data.subarray(n * pixels, (n + 1) * pixels);
        const { image, steps } = preprocess({ height: 28, width: 28, channels: 1, data }, own);
        assert(image.data === data && steps.length === 0, `image ${n}`);
        if (images !== test.images) continue;
        const inverted: Pixels = { ...image, data: data.map((value) => 255 - value) };
        if (namesOf(inverted, own).includes("inverted")) turned++;
      }
    }
    assertGreater(turned, 9980);
  },
});
