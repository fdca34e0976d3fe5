import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Augmentation,
  augmentation as schema,
  type Change,
  changeImage,
  changeImages,
  changeOf,
  type ImageShape,
  keysOf,
  mirroredImages,
} from "../../src/training/augmentation.ts";
import { openDrawer } from "../../src/training/drawing.ts";
import { noise } from "../support/reference.ts";

/** What a change is by definition: each pixel of the target asks where it comes from. */
function byDefinition(
  image: Uint8Array,
  [height, width, channels]: ImageShape,
  { mirrored, down, right, erased }: Change,
  fill: number,
): number[] {
  const at = (y: number, x: number, c: number) => {
    if (
      erased && y >= erased.top && y < erased.top + erased.height && x >= erased.left &&
      x < erased.left + erased.width
    ) return fill;
    const [fromY, moved] = [y - down, x - right];
    if (fromY < 0 || fromY >= height || moved < 0 || moved >= width) return 0;
    const fromX = mirrored ? width - 1 - moved : moved;
    return image[(fromY * width + fromX) * channels + c];
  };
  return Array.from(
    { length: height * width * channels },
    (_, i) => at(Math.floor(i / channels / width), Math.floor(i / channels) % width, i % channels),
  );
}

const bytesOf = (length: number, seed = 1) =>
  Uint8Array.from(noise(length, seed), (value) => Math.floor(127.999 * (value + 1)));

const shapes: fc.Arbitrary<ImageShape> = fc.tuple(
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 9 }),
  fc.constantFrom(1, 3),
);

const augmentations: fc.Arbitrary<Augmentation> = fc.record({
  mirror: fc.constantFrom("random" as const, "alternating" as const),
  translation: fc.integer({ min: 1, max: 12 }),
  erasing: fc.record({
    probability: fc.double({ min: 0.1, max: 1, noNaN: true }),
    size: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 4, max: 12 })),
    fill: fc.integer({ min: 0, max: 255 }),
  }),
}, { requiredKeys: [] });

Deno.test("an image is changed as its definition says, pixel by pixel, whatever is drawn", () => {
  fc.assert(
    fc.property(shapes, augmentations, fc.nat(1000), fc.integer({ min: 1, max: 50 }), (
      shape,
      augmentation,
      row,
      epoch,
    ) => {
      const image = bytesOf(shape[0] * shape[1] * shape[2], row);
      const change = changeOf(augmentation, shape, keysOf(7, epoch), row);
      const { erased } = change;
      if (erased) {
        assert(erased.top >= 0 && erased.top + erased.height <= shape[0]);
        assert(erased.left >= 0 && erased.left + erased.width <= shape[1]);
      }
      const target = bytesOf(image.length, 99);
      changeImage(image, target, shape, change, 200);
      assertEquals([...target], byDefinition(image, shape, change, 200));
    }),
    { numRuns: 500 },
  );
});

Deno.test("by turns, an image is mirrored in every second epoch, and half of all begin with it", () => {
  const shape: ImageShape = [4, 4, 1];
  const mirrored = (epoch: number, row: number) =>
    changeOf({ mirror: "alternating" }, shape, keysOf(3, epoch), row).mirrored;
  let first = 0;
  for (let row = 0; row < 4000; row++) {
    const seen = [1, 2, 3, 4, 5].map((epoch) => mirrored(epoch, row));
    assertEquals(seen, seen.map((_, i) => seen[i % 2]));
    assert(seen[0] !== seen[1]);
    first += Number(seen[0]);
  }
  // Five standard deviations of 4,000 fair coins.
  assertAlmostEquals(first / 4000, 0.5, 5 * Math.sqrt(0.25 / 4000));
});

