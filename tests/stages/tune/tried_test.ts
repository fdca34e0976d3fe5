import { assertEquals } from "@std/assert";
import type { Space } from "../../../src/tuning/space.ts";
import { triedOf } from "../../../src/stages/tune/tried.ts";

const space: Space = {
  width: { type: "int", minValue: 1, maxValue: 5, step: 1 },
  kind: { type: "choice", values: ["a", "b"] },
};
const trial = (id: number, width: number, kind: string, epochs: number, score: number) => ({
  id,
  epochs,
  score,
  values: { width, kind },
});

Deno.test("each configuration is told once, the best first, with its place on each axis", () => {
  const tried = triedOf(space, [
    trial(0, 1, "a", 1, 0.5),
    trial(1, 1, "a", 2, 0.6),
    trial(2, 5, "b", 2, 0.8),
    trial(3, 3, "a", 1, 0.7),
    trial(4, 3, "b", 1, NaN),
  ])!;
  assertEquals(tried.score, { low: 0.6, high: 0.8, epochs: 2 });
  assertEquals(tried.axes.map(({ name }) => name), ["kind", "width"]);
  assertEquals(tried.rows.map(({ id, score, values }) => [id, score, ...values]), [
    [2, 0.8, "b", 5],
    [3, 0.7, "a", 3],
    [1, 0.6, "a", 1],
    [4, null, "b", 3],
  ]);
  // Only what was trained for the most epochs lies on the axis of scores.
  assertEquals(tried.rows.map(({ places }) => places.length), [3, 2, 3, 2]);
  assertEquals([tried.rows[0].places.at(-1), tried.rows[2].places.at(-1)], [1, 0]);
});

Deno.test("what is no search is nothing to look into", () => {
  assertEquals(triedOf(space, [trial(0, 1, "a", 1, 0.5), trial(1, 1, "b", 1, NaN)]), undefined);
});
