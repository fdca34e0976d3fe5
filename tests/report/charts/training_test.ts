import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { accuracyComparison } from "../../../src/stages/report/charts.ts";
import { confusionMatrix, learningCurves, perClass } from "../../../src/report/charts/training.ts";
import { renderSvg } from "../../../src/report/svg.ts";
import { marks } from "../../support/svg_text.ts";

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
const accuracies = [
  { name: "train", study: 0.94, value: 0.95, low: 0.94, high: 0.96 },
  { name: "test", study: null, value: 0.91, low: 0.9, high: 0.92 },
];

Deno.test("charts of a trained network draw the same bytes each time", async () => {
  const specs = () => [
    learningCurves("Curves", history, 2),
    confusionMatrix("Confusion", counts, classes),
    perClass("Classes", scores),
    accuracyComparison("Accuracies", accuracies),
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
  assertEquals(marks(await renderSvg(accuracyComparison("A", accuracies)), "symbol"), 3);
  assertEquals(marks(await renderSvg(accuracyComparison("A", accuracies)), "rule"), 2);
});

Deno.test("names are escaped", async () => {
  const svg = await renderSvg(confusionMatrix("Confusion", counts, classes));
  assertStringIncludes(svg, "&lt;bag&gt;");
  assert(!svg.includes("<bag>"));
});

Deno.test("what does not fit is refused with the chart's title", () => {
  assertThrows(() => learningCurves("Curves", history, 4), RangeError, 'Chart "Curves": epoch 4');
  assertThrows(() => learningCurves("Curves", [], 1), RangeError, "Curves");
  assertThrows(() => confusionMatrix("C", [[1, 2]], classes), RangeError, "3 rows");
  assertThrows(() => confusionMatrix("C", counts, ["a", "b", "a"]), RangeError, "twice");
  assertThrows(
    () => accuracyComparison("A", [{ ...accuracies[0], low: 0.951 }]),
    RangeError,
    "does not hold 0.95",
  );
});
