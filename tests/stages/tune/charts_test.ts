import { assert, assertEquals, assertFalse, assertStringIncludes, assertThrows } from "@std/assert";
import {
  hyperbandRungs,
  importanceBars,
  parallelCoordinates,
  scoreByHyperparameter,
} from "../../../src/stages/tune/charts.ts";
import { renderSvg } from "../../../src/report/svg.ts";
import type { Space, Value } from "../../../src/tuning/space.ts";
import { malformed, marks, outside, texts } from "../../support/svg_text.ts";

const space: Space = {
  filters: { type: "int", minValue: 32, maxValue: 64 },
  "kernel.size[0]": { type: "choice", values: [3, 5] },
  "<rate>": { type: "float", minValue: 1e-4, maxValue: 1e-2, sampling: "log" },
};
const trial = (filters: number, kernel: number, rate: number, score: number, epochs = 3) => ({
  values: { filters, "kernel.size[0]": kernel, "<rate>": rate },
  epochs,
  score,
});
const trials = [
  trial(32, 3, 1e-4, 0.8),
  trial(64, 5, 1e-2, 0.9, 9),
  trial(40, 5, 1e-3, NaN),
  trial(50, 3, 1e-3, 0.85),
];
const failed = "1 of 4 trials failed and has no score";

Deno.test("parallel coordinates: a line a trial, over every axis to the score", async () => {
  const svg = await renderSvg(parallelCoordinates("Trials", space, trials));
  assertEquals(malformed(svg), undefined);
  const lines = [...svg.matchAll(/<path[^>]*aria[^>]*>|<path d="(M[^"]*)" stroke=/g)]
    .flatMap(([, path]) => path ?? []);
  const corners = lines.map((path) => path.split("L").length);
  // The failed trial first: three hyperparameters and no score. Then by score, the best on top.
  assertEquals(corners, [3, 4, 4, 4]);
  const ends = lines.slice(1).map((path) => Number(path.split(",").at(-1)));
  assertEquals(ends, [320, 160, 0]);
  for (
    const name of [...Object.keys(space), "score", "0.9000", "0.8000", "32", "64", "5", "0.001"]
  ) {
    assert(texts(svg).includes(name), name);
  }
  assert(texts(svg).some((text) => text.endsWith(`Dashed: ${failed}`)));
  // A tick a number: 5 filters, 2 kernels, 5 rates, 5 scores.
  assertEquals(marks(svg, "rect"), 17);
});

Deno.test("parallel coordinates: the middle of a logarithmic axis is the middle", async () => {
  const svg = await renderSvg(
    parallelCoordinates("T", { rate: space["<rate>"] }, [
      { values: { rate: 1e-3 }, epochs: 1, score: 0.5 },
    ]),
  );
  assertStringIncludes(svg, ",160L");
});

Deno.test("parallel coordinates: a value outside the space is refused by name", () => {
  assertThrows(
    () => parallelCoordinates("T", space, [trial(65, 3, 1e-3, 0.9)]),
    Error,
    "Hyperparameter filters: 65",
  );
});

Deno.test("score by hyperparameter: a panel each, a point a trial", async () => {
  const svg = await renderSvg(scoreByHyperparameter("Scores", space, trials));
  assertEquals(malformed(svg), undefined);
  assertEquals(marks(svg, "symbol"), 3 * 3);
  for (const name of Object.keys(space)) assert(texts(svg).includes(name), name);
  assert(texts(svg).includes(failed));
  assertFalse(
    texts(await renderSvg(scoreByHyperparameter("Scores", space, [trials[0]]))).includes(failed),
  );
});

Deno.test("charts of a search: all trials failed, or none ran", () => {
  for (const none of [[], [trials[2]]]) {
    assertThrows(() => parallelCoordinates("T", space, none), RangeError, 'Chart "T": no trial');
    assertThrows(() => scoreByHyperparameter("T", space, none), RangeError, 'Chart "T": no trial');
  }
  assertThrows(() => hyperbandRungs("T", []), RangeError, 'Chart "T": no trial has a score');
});

const long = "stochastic gradient descent with momentum";
const words: Space = {
  optimizer: { type: "choice", values: ["adam", long, "sgd", "lion", "ftrl", "rms", "nadam"] },
  augment: { type: "choice", values: [true, false] },
  mixed: { type: "choice", values: ["1", 1, true, ""] },
  rate: { type: "float", minValue: 0.1, maxValue: 0.3 },
};
const worded = (optimizer: string, augment: boolean, mixed: Value, score: number) => ({
  values: { optimizer, augment, mixed, rate: 0.2 },
  epochs: 3,
  score,
});
const wordedTrials = [
  worded("adam", true, "1", 0.7),
  worded(long, false, 1, 0.8),
  worded("nadam", false, true, 0.9),
  worded("sgd", true, "", NaN),
];

Deno.test("parallel coordinates: words and booleans stand on their axes, each of them", async () => {
  const svg = await renderSvg(parallelCoordinates("T", words, wordedTrials));
  assertEquals(malformed(svg), undefined);
  for (const name of ["adam", "sgd", "lion", "ftrl", "rms", "nadam", "false", '"1"', "1", '""']) {
    assert(texts(svg).includes(name), name);
  }
  // Cut before the next axis, which stands 152 pixels on.
  assertFalse(texts(svg).includes(long));
  assert(texts(svg).some((text) => text.startsWith("stochastic") && text.endsWith("…")));
  assertEquals(marks(svg, "rect"), 7 + 2 + 4 + 5 + 5);
});

