import { assert, assertEquals, assertThrows } from "@std/assert";
import { renderSvg } from "../../../src/report/svg.ts";
import {
  accuracyByImages,
  accuracyByPixels,
  variantAccuracies,
} from "../../../src/stages/ablate/charts.ts";
import { assertLegible } from "../../support/legible.ts";
import { marks, texts } from "../../support/svg_text.ts";

const mean = (value: number, half = 0.01) => ({
  mean: value,
  low: value - half,
  high: value + half,
});

Deno.test("variants: the best first, each with its interval, names on two lines", async () => {
  const variants = [
    { lines: ["LeNet-5"], ...mean(0.88) },
    { lines: ["perceptron,", "as many multiplications"], ...mean(0.9) },
    { lines: ["perceptron,", "as many parameters"], ...mean(0.85, 0) },
  ];
  const svg = await renderSvg(variantAccuracies("Variants", variants, variants[0]));
  assertLegible(svg);
  assertEquals(marks(svg, "symbol"), 3);
  assertEquals(marks(svg, "rule"), 3 + 1);
  const names = ["LeNet-5", "as many multiplications", "as many parameters"];
  const said = svg.replaceAll(/<[^>]+>/g, "\n").split("\n").filter((text) => names.includes(text));
  assertEquals(said, ["as many multiplications", "LeNet-5", "as many parameters"]);
  assertThrows(() => variantAccuracies("None", [], variants[0]), RangeError, "no variant");
});

Deno.test("curves: every place has its tick, images on a logarithmic axis, and the two networks a line each", async () => {
  const points = [10, 40, 160, 2560].map((at, i) => ({
    at,
    lenet5: mean(0.8 + i / 100),
    mlp: mean(0.7 + i / 100),
  }));
  const byImages = await renderSvg(accuracyByImages("Images", points));
  const byPixels = await renderSvg(
    accuracyByPixels("Pixels", points.map((point, at) => ({ ...point, at }))),
  );
  for (const svg of [byImages, byPixels]) {
    assertLegible(svg);
    assertEquals([marks(svg, "line"), marks(svg, "symbol"), marks(svg, "rule")], [2, 8, 8]);
    const said = texts(svg);
    assert(said.includes("LeNet-5") && said.includes("perceptron"), String(said));
  }
  assertEquals(texts(byImages).filter((text) => /^[\d,]+$/.test(text)), [
    "10",
    "40",
    "160",
    "2,560",
  ]);
  assertEquals(texts(byPixels).filter((text) => /^\d+$/.test(text)), ["0", "1", "2", "3"]);
  // Of 10, 40, 160 and 2,560, the third is half way on such an axis.
  const [, dots] = /<g class="mark-symbol role-mark[^>]*>(.*?)<\/g>/s.exec(byImages)!;
  const xs = [...dots.matchAll(/translate\(([\d.]+),/g)].map(([, x]) => Number(x));
  const [first, last] = [Math.min(...xs), Math.max(...xs)];
  assert(xs.some((x) => Math.abs(x - (first + last) / 2) < 0.01), String(xs));
  for (const chart of [accuracyByImages, accuracyByPixels]) {
    assertThrows(() => chart("One", points.slice(1, 2)), RangeError, "one point makes no curve");
  }
});
