import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { hyperband, hyperbandBrackets } from "../../src/tuning/hyperband.ts";
import { type Space, valuesKey } from "../../src/tuning/space.ts";
import { type FinishedTrial, ranked, search } from "../../src/tuning/trial.ts";
import { studySpace } from "../support/spaces.ts";

/** `[trials, epochs]` of every rung, brackets from the one that sorts out most to bracket 0. */
const table = (maxEpochs: number, factor: number) =>
  hyperbandBrackets({ maxEpochs, factor, hyperbandIterations: 1 })
    .map(({ rungs }) => rungs.map(({ size, epochs }) => [size, epochs]));

Deno.test("brackets for 81 epochs and factor 3 follow the paper's table", () => {
  // Li et al., JMLR 18(185), 2018, table 1: [n_i, r_i] for s = 4 to 0.
  const paper = [
    [[81, 1], [27, 3], [9, 9], [3, 27], [1, 81]],
    [[34, 3], [11, 9], [3, 27], [1, 81]],
    [[15, 9], [5, 27], [1, 81]],
    [[8, 27], [2, 81]],
    [[5, 81]],
  ];
  const ours = table(81, 3);
  assertEquals(ours.map((rungs) => rungs[0]), paper.map((rungs) => rungs[0]));
  for (const [i, rungs] of ours.entries()) {
    assertEquals(rungs.map(([, epochs]) => epochs), paper[i].map(([, epochs]) => epochs));
    // Keras Tuner rounds later rungs up, the paper down.
    rungs.forEach(([size], rung) => assert(size - paper[i][rung][0] <= 1));
  }
});

Deno.test("brackets have Keras Tuner's sizes and epochs", () => {
  // `_get_size` and `_get_epochs` of keras-tuner 1.4's HyperbandOracle, evaluated with Python.
  assertEquals(table(81, 3), [
    [[81, 1], [27, 3], [9, 9], [3, 27], [1, 81]],
    [[34, 3], [12, 9], [4, 27], [2, 81]],
    [[15, 9], [5, 27], [2, 81]],
    [[8, 27], [3, 81]],
    [[5, 81]],
  ]);
  assertEquals(table(10, 3), [[[12, 2], [4, 4], [2, 10]], [[6, 4], [2, 10]], [[4, 10]]]);
  assertEquals(table(8, 2), [
    [[8, 1], [4, 2], [2, 4], [1, 8]],
    [[6, 2], [3, 4], [2, 8]],
    [[4, 4], [2, 8]],
    [[4, 8]],
  ]);
  assertEquals(table(100, 4), [
    [[80, 2], [20, 7], [5, 25], [2, 100]],
    [[27, 7], [7, 25], [2, 100]],
    [[10, 25], [3, 100]],
    [[5, 100]],
  ]);
  assertEquals(table(2, 3), [[[2, 2]]]);
  assertEquals(table(1, 3), [[[1, 1]]]);
});

Deno.test("brackets agree with the formulas in floating point", () => {
  // As Keras Tuner computes them, with logarithms and divisions.
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 500 }),
    fc.integer({ min: 2, max: 9 }),
    (maxEpochs, factor) => {
      let brackets = 0;
      for (let epochs = maxEpochs; epochs >= 1; epochs /= factor) brackets++;
      const log = Number((Math.log(maxEpochs) / Math.log(factor)).toFixed(12));
      const rows = table(maxEpochs, factor);
      assertEquals(rows.length, brackets);
      rows.forEach((rungs, i) => {
        const s = brackets - 1 - i;
        assertEquals(rungs.length, s + 1);
        rungs.forEach(([size, epochs], r) => {
          const b = Math.ceil(1 + log) / (s + 1);
          assertEquals(size, Math.ceil(Number((b * factor ** (s - r)).toFixed(9))));
          assertEquals(epochs, Math.ceil(maxEpochs / factor ** (s - r)));
        });
      });
    },
  ));
});

