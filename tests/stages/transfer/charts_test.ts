import { assert, assertEquals, assertThrows } from "@std/assert";
import { accuracyByCause } from "../../../src/stages/transfer/charts.ts";
import { renderSvg } from "../../../src/report/svg.ts";
import { assertLegible } from "../../support/legible.ts";
import { marks, texts } from "../../support/svg_text.ts";

const causes = [
  { name: "worse", accuracy: 0.25 },
  { name: "Adam at <0.1>", accuracy: NaN },
  { name: "as it should be", accuracy: 0.75 },
];

Deno.test("accuracies by cause: a point and its interval each, the best first, those that diverged last, and guessing", async () => {
  const svg = await renderSvg(accuracyByCause("Causes", causes, 20, 4));
  assertLegible(svg);
  assertEquals(marks(svg, "symbol"), 2);
  // Two intervals and the line of guessing.
  assertEquals(marks(svg, "rule"), 3);
  assertEquals(
    texts(svg).filter((text) => causes.some(({ name }) => name === text)),
    ["as it should be", "worse", "Adam at <0.1>"],
  );
  assert(texts(svg).includes("diverged"));
  assert(texts(svg).includes("Dashed: guessing one of 4 classes, 0.25"));
  assert(
    svg.includes(
      "<desc>as it should be 0.7500, worse 0.2500, Adam at &lt;0.1&gt; diverged. Guessing gives 0.2500.",
    ),
  );
  // Wilson's interval of 15 of 20, on an axis from 0 to 1.
  const [axis, ...intervals] = [...svg.matchAll(/mark-rule role-mark.*?<\/g>/gs)].flatMap((
    [group],
  ) =>
    [...group.matchAll(/translate\(([\d.]+),[\d.]+\)" x2="([-\d.]+)"/g)].map(([, from, by]) =>
      [Number(from), Number(by)] as const
    )
  );
  const width = axis[0] * 4; // guessing stands at a quarter
  assert(Math.abs(intervals[0][0] / width - 0.5313) < 0.01, `${intervals[0][0] / width}`);
  assert(Math.abs(intervals[0][1] / width - (0.8881 - 0.5313)) < 0.01);
});

Deno.test("accuracies by cause: one training, many of long names, all of them diverged", async () => {
  assertLegible(await renderSvg(accuracyByCause("C", [{ name: "a", accuracy: 1 }], 1, 2)));
  const many = Array.from({ length: 60 }, (_, i) => ({
    name: `${i} and much more to be said of ${"this ".repeat(10)}`,
    accuracy: i % 7 === 0 ? NaN : i / 60,
  }));
  assertLegible(await renderSvg(accuracyByCause("C", many, 1500, 1000)));
  const none = await renderSvg(accuracyByCause("C", [causes[1]], 20, 4));
  assertLegible(none);
  assert(!none.includes("#0072b2"));
});

Deno.test("accuracies by cause: what cannot be drawn is refused", () => {
  const refuse = (given: typeof causes, part: string) =>
    assertThrows(() => accuracyByCause("Causes", given, 10, 10), RangeError, part);
  refuse([], 'Chart "Causes"');
  refuse([causes[0], causes[0]], '"worse" comes twice');
  refuse([{ name: "a", accuracy: -0.1 }], 'the accuracy of "a" is -0.1');
  refuse([{ name: "a", accuracy: 1.1 }], "a share is within 0 and 1");
});
