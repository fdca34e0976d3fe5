import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ranking } from "../../../src/report/charts/ranking.ts";
import { meanings, renderSvg } from "../../../src/report/svg.ts";
import { assertLegible } from "../../support/legible.ts";
import { marks, texts } from "../../support/svg_text.ts";

const of = ["class", "classes"] as const;
const counts = {
  title: "Sizes",
  of,
  values: "Images",
  kind: "count",
  color: meanings.test,
} as const;

Deno.test("a ranking goes down in steps from the largest value to the smallest, however many there are", async () => {
  for (const many of [1, 2, 200, 256]) {
    const values = Array.from({ length: many }, (_, i) => (i * 37) % many + 1);
    const svg = await renderSvg(ranking(counts, [...values, NaN]));
    assertLegible(svg);
    assertEquals(marks(svg, "area"), 1);
    assertStringIncludes(svg, `as steps, from ${many} down to 1.`);
    const title = many === 1 ? "1 class, the" : `${many} classes, the`;
    assertEquals(texts(svg).filter((text) => text.startsWith(title)).length, 1);
  }
  const steps = await renderSvg(ranking(counts, [1, 3]));
  // From 0 to 1 at the full height of 150, from 1 to 2 at a third of it.
  const [, ...points] =
    /d="M([\d.]+),([\d.]+)L([\d.]+),([\d.]+)L([\d.]+),([\d.]+)L([\d.]+),([\d.]+)/
      .exec(steps)!.map(Number);
  const width = points[6];
  assertEquals(points, [0, 0, width / 2, 0, width / 2, 100, width, 100]);
});

Deno.test("a ranking of shares has an axis from 0 to 1, one of counts whole numbers", async () => {
  const shares = texts(await renderSvg(ranking({ ...counts, kind: "share" }, [0.5, 0.4])));
  assertEquals(shares.filter((text) => /^[\d.]+$/.test(text)), [
    "0.0",
    "0.2",
    "0.4",
    "0.6",
    "0.8",
    "1.0",
  ]);
  const few = texts(await renderSvg(ranking(counts, [2, 1])));
  assertEquals(few.filter((text) => /^[\d.]+$/.test(text)), ["0", "1", "2"]);
});

Deno.test("a ranking of nothing is refused", () => {
  assertThrows(() => ranking(counts, [NaN]), RangeError, 'Chart "Sizes": there is no value');
});
