import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { networksChart, type TestedNetwork } from "../../../src/stages/report/charts.ts";
import { renderSvg } from "../../../src/report/svg.ts";
import { malformed, marks, outside, texts } from "../../support/svg_text.ts";

const network = (title: string, more: Partial<TestedNetwork> = {}): TestedNetwork => ({
  title,
  value: 0.91,
  interval: [0.9, 0.92],
  runs: 1,
  published: null,
  threshold: null,
  ...more,
});

Deno.test("each network has a dot, an interval, a stroke for its threshold and a diamond for a published figure", async () => {
  const svg = await renderSvg(networksChart("Networks", [
    network("LeNet-5", { published: 0.8985, threshold: 0.905, runs: 6 }),
    network("the winner of the search"),
  ]));
  assertEquals(malformed(svg), undefined);
  assertEquals(outside(svg), []);
  assertEquals(marks(svg, "symbol"), 3);
  assertStringIncludes(svg, ">the winner");
  assert(texts(svg).includes("original study, validation"));
  assertStringIncludes(svg, "Strokes: what study.ts asks for");
});

Deno.test("of networks without thresholds or published figures the chart does not speak of them", async () => {
  for (const value of [0, 0.9123, 1]) {
    const same = { value, interval: [value, value] as const };
    const svg = await renderSvg(
      networksChart("Networks", [network("a", same), network("b", same)]),
    );
    assertEquals(marks(svg, "symbol"), 2);
    assert(!texts(svg).some((text) => /original|study|here/.test(text)));
    const ticks = texts(svg).filter((text) => /^\d\.\d{2}$/.test(text)).map(Number);
    assert(ticks.length > 1 && Math.min(...ticks) >= 0 && Math.max(...ticks) <= 1, `${ticks}`);
  }
});

Deno.test("two networks of one name, or an interval beside its value, are refused", () => {
  assertThrows(() => networksChart("N", [network("a"), network("a")]), RangeError, "twice");
  assertThrows(
    () => networksChart("N", [network("a", { interval: [0.95, 0.96] })]),
    RangeError,
    "does not hold 0.91",
  );
});
