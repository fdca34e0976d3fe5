import { assert, assertEquals } from "@std/assert";
import type { TopLevelSpec } from "vega-lite";
import { nameAxis } from "../../../src/report/charts/names.ts";
import { renderSvg } from "../../../src/report/svg.ts";
import { assertLegible } from "../../support/legible.ts";
import { texts } from "../../support/svg_text.ts";

const drawn = (names: readonly string[], room: number) => {
  const { keys, axis, width, row } = nameAxis(names, room);
  const spec = {
    title: "Names",
    description: "Names.",
    data: { values: keys.map((name) => ({ name })) },
    width: 400 - width,
    height: { step: row },
    mark: "rule",
    encoding: { y: { field: "name", type: "nominal", title: null, scale: { domain: keys }, axis } },
  } as TopLevelSpec;
  return { svg: renderSvg(spec), width, row };
};

Deno.test("names stand beside their rows in up to three lines, whatever they are", async () => {
  const names = [
    "one",
    "a name of two lines",
    "a name that goes on and on and is still not at its end here",
    "m".repeat(40),
    "constructor",
    "__proto__",
    "a\nb",
    "\\n",
    "'\"",
    "0",
    "",
  ];
  const { svg, width, row } = drawn(names, 90);
  assert(width <= 100 && row >= 3 * 15);
  assertLegible(await svg);
  const said = texts(await svg);
  for (const text of ["one", "constructor", "a b", "\\n", "'\"", "0"]) {
    assertEquals(said.filter((other) => other === text).length, 1, text);
  }
  assertEquals(said.slice(1, 3), ["a name of two", "lines"]);
  assert(/^a name that/.test(said[3]) && said[5].endsWith("…"));
  assert(/^m+…$/.test(said[6]));
});

Deno.test("lines of a name have its row in their middle", async () => {
  const svg = await drawn(["one", "two of them", "three of them all"], 40).svg;
  const labels = [
    ...svg.matchAll(
      /<text text-anchor="end" transform="translate\([-\d.]+,([\d.]+)\)".*?<\/text>/g,
    ),
  ];
  const middles = labels.map(([text, y]) =>
    Number(y) + 15 * ((text.match(/<tspan/g)?.length ?? 1) - 1) / 2
  );
  assertEquals(labels.map(([text]) => text.match(/<tspan/g)?.length ?? 1), [1, 2, 3]);
  assert(Math.abs(middles[1] - middles[0] - (middles[2] - middles[1])) < 0.01, String(middles));
});

Deno.test("names that are alike once broken are told apart", () => {
  const { keys } = nameAxis(["a b", "a\nb", "a b "], 1);
  assertEquals(new Set(keys).size, 3);
});
