import { assert, assertEquals, assertThrows } from "@std/assert";
import { foldCurves } from "../../../src/stages/cv/charts.ts";
import { renderSvg } from "../../../src/report/svg.ts";
import { marks, texts } from "../../support/svg_text.ts";

/** Two epochs of each fold. */
const points = (folds: number) =>
  Array.from({ length: 2 * folds }, (_, i) => ({
    fold: folds - Math.floor(i / 2),
    epoch: 1 + i % 2,
    accuracy: 0.9 + i / 1000,
    validationAccuracy: 0.8 + i / 1000,
  }));

Deno.test("folds: two lines a panel, panels by number, and never wider than a page", async () => {
  for (const folds of [1, 3, 5, 12]) {
    const svg = await renderSvg(foldCurves("Folds", points(folds)));
    assertEquals(marks(svg, "line"), 2 * folds);
    assertEquals(
      texts(svg).filter((text) => text.startsWith("Fold ")),
      Array.from({ length: folds }, (_, i) => `Fold ${i + 1}`),
    );
    assert(Number(/width="([\d.]+)"/.exec(svg)![1]) <= 880);
  }
});

Deno.test("folds: nothing to draw is refused", () => {
  assertThrows(() => foldCurves("Folds", []), RangeError, 'Chart "Folds": there is no fold');
});
