import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  checkAllShown,
  classesOf,
  countLabels,
  type LabelSettings,
  settingsFor,
  settingsText,
} from "../../src/data/labels.ts";

const part = (labels: Iterable<number>) => {
  const data = Int32Array.from(labels);
  const images = { shape: [data.length, 1, 1, 1], data: new Uint8Array(data.length) };
  return { images, labels: { shape: [data.length], data }, name: "train.csv" };
};

const refusal = (labels: Iterable<number>, classes: number, settings: LabelSettings | undefined) =>
  assertThrows(() => {
    classesOf(part(labels), settings, classes);
    checkAllShown(part(labels), settings, classes);
  }, Error).message;

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

Deno.test("labels from 0 are classes as they are, 2 of them and 256", () => {
  for (const classes of [2, 256]) {
    const labels = range(0, classes - 1).toReversed();
    assertEquals(classesOf(part(labels), {}, classes).data, Uint8Array.from(labels));
    checkAllShown(part(labels), {}, classes);
  }
});

Deno.test("whatever the labels are, the settings found for them give each a class of its own, in order", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 2 ** 31 - 1000 }),
    fc.uniqueArray(fc.nat(300), { minLength: 1, maxLength: 60 }),
    (from, offsets) => {
      const labels = offsets.map((offset) => from + offset);
      const found = [...countLabels(labels).keys()];
      const settings = settingsFor(found);
      const gaps = found[found.length - 1] - found[0] + 1 - found.length;
      assertEquals(settings === undefined, gaps > 256);
      if (!settings) return;
      const classes = classesOf(part(labels), settings, found.length);
      assertEquals([...classes.data], labels.map((label) => found.indexOf(label)));
      checkAllShown(part(labels), settings, found.length);
    },
  ));
  assertEquals(settingsFor([0, 1, 2]), {});
  assertEquals(settingsText(settingsFor([0, 1, 3])!), "labels: { skip: [2] }");
  assertEquals(settingsText(settingsFor([5, 6, 9])!), "labels: { first: 5, skip: [7, 8] }");
});

Deno.test("labels from 1 to 26 are refused with the setting that shifts them", () => {
  assertEquals(
    refusal(range(1, 26), 26, {}),
    "train.csv: label 26 is 26, and the 26 classes that study.ts names have the labels 0 to 25; " +
      "the file has 26 different labels, 1 to 26: say `labels: { first: 1 }` in data.",
  );
  assertEquals([...classesOf(part([1, 26, 2]), { first: 1 }, 26).data], [0, 25, 1]);
  // Those in between may merely show in no image of this part.
  assertEquals(
    refusal([1, 13, 26], 26, {}),
    "train.csv: label 3 is 26, and the 26 classes that study.ts names have the labels 0 to 25; " +
      "the file has 3 different labels, 1, 13, 26: say `labels: { first: 1 }` in data.",
  );
});

Deno.test("fewer names than labels, and more, are refused with both numbers", () => {
  assertEquals(
    refusal(range(0, 46), 10, {}),
    "train.csv: label 11 is 10, and the 10 classes that study.ts names have the labels 0 to 9; " +
      "the file has 47 different labels, 0 to 46: name 47 classes.",
  );
  assertEquals(
    refusal(range(0, 9), 12, {}),
    "train.csv: no training image has the labels 10 to 11, and study.ts names 12 classes; " +
      "the file has 10 different labels, 0 to 9: name 10 classes.",
  );
});

Deno.test("a class that no training image shows is refused with the setting that leaves it out", () => {
  const letters = range(0, 24).filter((label) => label !== 9);
  assertEquals(
    refusal(letters, 25, {}),
    "train.csv: no training image has the label 9, and study.ts names 25 classes; the file has 24 " +
      "different labels, 0, 1, 2, 3, 4, 5, ..., 24: say `labels: { skip: [9] }` in data and name " +
      "24 classes.",
  );
  assertEquals(classesOf(part(letters), { skip: [9] }, 24).data, Uint8Array.from(range(0, 23)));
});

Deno.test("settings that do not fit are refused with those that do", () => {
  assertEquals(
    refusal(range(0, 9), 10, { first: 1 }),
    "train.csv: label 1 is 0, and the 10 classes that study.ts names have the labels 1 to 10; " +
      "the file has 10 different labels, 0 to 9: take `labels` out of data.",
  );
});

Deno.test("numbers that cannot be labels are called into question", () => {
  assertEquals(
    refusal(range(0, 999), 10, {}),
    "train.csv: label 11 is 10, and the 10 classes that study.ts names have the labels 0 to 9; " +
      "the file has 1000 different labels, 0 to 999, too many for the 256 classes that there can " +
      "be: so these do not look like labels.",
  );
});
