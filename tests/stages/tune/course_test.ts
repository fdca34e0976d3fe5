import { assert, assertEquals, assertFalse, assertStringIncludes, assertThrows } from "@std/assert";
import { bestSoFar, hyperbandRungs } from "../../../src/stages/tune/course.ts";
import { renderSvg } from "../../../src/report/svg.ts";
import { assertLegible } from "../../support/legible.ts";
import { marks, texts } from "../../support/svg_text.ts";

/** Bracket 1: two trials, the better one promoted. Bracket 0: one, the best, and one that failed. */
const rungs = [
  { id: 0, bracket: 1, epochs: 1, score: 0.7 },
  { id: 1, bracket: 1, epochs: 1, score: 0.8 },
  { id: 2, bracket: 0, epochs: 3, score: 0.9 },
  { id: 3, bracket: 0, epochs: 3, score: NaN },
  { id: 4, bracket: 1, epochs: 3, score: 0.85, parent: 1 },
];

Deno.test("rungs: a point a trial by what became of it, a panel a bracket, lines of promotion", async () => {
  const svg = await renderSvg(hyperbandRungs("Rungs", rungs));
  assertLegible(svg);
  assertEquals(marks(svg, "symbol"), 4);
  // White, grey, blue, vermilion: stopped, promoted, at the end, the best; each once as a point.
  for (const color of ["#ffffff", "#57606a", "#0072b2", "#d55e00"]) {
    const points = svg.match(/<g class="mark-symbol role-mark.*?<\/g>/gs)!.join("");
    assertEquals(points.split(`fill="${color}"`).length - 1, 1, color);
  }
  assertEquals(texts(svg).filter((text) => text.startsWith("Bracket")), ["Bracket 1", "Bracket 0"]);
  // One line a configuration; only that of trials 1 and 4 has two points.
  const lines = [...svg.matchAll(/role-mark [^"]*"[^>]*><path d="(M[^"]*)" stroke=/g)];
  assertEquals(lines.map(([, path]) => path.split("L").length).sort(), [1, 1, 2]);
  assert(texts(svg).includes("1 of 5 trials failed and has no score"));
});

Deno.test("rungs: sweeps are told apart", async () => {
  const again = rungs.map((trial) => ({
    ...trial,
    iteration: 1,
    id: trial.id + 5,
    parent: trial.parent === undefined ? undefined : trial.parent + 5,
  }));
  const first = rungs.map((trial) => ({ ...trial, iteration: 0 }));
  const svg = await renderSvg(hyperbandRungs("Rungs", [...again, ...first]));
  assertLegible(svg);
  assertEquals(texts(svg).filter((text) => text.startsWith("Sweep")), [
    "Sweep 1, bracket 1",
    "Sweep 1, bracket 0",
    "Sweep 2, bracket 1",
    "Sweep 2, bracket 0",
  ]);
});

Deno.test("rungs: a parent that is not there is refused", () => {
  assertThrows(
    () => hyperbandRungs("Rungs", rungs.slice(4)),
    RangeError,
    "trial 4 went on from trial 1, which is not given",
  );
});

const spent = [
  { initialEpoch: 0, epochs: 2, score: NaN },
  { initialEpoch: 0, epochs: 2, score: 0.7 },
  { initialEpoch: 0, epochs: 2, score: 0.6 },
  { initialEpoch: 2, epochs: 5, score: 0.8 },
  { initialEpoch: 0, epochs: 5, score: 0.8 },
];

Deno.test("best so far: a step a better score, by trials and by the epochs that they took, failed ones too", async () => {
  const svg = await renderSvg(bestSoFar("Best", spent));
  assertLegible(svg);
  assert(texts(svg).includes("0.8000 after 4 of 5 trials, 9 of 14 epochs"));
  for (const text of ["Trials", "Epochs spent", "5", "10"]) assert(texts(svg).includes(text), text);
  // In each panel four scores and the best.
  assertEquals(marks(svg, "symbol"), 2 * 5);
  // From the first score on, level until the next better one, and then up; twice.
  const steps = [...svg.matchAll(/role-mark [^"]*"[^>]*><path d="(M[^"]*)" stroke=/g)]
    .map(([, path]) => path.match(/[ML][\d.]+,[\d.]+/g)!.map((at) => at.split(",")[1]));
  assertEquals(steps.length, 2);
  for (const step of steps) assertEquals(new Set(step).size, 2);
});

Deno.test("charts of the course: none has a score, one has, or all alike", async () => {
  for (const chart of [hyperbandRungs, bestSoFar]) {
    const refused = (given: typeof none) =>
      assertThrows(() => chart("T", given), RangeError, 'Chart "T": no trial has a score');
    const none = [{ id: 0, initialEpoch: 0, epochs: 1, score: NaN }];
    refused([]);
    refused(none);
    for (const score of [0, 0.5, 1]) {
      const alike = [0, 1].map((id) => ({ id, initialEpoch: 0, epochs: 1, score }));
      const svg = await renderSvg(chart("T", alike));
      assertLegible(svg);
      assertFalse(/NaN/.test(svg));
      const ticks = texts(svg).filter((text) => /^\d\.\d+$/.test(text)).map(Number);
      assert(ticks.length > 2 && Math.min(...ticks) >= 0 && Math.max(...ticks) <= 1, `${ticks}`);
    }
  }
  const rung = await renderSvg(hyperbandRungs("T", [{ id: 0, epochs: 1, score: 1 }]));
  assertStringIncludes(
    rung,
    "<desc>1 trial in 1 bracket, score by epochs; the best, 1.0000, is in ",
  );
  assertStringIncludes(rung, "bracket 0 at 1 epoch.");
  const one = await renderSvg(bestSoFar("T", [{ initialEpoch: 0, epochs: 1, score: 1 }]));
  assert(texts(one).includes("1.0000 after 1 of 1 trial, 1 of 1 epoch"));
});

Deno.test("charts of the course: hundreds of trials over many brackets", async () => {
  const many = Array.from({ length: 300 }, (_, id) => ({
    id,
    iteration: id % 2,
    bracket: id % 5,
    initialEpoch: 0,
    epochs: 3 ** (id % 5),
    score: id * 37 % 300 / 300,
  }));
  assertLegible(await renderSvg(hyperbandRungs("T", many)));
  assertLegible(await renderSvg(bestSoFar("T", many)));
});
