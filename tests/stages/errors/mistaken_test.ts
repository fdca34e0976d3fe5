import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decode } from "fast-png";
import { IN_A_ROW, mostMistaken } from "../../../src/stages/errors/kept.ts";
import { mistakenBy, spriteOf } from "../../../src/stages/errors/mistaken.ts";

const tested = (test: number[], ...predicted: number[][]) => ({
  labels: { test },
  networks: predicted.map((predicted) => ({ test: { predicted } })),
});

Deno.test("images that some network gets wrong are kept, in their order", () => {
  const labels = [0, 0, 1, 1, 2];
  assertEquals(mistakenBy(tested(labels, [0, 1, 1, 1, 2], [0, 0, 1, 0, 2]), 9), [1, 3]);
  assertEquals(mistakenBy(tested(labels, labels), 9), []);
});

Deno.test("where there are too many, every pair of classes keeps an image before another keeps two", () => {
  const labels = [0, 0, 0, 0, 1, 2];
  const predicted = [1, 1, 1, 1, 2, 0];
  assertEquals(mistakenBy(tested(labels, predicted), 3), [0, 4, 5]);
  assertEquals(mistakenBy(tested(labels, predicted), 4), [0, 1, 4, 5]);
});

Deno.test("the first network has all its mistakes kept before another has one", () => {
  const labels = [0, 0, 0, 0];
  const two = tested(labels, [0, 0, 1, 1], [1, 1, 0, 0]);
  assertEquals(mistakenBy(two, 2), [2, 3]);
  assertEquals(mistakenBy(two, 3), [0, 2, 3]);
});

Deno.test("of any predictions all mistakes are kept or as many as may be, and no other image", () => {
  const labels = fc.array(fc.nat(3), { maxLength: 40 });
  fc.assert(fc.property(labels, fc.array(labels), fc.nat(50), (test, many, most) => {
    const predicted = many.map((of) => test.map((label, i) => of[i] ?? label));
    const kept = mistakenBy(tested(test, ...predicted), most);
    const wrong = test.flatMap((label, i) => predicted.some((of) => of[i] !== label) ? [i] : []);
    assertEquals(kept.length, Math.min(most, wrong.length));
    assert(kept.every((image) => wrong.includes(image)));
    assertEquals(kept, [...new Set(kept)].sort((a, b) => a - b));
  }));
});

Deno.test("the picture holds each image where it is looked for", () => {
  for (const channels of [1, 3]) {
    const [count, height, width] = [IN_A_ROW + 2, 2, 3];
    const size = height * width * channels;
    const data = Uint8Array.from({ length: count * size }, (_, i) => 1 + i % 250);
    const png = decode(spriteOf({ shape: [count, height, width, channels], data }));
    assertEquals([png.width, png.height, png.channels], [IN_A_ROW * width, 2 * height, channels]);
    const at = (image: number, y: number, x: number) => {
      const [row, column] = [
        Math.floor(image / IN_A_ROW) * height + y,
        image % IN_A_ROW * width + x,
      ];
      const from = (row * png.width + column) * channels;
      return [...png.data.slice(from, from + channels)];
    };
    for (const image of [0, 1, IN_A_ROW - 1, IN_A_ROW, count - 1]) {
      const shown = Array.from(
        { length: height * width },
        (_, i) => at(image, Math.floor(i / width), i % width),
      );
      assertEquals(shown.flat(), [...data.slice(image * size, (image + 1) * size)]);
    }
    assertEquals(at(count, 0, 0), new Array(channels).fill(0), "nothing after the last");
  }
});

Deno.test("so many are kept that a picture is small whatever the images are", () => {
  assertEquals(mostMistaken([32, 32, 1]), 1220);
  assertEquals(mostMistaken([32, 32, 3]), 406);
});
