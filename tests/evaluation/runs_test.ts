import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { bootstrapMean, varianceParts } from "../../src/evaluation/runs.ts";
import { randomState } from "../../src/random.ts";
import { readGolden } from "../support/golden.ts";

/** What some trainings get right, `0` and `1` for each image, a word a training. */
interface Table {
  readonly right: string;
}

const rows = (right: string) => right.split(" ").map((row) => Uint8Array.from(row, Number));

Deno.test("the variances of seeds and of images are those of statsmodels' two-way layout", async () => {
  const { parts } = await readGolden<
    { parts: (Table & { readonly seeds: number; readonly images: number })[] }
  >("seeds.json");
  assertEquals(parts.length, 200);
  for (const { right, seeds, images } of parts) {
    const found = varianceParts(rows(right));
    assertAlmostEquals(found.seeds, seeds, 1e-14);
    assertAlmostEquals(found.images, images, 1e-14);
  }
  assert(parts.some(({ images }) => images === 0), "nothing is cut off at 0");
});

Deno.test("the bootstrap draws what NumPy draws, and has its quantiles", async () => {
  const { bootstrap } = await readGolden<
    {
      bootstrap: (Table & {
        readonly seed: number;
        readonly draws: number;
        readonly low: number;
        readonly high: number;
      })[];
    }
  >("seeds.json");
  assertEquals(bootstrap.length, 200);
  for (const { right, seed, draws, low, high } of bootstrap) {
    const found = bootstrapMean(rows(right), draws, seed);
    assertAlmostEquals(found.low, low, 1e-14);
    assertAlmostEquals(found.high, high, 1e-14);
  }
});

/** Trainings that get images right by chance: of images that are easy or hard, with one skill or two. */
function drawn(
  seed: number,
  runs: number,
  images: number,
  chance: (run: number, image: number) => number,
): Uint8Array[] {
  const random = randomState(seed);
  return Array.from(
    { length: runs },
    (_, run) => Uint8Array.from({ length: images }, (_, i) => +(random.float64() < chance(run, i))),
  );
}

Deno.test("trainings that differ in nothing but chance vary by seeds alone; those that agree, by images", () => {
  // All images alike: p (1 - p) / N is the variance of each training, and all of it is the training's.
  const chance = varianceParts(drawn(1, 200, 500, () => 0.8));
  assertAlmostEquals(chance.seeds, 0.16 / 500, 0.16 / 500 / 5);
  assert(chance.images < 0.05 * chance.seeds, String(chance.images));
  // Every training right on the same four fifths.
  const same = drawn(1, 5, 500, (_, i) => i % 5 === 0 ? 0 : 1);
  assertEquals(varianceParts(same).seeds, 0);
  assertAlmostEquals(varianceParts(same).images, 0.16 / 499, 1e-12);
  assertEquals(varianceParts([same[0].fill(1), same[0]]), { seeds: 0, images: 0 });
});

Deno.test("both parts together are what an accuracy varies by where trainings and images are others", () => {
  // Images easy or hard, trainings good or bad: the variance of fresh accuracies, against the mean of
  // the estimates.
  const chance = (skill: number, ease: number) => 0.5 + 0.3 * ease + 0.03 * skill;
  let [seeds, images] = [0, 0];
  const accuracies: number[] = [];
  const random = randomState(7);
  const sign = () => random.float64() < 0.5 ? -1 : 1;
  for (let i = 0; i < 2000; i++) {
    const skill = Array.from({ length: 3 }, sign);
    const ease = Array.from({ length: 60 }, sign);
    const table = drawn(i, 3, 60, (run, image) => chance(skill[run], ease[image]));
    const parts = varianceParts(table);
    [seeds, images] = [seeds + parts.seeds / 2000, images + parts.images / 2000];
    accuracies.push(table[0].reduce((sum, one) => sum + one, 0) / 60);
  }
  const mean = accuracies.reduce((a, b) => a + b) / 2000;
  const variance = accuracies.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 1999;
  assertAlmostEquals(seeds + images, variance, 0.1 * variance);
  // 0.03^2 of skill, and p (1 - p) - what is the image's.
  assertAlmostEquals(images, 0.09 / 60, 0.05 * 0.09 / 60);
});

Deno.test("the bootstrap's interval holds the mean, is the same again, and is another with another seed", () => {
  const table = drawn(3, 4, 300, (run, i) => i % 3 === 0 ? 0.5 : 0.9 + run / 100);
  const mean = table.flatMap((row) => [...row]).reduce((a, b) => a + b) / 1200;
  const interval = bootstrapMean(table, 500, 1);
  assert(interval.low < mean && mean < interval.high);
  assertEquals(bootstrapMean(table, 500, 1), interval);
  assert(bootstrapMean(table, 500, 2).low !== interval.low);
  // Trainings that all agree: what is left is the interval of a share.
  const agreed = bootstrapMean([table[0], table[0]], 2000, 1);
  const share = table[0].reduce((sum, one) => sum + one, 0) / 300;
  const half = 1.96 * Math.sqrt(share * (1 - share) / 300);
  assertAlmostEquals(agreed.low, share - half, half / 10);
  assertAlmostEquals(agreed.high, share + half, half / 10);
});

Deno.test("tables of trainings that have no such variance are refused", () => {
  const row = Uint8Array.of(1, 0, 1);
  assertThrows(() => varianceParts([row]), RangeError, "2 trainings and 2 images, not 1 and 3");
  assertThrows(
    () => varianceParts([Uint8Array.of(1), Uint8Array.of(0)]),
    RangeError,
    "not 2 and 1",
  );
  assertThrows(() => varianceParts([row, row.slice(1)]), RangeError, "not 2 and 3");
  assertThrows(() => bootstrapMean([], 10, 1), RangeError, "not 0, 0 and 10");
});
