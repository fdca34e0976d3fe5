import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { confusionMatrix, learningCurves, perClass } from "../../../src/report/charts/training.ts";
import { renderSvg } from "../../../src/report/svg.ts";
import { malformed, marks, outside, texts } from "../../support/svg_text.ts";

const history = [1, 2, 3].map((epoch) => ({
  epoch,
  loss: 1 / epoch,
  accuracy: 1 - 0.5 / epoch,
  validationLoss: 1.1 / epoch,
  validationAccuracy: 1 - 0.6 / epoch,
}));
const counts = [[5, 1, 0], [2, 7, 0], [0, 0, 9]];
const classes = ["shirt", "coat & cap", "<bag>"];
const scores = classes.map((name, i) => ({
  class: name,
  precision: 0.9 - i / 10,
  recall: 0.8,
  f1: 0.85,
}));

Deno.test("charts of a trained network draw the same bytes each time", async () => {
  const specs = () => [
    learningCurves("Curves", history, 2),
    confusionMatrix("Confusion", counts, classes),
    perClass("Classes", scores),
  ];
  const first = await Promise.all(specs().map(renderSvg));
  const second = await Promise.all(specs().reverse().map(renderSvg));
  assertEquals(first, second.reverse());
  for (const svg of first) assertMatch(svg, /^<svg .*<\/svg>\n$/s);
});

Deno.test("every number has its mark", async () => {
  const matrix = await renderSvg(confusionMatrix("Confusion", counts, classes));
  assertEquals(marks(matrix, "rect"), 9);
  assertEquals(marks(matrix, "text"), 5); // Cells of 0 stay empty.
  assertEquals(marks(await renderSvg(perClass("Classes", scores)), "symbol"), 9);
});

Deno.test("names are escaped", async () => {
  const svg = await renderSvg(confusionMatrix("Confusion", counts, classes));
  assertStringIncludes(svg, "&lt;bag&gt;");
  assert(!svg.includes("<bag>"));
});

Deno.test("what does not fit is refused with the chart's title", () => {
  assertThrows(() => learningCurves("Curves", history, 4), RangeError, 'Chart "Curves": epoch 4');
  assertThrows(() => learningCurves("Curves", [], 1), RangeError, "Curves");
  assertThrows(() => learningCurves("Curves", history.slice(0, 1), 1), RangeError, "one epoch");
  assertThrows(
    () => perClass("P", [{ class: "a", precision: null, recall: null, f1: null }]),
    RangeError,
    'Chart "P": no class has an F1',
  );
  assertThrows(() => confusionMatrix("C", [[1, 2]], classes), RangeError, "3 rows");
  assertThrows(() => confusionMatrix("C", counts, ["a", "b", "a"]), RangeError, "twice");
});

/** What holds for every drawing. */
async function drawn(spec: Parameters<typeof renderSvg>[0]): Promise<string> {
  const svg = await renderSvg(spec);
  assertEquals(malformed(svg), undefined);
  assert(!/NaN|undefined|Infinity/.test(svg));
  assertEquals(outside(svg), []);
  return svg;
}

const numbersIn = (svg: string, form: RegExp) => texts(svg).filter((text) => form.test(text));

Deno.test("curves: epochs are whole, ten ticks at most, and accuracies and losses stay where they can be", async () => {
  for (const [epochs, ticks] of [[2, 2], [3, 3], [10, 10], [11, 5], [300, 10]]) {
    for (const value of [0, 1, null]) {
      const course = Array.from({ length: epochs }, (_, i) => ({
        epoch: i + 1,
        loss: value ?? 2 / (i + 1),
        accuracy: value ?? i / epochs,
        validationLoss: value ?? 2.1 / (i + 1),
        validationAccuracy: value ?? i / epochs,
      }));
      const svg = await drawn(learningCurves("Curves", course, epochs));
      // Two panels.
      const whole = numbersIn(svg, /^\d+$/).map(Number);
      assertEquals(whole.length, 2 * ticks, `${epochs}, ${value}: ${whole}`);
      assertEquals(numbersIn(svg, /^[-−]/), []);
    }
  }
});

Deno.test("scores by class: what is undefined has no dot, and the axis ends at 1", async () => {
  for (const value of [0, 0.5, 1]) {
    const svg = await drawn(perClass("Classes", [
      { class: "a", precision: value, recall: value, f1: value },
      { class: "b", precision: null, recall: 0.7, f1: 0.7 },
      { class: "none", precision: null, recall: null, f1: null },
    ]));
    assertEquals(marks(svg, "symbol"), 5);
    assert(texts(svg).includes("none"));
    const ticks = numbersIn(svg, /^\d\.\d\d$/).map(Number);
    assertEquals(new Set(ticks).size, ticks.length);
    assert(ticks.length > 2 && Math.max(...ticks) <= 1);
  }
  const alike = await drawn(perClass("C", [{ class: "a", precision: 1, recall: 1, f1: 1 }]));
  assertEquals(numbersIn(alike, /^\d\.\d\d$/).map(Number), [0.9, 0.92, 0.94, 0.96, 0.98, 1]);
});

Deno.test("a confusion matrix of 2 and of 20 classes, one of them without images, shows each name twice", async () => {
  for (const many of [2, 20]) {
    const names = Array.from({ length: many }, (_, i) => `a long name of class ${i}`);
    const counts = names.map((_, i) => names.map((_, j) => i === 0 ? 0 : i === j ? 1000 : 0));
    const svg = await drawn(confusionMatrix("Confusion", counts, names));
    assertEquals(marks(svg, "rect"), many * many);
    for (const name of names) {
      assertEquals(texts(svg).filter((text) => text === name).length, 2, name);
    }
  }
});
