import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { championMetricNames, championMetrics } from "../../../src/stages/champion/figures.ts";
import { leftOutFindings, wrongByAll } from "../../../src/stages/champion/findings.ts";
import { bareRegime as regime } from "../../support/regimes.ts";

const asked = {
  networks: [
    { name: "small", network: "compact" as const, regime },
    {
      name: "big",
      network: "residual" as const,
      regime: { ...regime, evaluation: "mirrored" as const },
    },
  ],
};
const bytes = (...values: number[]) => ({
  shape: [values.length],
  data: Uint8Array.from(values),
});
const rows = (...of: number[][]) => ({
  shape: [of.length, of[0].length],
  data: Uint8Array.from(of.flat()),
});

Deno.test("the declared accuracy is the mean over seeds, that of images as they are stands beside a mirrored one", () => {
  const test = rows(
    [0, 1, 2, 0], // small, both seeds: 4 and 3 right
    [0, 1, 2, 1],
    [1, 1, 2, 0], // big: plain 3, mirrored 4; plain 2, mirrored 3
    [0, 1, 2, 0],
    [1, 0, 2, 0],
    [1, 1, 2, 0],
  );
  const evaluations = [
    { network: "small", seed: 9, mirrored: false },
    { network: "small", seed: 10, mirrored: false },
    { network: "big", seed: 9, mirrored: false },
    { network: "big", seed: 9, mirrored: true },
    { network: "big", seed: 10, mirrored: false },
    { network: "big", seed: 10, mirrored: true },
  ];
  const metrics = championMetrics({
    evaluations,
    validationLabels: bytes(0, 1),
    testLabels: bytes(0, 1, 2, 0),
    validationPredictions: rows(...evaluations.map(() => [0, 1])),
    testPredictions: test,
    ensemble: { validationPredictions: bytes(0, 0), testPredictions: bytes(0, 1, 2, 1) },
  }, asked);
  assertEquals(metrics.map(({ name }) => name), championMetricNames(asked));
  const value = Object.fromEntries(metrics.map(({ name, value, n }) => [name, [value, n]]));
  assertEquals(value, {
    "champion.small.validation.accuracy": [1, 2],
    "champion.small.test.accuracy": [0.875, 4],
    "champion.big.validation.accuracy": [1, 2],
    "champion.big.test.accuracy": [0.875, 4],
    "champion.big.plain.validation.accuracy": [1, 2],
    "champion.big.plain.test.accuracy": [0.625, 4],
    "champion.ensemble.validation.accuracy": [0.5, 2],
    "champion.ensemble.test.accuracy": [0.75, 4],
  });
});

Deno.test("what an ingredient adds is the whole less what is left without it, told only beyond the spread of seeds", () => {
  const right = (n: number) => Array.from({ length: 100 }, (_, i) => Number(i >= n));
  const leftOut = ["none", "none", "none", "mirror", "mirror", "mirror", "l2", "l2", "l2"]
    .map((ingredient) => ({ ingredient }));
  const predictions = rows(...[90, 91, 92, 60, 61, 62, 89, 92, 91].map(right));
  // More labels than are predicted: the first images are what counts.
  const labels = bytes(...new Array<number>(150).fill(0));
  const [whole, mirror, l2] = leftOutFindings(leftOut, predictions, labels);
  assertEquals([whole.ingredient, whole.adds, whole.accuracies], ["none", undefined, [
    0.9,
    0.91,
    0.92,
  ]]);
  assertAlmostEquals(mirror.adds!.value, 0.3, 1e-12);
  assertEquals([mirror.adds!.told, l2.adds!.told], [true, false]);
});

Deno.test("images that all or any of several trainings get wrong are counted", () => {
  assertEquals(wrongByAll([0, 1, 2, 3], [[0, 0, 0, 3], [0, 0, 2, 0]]), { all: 1, any: 3 });
  assertEquals(wrongByAll([0], [[0]]), { all: 0, any: 0 });
});

Deno.test("a figure of one seed alone is refused", () => {
  assertThrows(() =>
    championMetrics({
      evaluations: [{ network: "small", seed: 9, mirrored: false }],
      validationLabels: bytes(0),
      testLabels: bytes(0),
      validationPredictions: rows([0]),
      testPredictions: rows([0]),
      ensemble: { validationPredictions: bytes(0), testPredictions: bytes(0) },
    }, { networks: asked.networks.slice(0, 1) }), Error);
});