Deno.test("options that make no brackets are refused", () => {
  const good = { maxEpochs: 10, factor: 3, hyperbandIterations: 1 };
  const refuse = (options: Partial<typeof good>, message: string) =>
    assertThrows(() => hyperbandBrackets({ ...good, ...options }), Error, message);
  refuse({ maxEpochs: 0 }, "Hyperband: maxEpochs is a whole number of 1 or more; got 0.");
  refuse({ factor: 1 }, "Hyperband: factor is a whole number of 2 or more; got 1.");
  refuse({ factor: 2.5 }, "Hyperband: factor is a whole number of 2 or more; got 2.5.");
  refuse({ hyperbandIterations: Infinity }, "hyperbandIterations is a whole number of 1 or more");
});

/** A search in which `score` decides. */
const run = async (
  score: (id: number) => number,
  { space = studySpace as Space, maxEpochs = 10, factor = 3, hyperbandIterations = 1, seed = 43 } =
    {},
) =>
  (await search(
    hyperband(space, { maxEpochs, factor, hyperbandIterations }, seed),
    (trial) => Promise.resolve({ score: score(trial.id) }),
  )).trials;

Deno.test("a search fills every bracket and promotes the best of each rung", async () => {
  const score = (id: number) => Math.sin(id * 7) * 1000;
  const trials = await run(score, { hyperbandIterations: 2 });
  assertEquals(trials.length, 60);
  assertEquals(trials.map(({ id }) => id), trials.map((_, i) => i));
  for (
    const { iteration, bracket, rungs } of hyperbandBrackets({
      maxEpochs: 10,
      factor: 3,
      hyperbandIterations: 2,
    })
  ) {
    const at = (rung: number) =>
      trials.filter((trial) =>
        trial.iteration === iteration && trial.bracket === bracket && trial.rung === rung
      );
    rungs.forEach(({ size, epochs }, rung) => {
      assertEquals(at(rung).length, size);
      for (const trial of at(rung)) {
        assertEquals(trial.epochs, epochs);
        assertEquals(trial.initialEpoch, rung > 0 ? rungs[rung - 1].epochs : 0);
        assertEquals(trial.parent === undefined, rung === 0);
      }
      if (rung === 0) return;
      const best = at(rung - 1).sort((a, b) => b.score - a.score).slice(0, size);
      assertEquals(at(rung).map(({ parent }) => parent), best.map(({ id }) => id));
      assertEquals(at(rung).map(({ values }) => values), best.map(({ values }) => values));
    });
  }
  const first = trials.filter(({ rung }) => rung === 0);
  assertEquals(new Set(first.map(({ values }) => valuesKey(values))).size, first.length);
});

Deno.test("of equal scores the trials drawn first are promoted", async () => {
  const trials = await run(() => 0.5);
  const parents = (rung: number) =>
    trials.filter((trial) => trial.bracket === 2 && trial.rung === rung)
      .map(({ parent }) => parent);
  assertEquals(parents(1), [0, 1, 2, 3]);
  assertEquals(parents(2), [12, 13]);
  assertEquals(ranked(trials)[0].id, 0);
});

Deno.test("failed trials are not promoted, and a short rung runs short", async () => {
  // Of bracket 2, rung 0 keeps 2, 5, 8 and 11 (parents of 12 to 15), rung 1 keeps 14 alone.
  const trials = await run((id) =>
    id < 12 ? (id % 3 === 2 ? id : NaN) : [12, 13, 15].includes(id) ? NaN : id
  );
  const at = (rung: number) =>
    trials.filter((trial) => trial.bracket === 2 && trial.rung === rung)
      .map(({ id, parent }) => [id, parent]);
  assertEquals(at(1), [[12, 11], [13, 8], [14, 5], [15, 2]]);
  assertEquals(at(2), [[16, 14]]); // 17 is left out
  assert(trials.some(({ id, bracket }) => id === 18 && bracket === 1));
});

Deno.test("a small space is exhausted by the first brackets and still halved", async () => {
  const space: Space = { flag: { type: "choice", values: [true, false] } };
  const trials = await run((id) => id, { space, maxEpochs: 8 });
  const shape = (trial: FinishedTrial) => [trial.id, trial.bracket, trial.rung, trial.epochs];
  assertEquals(trials.map(shape), [[0, 1, 0, 3], [1, 1, 0, 3], [5, 1, 1, 8], [6, 1, 1, 8]]);
});
