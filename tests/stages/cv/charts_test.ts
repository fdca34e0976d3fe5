import { assert, assertEquals, assertThrows } from "@std/assert";
import { foldCurves } from "../../../src/stages/cv/charts.ts";
import { renderSvg } from "../../../src/report/svg.ts";
import { assertLegible } from "../../support/legible.ts";
import { marks, texts } from "../../support/svg_text.ts";

/** Two epochs of each fold. */
const points = (folds: number) =>
  Array.from({ length: 2 * folds }, (_, i) => ({
    fold: folds - Math.floor(i / 2),
    epoch: 1 + i % 2,
    accuracy: 0.9 + i / 1000,
    validationAccuracy: 0.8 + i / 1000,
  }));

Deno.test("folds: two lines a panel, panels by number, and as wide as figures are", async () => {
  for (const folds of [1, 3, 5, 12]) {
    const svg = await renderSvg(foldCurves("Folds", points(folds)));
    assertEquals(marks(svg, "line"), 2 * folds);
    assertEquals(
      texts(svg).filter((text) => text.startsWith("Fold ")),
      Array.from({ length: folds }, (_, i) => `Fold ${i + 1}`),
    );
    assertLegible(svg);
  }
});

Deno.test("folds: epochs are whole numbers from 1 to the last, each once, and accuracies at most 1", async () => {
  const ticks: Record<number, string[]> = {
    2: ["1", "2"],
    3: ["1", "2", "3"],
    60: ["1", "30", "60"],
  };
  for (const [epochs, expected] of Object.entries(ticks)) {
    const course = Array.from({ length: Number(epochs) }, (_, i) => ({
      fold: 1,
      epoch: i + 1,
      accuracy: 1,
      validationAccuracy: 1,
    }));
    const svg = await renderSvg(foldCurves("Folds", course));
    assertEquals(texts(svg).filter((text) => /^\d+$/.test(text)), expected);
    const accuracies = texts(svg).filter((text) => /^\d\.\d+$/.test(text)).map(Number);
    assert(accuracies.length > 2 && Math.max(...accuracies) === 1, String(accuracies));
    assertLegible(svg);
  }
});

Deno.test("folds: nothing to draw is refused", () => {
  assertThrows(() => foldCurves("Folds", []), RangeError, 'Chart "Folds": there is no fold');
  assertThrows(() => foldCurves("Folds", points(2).slice(0, 1)), RangeError, "one epoch");
});
