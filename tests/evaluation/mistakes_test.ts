import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { mcnemar } from "../../src/evaluation/mcnemar.ts";
import { disagreement, missedByAll, mistakes } from "../../src/evaluation/mistakes.ts";

const CLASSES = 4;

/** Labels of some images, and what some models take them for. */
const predictions = fc.record({ images: fc.nat(30), models: fc.integer({ min: 1, max: 5 }) })
  .chain(({ images, models }) => {
    const list = fc.array(fc.nat(CLASSES - 1), { minLength: images, maxLength: images });
    return fc.record({
      labels: list,
      models: fc.array(list, { minLength: models, maxLength: models }),
    });
  });

Deno.test("mistakes come the most probable first, each with what the image is taken for", () => {
  const probabilities = {
    shape: [4, 2],
    data: Float32Array.of(0.75, 0.25, 0.125, 0.875, 0.25, 0.75, 0.5, 0.5),
  };
  assertEquals(mistakes(probabilities, [1, 0, 1, 1]), [
    { image: 1, predicted: 1, probability: 0.875 },
    { image: 0, predicted: 0, probability: 0.75 },
    { image: 3, predicted: 0, probability: 0.5 },
  ]);
  assertEquals(mistakes(probabilities, [0, 1, 1, 0]), []);
  assertThrows(() => mistakes(probabilities, [0]), RangeError, "as many labels as rows");
});

Deno.test("images that every model misses come those first that most take for one class", () => {
  const labels = [0, 0, 0, 0, 1];
  const models = [[1, 3, 1, 0, 0], [2, 2, 1, 1, 0], [3, 2, 1, 1, 1]];
  assertEquals(missedByAll(labels, models), [
    { image: 2, predicted: 1, models: 3 },
    { image: 1, predicted: 2, models: 2 },
    { image: 0, predicted: 1, models: 1 },
  ]);
});

Deno.test("what every model misses is what each one misses, whatever their order, and more models miss no more", () => {
  fc.assert(fc.property(predictions, ({ labels, models }) => {
    const missed = missedByAll(labels, models);
    const images = missed.map(({ image }) => image).sort((a, b) => a - b);
    const each = models.map((predicted) =>
      labels.flatMap((label, image) => predicted[image] === label ? [] : [image])
    );
    assertEquals(images, each.reduce((all, some) => all.filter((image) => some.includes(image))));
    assertEquals(missedByAll(labels, models.toReversed()), missed);
    for (const { image, predicted, models: votes } of missed) {
      assert(predicted !== labels[image]);
      assertEquals(models.filter((model) => model[image] === predicted).length, votes);
    }
    assertEquals(missedByAll(labels, [...models, labels]), []);
  }));
});

Deno.test("two models agree or not on every image once, and McNemar's test counts the same", () => {
  fc.assert(fc.property(predictions, ({ labels, models }) => {
    const [first, second] = [models[0], models[models.length - 1]];
    const found = disagreement(labels, first, second);
    const { bothRight, onlyFirst, onlySecond, wrongAlike, wrongApart } = found;
    assertEquals(
      bothRight + onlyFirst.length + onlySecond.length + wrongAlike + wrongApart,
      labels.length,
    );
    const test = mcnemar(labels, first, second);
    assertEquals([onlyFirst.length, onlySecond.length], [test.onlyFirst, test.onlySecond]);
    assertEquals(missedByAll(labels, [first, second]).length, wrongAlike + wrongApart);
    assertEquals(disagreement(labels, second, first), {
      ...found,
      onlyFirst: onlySecond,
      onlySecond: onlyFirst,
    });
  }));
  assertThrows(() => disagreement([0], [0], []), RangeError, "as many labels as predictions");
  assertThrows(() => missedByAll([0], [[]]), RangeError, "as many labels as predictions");
});
