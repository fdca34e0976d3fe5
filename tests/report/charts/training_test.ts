import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { confusionMatrix, learningCurves, perClass } from "../../../src/report/charts/training.ts";
import { meanings, renderSvg } from "../../../src/report/svg.ts";
import { assertLegible, type Exceptions } from "../../support/legible.ts";
import { marks, texts } from "../../support/svg_text.ts";

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
async function drawn(
  spec: Parameters<typeof renderSvg>[0],
  exceptions?: Exceptions,
): Promise<string> {
  const svg = await renderSvg(spec);
  assertLegible(svg, exceptions);
  return svg;
}

const numbersIn = (svg: string, form: RegExp) => texts(svg).filter((text) => form.test(text));

Deno.test("curves: epochs are whole, ten ticks at most, and accuracies and losses stay where they can be", async () => {
  for (const [epochs, ticks] of [[2, 2], [3, 3], [10, 10], [11, 5], [300, 10]]) {
    for (const value of [0, 1, 1e7, null]) {
      const course = Array.from({ length: epochs }, (_, i) => ({
        epoch: i + 1,
        loss: value ?? 2 / (i + 1),
        accuracy: Math.min(1, value ?? i / epochs),
        validationLoss: value === 1e7 ? 2e7 : value ?? 2.1 / (i + 1),
        validationAccuracy: Math.min(1, value ?? i / epochs),
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

Deno.test("curves: the kept epoch has a rule and a ring in each panel, also where it is the first or the last", async () => {
  for (const kept of [1, 2, 3]) {
    const svg = await drawn(learningCurves("Curves", history, kept));
    const rounded = (place: readonly (string | number)[]) =>
      place.map((at) => Math.round(1000 * Number(at)) / 1000);
    const places = (form: RegExp) => [...svg.matchAll(form)].map(([, x, y]) => rounded([x, y]));
    const chosen = `stroke="${meanings.chosen}"`;
    const rules = places(
      new RegExp(`<line transform="translate\\(([\\d.]+),([\\d.]+)\\)"[^>]*${chosen}`, "g"),
    );
    const rings = places(
      new RegExp(`<path transform="translate\\(([\\d.]+),([\\d.]+)\\)"[^>]*${chosen}`, "g"),
    );
    assertEquals([rules.length, rings.length], [2, 2]);
    assertEquals(rings.map(([x]) => x), rules.map(([x]) => x));
    // Panels are as wide as their lines of the grid.
    const [, width] = /role-axis-grid".*?<line [^>]*x2="([\d.]+)"/s.exec(svg)!.map(Number);
    for (const [x] of rings) assert(x >= 10 && x <= width - 10, `${x} of ${width}`);
    // The ring is around a point of the validation images.
    const line = new RegExp(`d="(M[^"]*)" stroke="${meanings.validation}"`, "g");
    const points = [...svg.matchAll(line)].map(([, path]) =>
      path.slice(1).split("L").map((point) => point.split(",").map(Number))
    );
    assertEquals(points.map((panel) => rounded(panel[kept - 1])), rings);
  }
});

Deno.test("a confusion matrix of 2 to 10 classes, one of them without images, is as wide as figures are, whatever their names", async () => {
  for (const many of [2, 3, 10]) {
    for (const name of ["", "a long name of class ", "unbreakable".repeat(9)]) {
      const names = Array.from({ length: many }, (_, i) => `${name}${i}`);
      const counts = names.map((_, i) => names.map((_, j) => i === 0 ? 0 : i === j ? 1000 : 0));
      const svg = await drawn(confusionMatrix("Confusion", counts, names));
      assertEquals(marks(svg, "rect"), many * many);
      assertEquals(texts(svg).filter((text) => text === "1000").length, many - 1);
      if (name === "") { for (const name of names) assert(texts(svg).includes(name), name); }
    }
  }
  const names = Array.from({ length: 20 }, (_, i) => `class ${i}`);
  const svg = await drawn(
    confusionMatrix("Confusion", names.map(() => names.map(() => 1)), names),
    { wide: true },
  );
  assertEquals(marks(svg, "text"), 400);
});

Deno.test("a confusion matrix says right and wrong by colour, the stronger the larger their share of the row", async () => {
  const svg = await drawn(
    confusionMatrix("Confusion", [[90, 10, 0], [1, 1, 0], [0, 0, 9]], classes),
  );
  const [, cells] = /<g class="mark-rect role-mark[^>]*>(.*?)<\/g>/s.exec(svg)!;
  const fills = [...cells.matchAll(/fill="([^"]*)"[^>]*fill-opacity="([^"]*)"/g)];
  assertEquals(fills.length, 9);
  const strength = (cell: number) => Number(fills[cell][2]);
  for (const [cell, [, fill]] of fills.entries()) {
    assertEquals(fill === meanings.test, cell % 4 === 0, String(cell));
  }
  assert(strength(8) > strength(0) && strength(0) > strength(4) && strength(4) > 0);
  assert(strength(3) > strength(1) && strength(1) > strength(2) && strength(2) === 0);
});

Deno.test("a confusion matrix writes counts in thousands where they are wider than their cells", async () => {
  const names = Array.from({ length: 10 }, (_, i) => `class ${i}`);
  const many = names.map((_, i) => names.map((_, j) => i === j ? 51_499 : 999));
  const svg = await drawn(confusionMatrix("Confusion", many, names));
  assertEquals(texts(svg).filter((text) => text === "51k").length, 10);
  assertEquals(texts(svg).filter((text) => text === "999").length, 90);
  assert(texts(svg).includes("k: thousand images."));
});