Deno.test("what is drawn is spread evenly, and anew in each epoch", () => {
  const shape: ImageShape = [10, 10, 1];
  const augmentation: Augmentation = {
    mirror: "random",
    translation: 2,
    erasing: { probability: 0.25, size: [2, 5], fill: 0 },
  };
  const counts = new Map<string, number>();
  let [both, draws] = [0, 0];
  for (let row = 0; row < 5000; row++) {
    const [one, other] = [1, 2].map((epoch) =>
      changeOf(augmentation, shape, keysOf(1, epoch), row)
    );
    both += Number(one.mirrored && other.mirrored);
    for (const { mirrored, down, right, erased } of [one, other]) {
      draws++;
      for (
        const name of [
          `mirrored ${mirrored}`,
          `down ${down}`,
          `right ${right}`,
          `both ${down} ${right}`,
          `erased ${erased !== undefined}`,
          ...(erased ? [`height ${erased.height}`, `width ${erased.width}`] : []),
        ]
      ) counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  const expect = (name: string, share: number, of = draws) =>
    assertAlmostEquals(
      counts.get(name)! / of,
      share,
      5 * Math.sqrt(share * (1 - share) / of),
      name,
    );
  expect("mirrored true", 1 / 2);
  for (let d = -2; d <= 2; d++) {
    expect(`down ${d}`, 1 / 5);
    expect(`right ${d}`, 1 / 5);
    for (let r = -2; r <= 2; r++) expect(`both ${d} ${r}`, 1 / 25);
  }
  expect("erased true", 1 / 4);
  for (let size = 2; size <= 5; size++) {
    expect(`height ${size}`, 1 / 4, counts.get("erased true"));
    expect(`width ${size}`, 1 / 4, counts.get("erased true"));
  }
  assertAlmostEquals(both / 5000, 1 / 4, 5 * Math.sqrt(3 / 16 / 5000), "epochs are drawn apart");
});

Deno.test("an image is changed alike whichever others are there", () => {
  const shape: ImageShape = [5, 6, 1];
  const augmentation: Augmentation = { mirror: "random", translation: 2 };
  const images = bytesOf(30 * 8);
  const rows = Int32Array.from({ length: 8 }, (_, i) => 10 + i);
  const whole = new Uint8Array(images.length);
  changeImages(images, whole, { shape, rows, augmentation, seed: 4 }, 3);
  const some = new Uint8Array(60);
  const part = { shape, rows: rows.subarray(3, 5), augmentation, seed: 4 };
  changeImages(images.subarray(90, 150), some, part, 3);
  assertEquals(some, whole.slice(90, 150));
});

Deno.test("a mirror image of a mirror image is the image", () => {
  const images = bytesOf(3 * 4 * 5 * 2);
  const shape: ImageShape = [4, 5, 2];
  const mirrored = mirroredImages(images, shape);
  assert(mirrored.some((byte, i) => byte !== images[i]));
  assertEquals(mirroredImages(mirrored, shape), images);
});

Deno.test("epochs drawn in a worker are those drawn here, whichever is the first", async () => {
  const shape: ImageShape = [6, 6, 1];
  const rows = Int32Array.from({ length: 50 }, (_, i) => 3 * i);
  const images = bytesOf(36 * 50);
  const set = {
    shape,
    rows,
    augmentation: { mirror: "alternating", translation: 1 },
    seed: 2,
  } as const;
  for (const first of [1, 3]) {
    const drawer = openDrawer(images, set, first, 5);
    try {
      for (let epoch = first; epoch <= 5; epoch++) {
        const expected = new Uint8Array(images.length);
        changeImages(images, expected, set, epoch);
        assertEquals(await drawer.epoch(epoch), expected);
      }
    } finally {
      drawer.close();
    }
  }
});

Deno.test("an augmentation that is none is refused with its fault", () => {
  const refused = (given: unknown) => schema.safeParse(given).error?.issues[0].message;
  assertEquals(refused({ mirror: "alternating", translation: 2 }), undefined);
  assert(refused({ mirror: "alternate" })?.includes('did you mean "alternating"?'));
  assert(refused({ translations: 2 })?.includes("did you mean translation?"));
  assertEquals(
    refused({ erasing: { probability: 1, size: [5, 2], fill: 0 } }),
    "the least size is more than the most",
  );
});