Deno.test("score by hyperparameter: words and booleans are places of their own", async () => {
  const svg = await renderSvg(scoreByHyperparameter("T", words, wordedTrials));
  assertEquals(malformed(svg), undefined);
  assertEquals(marks(svg, "symbol"), 4 * 3);
  // "1" and 1, and true under two names, are not mixed up; values that nothing tried are shown too.
  for (const name of ["adam", "sgd", "lion", "true", "false", '"1"', "1", '""']) {
    assert(texts(svg).includes(name), name);
  }
  const columns = [...svg.matchAll(/transform="translate\(([\d.]+),[\d.]+\)" d=/g)].map(([, x]) =>
    x
  );
  assertEquals(new Set(columns.slice(0, 3)).size, 2); // augment: true, false, false
  assertEquals(new Set(columns.slice(3, 6)).size, 3); // mixed: "1", 1, true
});

Deno.test("charts of a search: one trial of one value, and many of many", async () => {
  const one: Space = { only: { type: "choice", values: ["word"] } };
  const alone = [{ values: { only: "word" }, epochs: 1, score: 0.5 }];
  const numbers = Array.from({ length: 50 }, (_, i) => i);
  const many: Space = Object.fromEntries(
    numbers.slice(0, 12).map((i) => [
      `hyperparameter ${i}`,
      { type: "choice", values: numbers.map((n) => `word ${n}`) },
    ]),
  );
  const crowd = Array.from({ length: 300 }, (_, i) => ({
    values: Object.fromEntries(Object.keys(many).map((name, j) => [name, `word ${i * j % 50}`])),
    epochs: 1 + i % 9,
    score: i / 300,
  }));
  for (const chart of [parallelCoordinates, scoreByHyperparameter]) {
    assertEquals(malformed(await renderSvg(chart("T", one, alone))), undefined);
    assertEquals(malformed(await renderSvg(chart("T", many, crowd))), undefined);
  }
  // Of 50 words an axis has room for every third.
  const svg = await renderSvg(parallelCoordinates("T", many, crowd));
  assertEquals(texts(svg).filter((text) => text.startsWith("word")).length, 2 * 12 * 17);
});

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
  assertEquals(malformed(svg), undefined);
  assertEquals(marks(svg, "symbol"), 4);
  // Grey, blue, green, orange: stopped, promoted, at the end, the best; each once as a point.
  for (const color of ["#8c959f", "#0072b2", "#009e73", "#d55e00"]) {
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

Deno.test("importance: bars from the largest to the smallest", async () => {
  const svg = await renderSvg(importanceBars("I", { "a&b": 0.25, none: 0, rate: 0.75 }));
  assertEquals(malformed(svg), undefined);
  assertEquals(marks(svg, "rect"), 3);
  assertEquals(
    texts(svg).filter((text) => ["a&b", "none", "rate"].includes(text)),
    ["rate", "a&b", "none"],
  );
  assert(["0.75", "0.25", "0.00"].every((share) => texts(svg).includes(share)));
  assertThrows(() => importanceBars("I", {}), RangeError, "no hyperparameter");
  assertThrows(() => importanceBars("I", { rate: NaN }), RangeError, "importance of rate");
  assertThrows(() => importanceBars("I", { rate: -0.1 }), RangeError, "got -0.1");
});

Deno.test("charts of a search: trials that score alike, 0 or 1, have axes within 0 and 1", async () => {
  for (const score of [0, 0.5, 1]) {
    const alike = [trial(32, 3, 1e-4, score), trial(64, 5, 1e-2, score)];
    const rungs = alike.map(({ epochs, score }, id) => ({ id, epochs, score }));
    for (
      const spec of [
        parallelCoordinates("T", space, alike),
        scoreByHyperparameter("T", space, alike),
        hyperbandRungs("T", rungs),
      ]
    ) {
      const svg = await renderSvg(spec);
      assertFalse(/NaN|undefined|Infinity/.test(svg));
      assertEquals(outside(svg), []);
    }
    const ticks = texts(await renderSvg(hyperbandRungs("T", rungs)))
      .filter((text) => /^\d\.\d+$/.test(text)).map(Number);
    assert(ticks.length > 2 && Math.min(...ticks) >= 0 && Math.max(...ticks) <= 1, `${ticks}`);
    // One number of epochs has no colours to tell apart.
    assertFalse(
      texts(await renderSvg(scoreByHyperparameter("T", space, alike))).includes("Epochs"),
    );
  }
  assert(texts(await renderSvg(scoreByHyperparameter("T", space, trials))).includes("Epochs"));
});

Deno.test("charts of a search: one trial is told of in the singular", async () => {
  const svg = await renderSvg(parallelCoordinates("T", space, trials.slice(0, 1)));
  assertStringIncludes(svg, "<desc>1 trial as a line over ");
  const rung = await renderSvg(hyperbandRungs("T", [{ id: 0, epochs: 1, score: 1 }]));
  assertStringIncludes(
    rung,
    "<desc>1 trial in 1 bracket, score by epochs; the best, 1.0000, is in ",
  );
  assertStringIncludes(rung, "bracket 0 at 1 epoch.");
});
