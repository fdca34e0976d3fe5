import { assert, assertEquals, assertFalse, assertStringIncludes, assertThrows } from "@std/assert";
import {
  cellsOf,
  importanceRanges,
  parallelCoordinates,
  scoreByHyperparameter,
  scoreByTwo,
} from "../../../src/stages/tune/charts.ts";
import { renderSvg } from "../../../src/report/svg.ts";
import type { Space, Value } from "../../../src/tuning/space.ts";
import { assertLegible } from "../../support/legible.ts";
import { marks, texts } from "../../support/svg_text.ts";

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
  trial(64, 5, 1e-2, 0.9),
  trial(40, 5, 1e-3, NaN),
  trial(50, 3, 1e-3, 0.85),
];
const failed = "1 of 4 trials failed and has no score";

/** How many points each line of a drawing has, and where it ends across, in the order of drawing. */
const linesOf = (svg: string) =>
  [...svg.matchAll(/<g class="mark-line role-mark.*?<path d="(M[^"]*)"/gs)].map(([, path]) => {
    const points = path.slice(1).split("L");
    return { points: points.length, end: Number(points[points.length - 1].split(",")[0]) };
  });

Deno.test("parallel coordinates: a line a configuration, over every row to the score", async () => {
  const svg = await renderSvg(parallelCoordinates("Trials", space, trials));
  assertLegible(svg);
  const lines = linesOf(svg);
  // The failed trial first: three hyperparameters and no score. Then by score, the best on top.
  assertEquals(lines.map(({ points }) => points), [3, 4, 4, 4]);
  const [low, middle, high] = lines.slice(1).map(({ end }) => end);
  assertEquals(low, 0);
  assertEquals(middle, high / 2);
  for (
    const name of [...Object.keys(space), "score", "0.9000", "0.8000", "32", "64", "5", "0.01"]
  ) {
    assert(texts(svg).includes(name), name);
  }
  assert(texts(svg).includes(failed));
  for (const kind of ["the best", "the next", "others", "failed"]) {
    assert(texts(svg).includes(kind), kind);
  }
});

Deno.test("parallel coordinates: a configuration that was promoted is one line, and only equal epochs have a score", async () => {
  const svg = await renderSvg(parallelCoordinates("Trials", space, [
    trial(32, 3, 1e-4, 0.7, 1),
    trial(40, 3, 1e-4, 0.8, 1),
    trial(64, 5, 1e-2, 0.6, 1),
    trial(40, 3, 1e-4, 0.85, 3),
    trial(50, 3, 1e-4, 0.95, 3),
  ]));
  assertLegible(svg);
  assertEquals(linesOf(svg).map(({ points }) => points), [3, 3, 4, 4]);
  for (
    const text of ["score, 3 epochs", "0.8500", "0.9500", "the best", "the next", "fewer epochs"]
  ) {
    assert(texts(svg).includes(text), text);
  }
  assertFalse(texts(svg).includes("others"));
  assert(texts(svg).includes("Scores are those after 3 epochs: only these compare"));
  // The best one alone has its colour, in the drawing and in the legend.
  assertEquals(svg.split(' stroke="#d55e00"').length - 1, 2);
});

Deno.test("parallel coordinates: the middle of a logarithmic axis is the middle", async () => {
  const middle = await renderSvg(
    parallelCoordinates("T", { rate: space["<rate>"] }, [
      { values: { rate: 1e-3 }, epochs: 1, score: 0.5 },
    ]),
  );
  // One score lies in the middle, too.
  const [, first, second] = /role-mark.*?<path d="M([\d.]+),[\d.]+L([\d.]+),[\d.]+"/s.exec(
    middle.slice(middle.indexOf("mark-line")),
  )!;
  assertEquals(first, second);
});

Deno.test("charts of a search: a value outside the space is refused by name", () => {
  const wrong = [trial(65, 3, 1e-3, 0.9)];
  const refused = (draw: () => unknown) => assertThrows(draw, Error, "Hyperparameter filters: 65");
  refused(() => parallelCoordinates("T", space, wrong));
  refused(() => scoreByHyperparameter("T", space, wrong));
  refused(() => scoreByTwo("T", space, ["filters", "<rate>"], wrong, [0.5]));
});

Deno.test("score by hyperparameter: a panel each, a point a configuration, hollow after fewer epochs", async () => {
  const svg = await renderSvg(
    scoreByHyperparameter("Scores", space, [...trials, trial(33, 5, 1e-3, 0.7, 1)]),
  );
  assertLegible(svg);
  assertEquals(marks(svg, "symbol"), 3 * 4);
  const points = svg.match(/<g class="mark-symbol role-mark.*?<\/g>/gs)!.join("");
  for (const [color, count] of Object.entries({ "#d55e00": 3, "#0072b2": 6, "#ffffff": 3 })) {
    assertEquals(points.split(`fill="${color}"`).length - 1, count, color);
  }
  for (
    const name of ["filters", "kernel.size[0]", "<rate> (log)", "after 3 epochs", "after fewer"]
  ) assert(texts(svg).includes(name), name);
  assert(texts(svg).includes("1 of 5 trials failed and has no score"));
  const alone = texts(await renderSvg(scoreByHyperparameter("Scores", space, [trials[0]])));
  assertFalse(alone.some((text) => /failed|the best|epochs/.test(text)));
});

Deno.test("charts of a search: all trials failed, or none ran", () => {
  for (const none of [[], [trials[2]]]) {
    for (
      const draw of [
        () => parallelCoordinates("T", space, none),
        () => scoreByHyperparameter("T", space, none),
        () => scoreByTwo("T", space, ["filters", "<rate>"], none, []),
      ]
    ) assertThrows(draw, RangeError, 'Chart "T": no trial');
  }
});

Deno.test("the map of two: cells for all values of both, shaded by what is expected, with ranks of those trained alike", async () => {
  const pair = ["<rate>", "kernel.size[0]"] as const;
  const cells = cellsOf(space, pair);
  // 16 parts of a range, and both kernels.
  assertEquals(cells.length, 16 * 2);
  assertEquals(Object.keys(cells[0].values), [...pair]);
  assertEquals(cells.map(({ values }) => values["kernel.size[0]"]).slice(0, 3), [3, 5, 3]);
  const expected = cells.map((_, i) => 0.8 + i / 1000);
  const tried = [...trials, trial(64, 3, 5e-3, 0.95, 1), trial(64, 3, 1.01e-3, 0.84)];
  const svg = await renderSvg(scoreByTwo("Two", space, pair, tried, expected));
  assertLegible(svg, { interpolated: true });
  assertEquals(marks(svg, "rect"), 32);
  assertEquals(marks(svg, "symbol"), 5);
  // The best of all has fewer epochs, and no rank; the third would lie on the second.
  const ranks = /<g class="mark-text role-mark.*?<\/g>/s.exec(svg)![0];
  assertEquals(texts(ranks).sort(), ["1", "2", "4"]);
  assert(texts(svg).includes("Expected accuracy"));
  assert(texts(svg).includes("White circles: trained for 3 epochs; hollow: fewer"));
});

Deno.test("the map of two: a guess that is the same everywhere, and hundreds of configurations", async () => {
  const pair = ["filters", "<rate>"] as const;
  const many = Array.from(
    { length: 300 },
    (_, i) => trial(32 + i % 33, 3, 1e-4 * 100 ** (i * 7 % 300 / 300), i / 300),
  );
  const svg = await renderSvg(
    scoreByTwo("Two", space, pair, many, cellsOf(space, pair).map(() => 0.5)),
  );
  assertLegible(svg, { interpolated: true });
  assertEquals(marks(svg, "symbol"), 300);
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

Deno.test("parallel coordinates: words and booleans have a place each", async () => {
  const svg = await renderSvg(parallelCoordinates("T", words, wordedTrials));
  assertLegible(svg);
  // Written at the ends of a row, with a tick each; none stands among the lines.
  for (const name of ["adam", "nadam", "true", "false", '"1"', '""']) {
    assert(texts(svg).includes(name), name);
  }
  assertFalse(texts(svg).includes("sgd"));
  assertEquals(marks(svg, "rect"), 7 + 2 + 4 + 3 + 2);
});

Deno.test("score by hyperparameter: words and booleans are places of their own", async () => {
  const svg = await renderSvg(scoreByHyperparameter("T", words, wordedTrials));
  assertLegible(svg);
  // A long one is cut.
  assertFalse(texts(svg).includes(long));
  assert(texts(svg).some((text) => text.startsWith("stoch") && text.endsWith("…")));
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
    assertLegible(await renderSvg(chart("T", one, alone)));
    assertLegible(await renderSvg(chart("T", many, crowd)));
  }
  // Of 50 words an axis has room for every seventh.
  const svg = await renderSvg(scoreByHyperparameter("T", many, crowd));
  assertEquals(texts(svg).filter((text) => text.startsWith("word")).length, 12 * 8);
});

const told = { shares: { "a&b": 0.25, none: 0, rate: 0.75 }, r2: -0.125 };
const from = { trials: "15 trials of 10 configurations", left: "each configuration" };

Deno.test("importance: from the largest to the smallest, with R² and the range where some are left out", async () => {
  const without = [{ "a&b": 0.5, none: 0, rate: 0.7 }, { "a&b": 0.1, none: 0.1, rate: 0.8 }];
  const svg = await renderSvg(importanceRanges("I", told, without, from));
  assertLegible(svg);
  assertEquals(marks(svg, "symbol"), 3);
  assertEquals(marks(svg, "rule"), 3);
  assertEquals(
    texts(svg).filter((text) => /^(a&b|none|rate) /.test(text)).map((text) => text.split(/ +/)),
    [["rate", "0.75"], ["a&b", "0.25"], ["none", "0.00"]],
  );
  assert(texts(svg).includes("15 trials of 10 configurations; R² on unseen trials -0.13"));
  assert(texts(svg).includes("Lines: each configuration left out in turn"));
  assertStringIncludes(svg, "rate 0.75 (0.70 to 0.80), a&amp;b 0.25 (0.10 to 0.50), none 0.00 (");
});

Deno.test("importance: without ranges, of one hyperparameter, and what cannot be drawn", async () => {
  const alone = await renderSvg(importanceRanges("I", { shares: { only: 1 }, r2: 0.5 }, [], from));
  assertLegible(alone);
  assertEquals(marks(alone, "rule"), 0);
  assertFalse(texts(alone).some((text) => text.includes("left out")));
  const refused = (shares: Record<string, number>, part: string) =>
    assertThrows(() => importanceRanges("I", { shares, r2: 0 }, [], from), RangeError, part);
  refused({}, "no hyperparameter");
  refused({ rate: NaN }, "importance of rate");
  refused({ rate: -0.1 }, "got -0.1");
});

Deno.test("charts of a search: configurations that score alike, 0 or 1, have axes within 0 and 1", async () => {
  for (const score of [0, 0.5, 1]) {
    const alike = [trial(32, 3, 1e-4, score), trial(64, 5, 1e-2, score)];
    for (const chart of [parallelCoordinates, scoreByHyperparameter]) {
      assertLegible(await renderSvg(chart("T", space, alike)));
    }
    const ticks = texts(await renderSvg(scoreByHyperparameter("T", space, alike)))
      .filter((text) => /^[01]\.\d{3,}$/.test(text)).map(Number);
    assert(ticks.every((tick) => tick >= 0 && tick <= 1), `${ticks}`);
  }
});

Deno.test("charts of a search: one configuration is told of in the singular", async () => {
  const svg = await renderSvg(parallelCoordinates("T", space, trials.slice(0, 1)));
  assertStringIncludes(svg, "<desc>1 configuration as a line over ");
});
