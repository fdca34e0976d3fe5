import { assert, assertEquals, assertThrows } from "@std/assert";
import { lossCurvesByCause } from "../../../src/stages/transfer/charts.ts";
import { renderSvg } from "../../../src/report/svg.ts";
import { malformed, marks, outside, texts } from "../../support/svg_text.ts";

const curves = [
  { name: "as it should be", losses: [1, 0.5, 0.3] },
  { name: "Adam at <0.1>", losses: [2.5, 40, NaN] },
  { name: "stopped", losses: [2.3] },
];

Deno.test("losses by cause: a line a training, a point a loss that is a number", async () => {
  const svg = await renderSvg(lossCurvesByCause("Causes", curves, 10));
  assertEquals(malformed(svg), undefined);
  assertEquals(marks(svg, "line"), 3);
  assertEquals(marks(svg, "symbol"), 6);
  assertEquals(marks(svg, "rule"), 1);
  for (const { name } of curves) assert(texts(svg).includes(name), name);
  assert(svg.includes("Guessing gives 2.303."));
});

Deno.test("losses by cause: a loss of 0 is a gap, and losses that are alike have an axis all the same", async () => {
  const zero = await renderSvg(lossCurvesByCause("C", [{ name: "a", losses: [1, 0, 2] }], 2));
  assertEquals(marks(zero, "symbol"), 2);
  for (const losses of [[Math.log(2), Math.log(2)], [1e-7, 1e9]]) {
    const svg = await renderSvg(lossCurvesByCause("C", [{ name: "a", losses }], 2));
    assertEquals(marks(svg, "symbol"), 2);
    assert(!/NaN|Infinity/.test(svg));
    assertEquals(outside(svg), []);
    assertEquals(texts(svg).filter((text) => /^[12]$/.test(text)).sort().slice(0, 1), ["1"]);
  }
});

Deno.test("losses by cause: what cannot be drawn is refused", () => {
  const refuse = (given: typeof curves, part: string) =>
    assertThrows(() => lossCurvesByCause("Causes", given, 10), RangeError, part);
  refuse([], 'Chart "Causes"');
  refuse([curves[0], curves[0]], '"as it should be" comes twice');
  refuse([{ name: "a", losses: [1] }], "one epoch makes no curve");
  refuse([{ name: "a", losses: [-1] }], "is -1");
  refuse(Array.from({ length: 8 }, (_, i) => ({ name: `${i}`, losses: [1] })), "8 curves");
});
