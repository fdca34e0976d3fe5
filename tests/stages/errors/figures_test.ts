import { assert, assertEquals } from "@std/assert";
import { figuresOf, gathered, type Predicted } from "../../../src/stages/errors/figures.ts";
import { keptSize, MOST_SHOWN, SIDE } from "../../../src/stages/errors/kept.ts";

const CLASSES = 3;

/** A network that takes images for these classes, as surely as is said or all alike. */
const network = (name: string, predicted: readonly number[], sure?: readonly number[]) => {
  const probabilities = {
    shape: [predicted.length, CLASSES],
    data: Float32Array.from(predicted.flatMap((of, i) => {
      const p = sure?.[i] ?? 0.75;
      return Array.from({ length: CLASSES }, (_, label) => label === of ? p : (1 - p) / 2);
    })),
  };
  return {
    network: name,
    validation: { predicted, probabilities },
    test: { predicted, probabilities },
  };
};

/** One whose probabilities are not kept. */
const bare = (name: string, predicted: readonly number[]) => ({
  network: name,
  validation: { predicted },
  test: { predicted },
});

const labels = [0, 1, 2, 0, 1, 2];

const told = (...networks: Predicted["networks"]) =>
  figuresOf({ labels: { validation: labels, test: labels }, networks }, 10);

Deno.test("calibration is told of networks whose probabilities are kept, a temperature each", () => {
  const { temperatures, calibration, reliability, scores } = told(
    network("baseline", [0, 1, 2, 0, 1, 0]),
    bare("transfer.a.linear", labels),
    network("tune.winner", [0, 1, 2, 1, 0, 0]),
  );
  assertEquals(temperatures.map(({ network }) => network), ["baseline", "tune.winner"]);
  // 5 of 6 are right at 0.75, so it is less sure than it should be; then 3 of 6, so it is surer.
  assert(temperatures[0].temperature < 1 && temperatures[1].temperature > 1);
  assertEquals(
    calibration.map(({ network, part, scaled }) => `${network} ${part} ${scaled}`).slice(0, 4),
    ["validation false", "validation true", "test false", "test true"].map((row) =>
      `baseline ${row}`
    ),
  );
  assertEquals(reliability[0], {
    network: "baseline",
    scaled: false,
    low: 0.7,
    high: 0.8,
    images: 6,
    right: 5,
    confidence: 0.75,
  });
  assertEquals(
    scores.map(({ name }) => name),
    ["baseline", "tune.winner"].flatMap((name) =>
      ["ece", "eceScaled", "logLossScaled"].map((figure) => `${name}.test.${figure}`)
    ),
  );
  assert(Math.abs(scores[0].value! - (5 / 6 - 0.75)) < 1e-12);
  assert(scores[1].value! < 1e-6, "one temperature is enough for one bin");
});

Deno.test("the surest mistakes are those of the best network with probabilities, the best two are of all", () => {
  const { comparison, gallery } = told(
    network("baseline", [1, 1, 0, 0, 0, 2]),
    network("tune.winner", [0, 1, 0, 0, 0, 2], [0.8, 0.8, 0.5, 0.8, 0.95, 0.8]),
    bare("transfer.a.linear", [0, 1, 2, 0, 0, 2]),
  );
  const { mistakes, missed, disagreement } = comparison;
  assertEquals(mistakes, {
    network: "tune.winner",
    images: 2,
    sure: 1,
    pairs: [{ actual: 1, predicted: 0, images: 1 }, { actual: 2, predicted: 0, images: 1 }],
  });
  assertEquals(missed, { images: 1, alike: 1 });
  assertEquals(disagreement, {
    first: "transfer.a.linear",
    second: "tune.winner",
    bothRight: 4,
    onlyFirst: 1,
    onlySecond: 0,
    wrongAlike: 1,
    wrongApart: 0,
  });
  assertEquals(
    gallery.map(({ gallery, image, probability }) => [gallery, image, probability]),
    [
      ["mistakes", 4, Math.fround(0.95)],
      ["mistakes", 2, 0.5],
      ["missed", 4, NaN],
      ["onlyFirst", 2, NaN],
    ],
  );
  assertEquals(gallery[0].label, 1);
  assertEquals(gallery[0].networks, {
    "baseline": 0,
    "tune.winner": 0,
    "transfer.a.linear": 0,
  });
});

Deno.test("one network is compared with none, and without a mistake nothing is shown", () => {
  const { comparison, gallery } = told(network("baseline", labels));
  assertEquals(gallery, []);
  assertEquals(Object.keys(comparison), ["networks", "images", "mistakes"]);
  assertEquals(comparison.mistakes, { network: "baseline", images: 0, sure: 0, pairs: [] });
});

Deno.test("of equally good networks the first counts", () => {
  const { comparison } = told(...["a", "b", "c"].map((name) => network(name, labels)));
  assertEquals(comparison.mistakes.network, "a");
  assertEquals([comparison.disagreement?.first, comparison.disagreement?.second], ["a", "b"]);
});

const read = <T>(value: T) => ({ read: () => Promise.resolve(value) });
const nothing = read(undefined);
/** What a stage keeps that a study leaves out. */
const none = {
  validationProbabilities: nothing,
  validationPredictions: nothing,
  testProbabilities: nothing,
  testPredictions: nothing,
};

Deno.test("of stages that a study leaves out nothing is gathered", async () => {
  const { probabilities } = network("", labels).test;
  const noChampions = { ...none, evaluations: nothing, ensemble: none };
  const rows = labels.map((label) => ({ label, predicted: label }));
  const baseline = {
    validationProbabilities: read(probabilities),
    validationPredictions: read(rows),
    testProbabilities: read(probabilities),
    testPredictions: read(rows),
  };
  const alone = await gathered({
    baseline,
    winner: none,
    study: none,
    transfer: none,
    champion: noChampions,
  });
  assertEquals(alone.labels, { validation: labels, test: labels });
  assertEquals(alone.networks.map(({ network }) => network), ["baseline"]);
  const many = read(
    labels.map((label) => ({ label, networks: { "a.linear": label, "a.dense": 0 } })),
  );
  const all = await gathered({
    baseline,
    winner: baseline,
    study: none,
    transfer: { validationPredictions: many, testPredictions: many },
    champion: noChampions,
  });
  assertEquals(
    all.networks.map(({ network }) => network),
    ["baseline", "tune.winner", "transfer.a.linear", "transfer.a.dense"],
  );
  assertEquals(all.networks[3].test, { predicted: [0, 0, 0, 0, 0, 0] });
});

Deno.test("of champions the first training counts, as its regime declares, and the ensemble", async () => {
  const evaluations = [
    { network: "small", seed: 7, mirrored: false },
    { network: "small", seed: 8, mirrored: false },
    { network: "large", seed: 7, mirrored: false },
    { network: "large", seed: 7, mirrored: true },
    { network: "large", seed: 8, mirrored: false },
    { network: "large", seed: 8, mirrored: true },
  ];
  /** Each row has its number as classes, and `more` added. */
  const matrix = (rows: number, more: number) =>
    read({
      shape: [rows, 2],
      data: Uint8Array.from({ length: 2 * rows }, (_, i) => more + (i >> 1)),
    });
  const { networks } = await gathered({
    baseline: none,
    winner: none,
    study: none,
    transfer: none,
    champion: {
      evaluations: read(evaluations),
      validationPredictions: matrix(6, 0),
      testPredictions: matrix(6, 10),
      ensemble: { validationPredictions: matrix(1, 20), testPredictions: matrix(1, 30) },
    },
  });
  assertEquals(networks, [
    {
      network: "champion.small",
      validation: { predicted: [0, 0] },
      test: { predicted: [10, 10] },
    },
    {
      network: "champion.large",
      validation: { predicted: [3, 3] },
      test: { predicted: [13, 13] },
    },
    {
      network: "champion.ensemble",
      validation: { predicted: [20, 20] },
      test: { predicted: [30, 30] },
    },
  ]);
});

Deno.test("no more than thirty images are kept, however many are mistaken, and none is large", () => {
  const many = Array.from({ length: 90 }, (_, i) => i % CLASSES);
  const wrong = many.map((label) => (label + 1) % CLASSES);
  const half = many.map((label, i) => i % 2 ? label : (label + 2) % CLASSES);
  const { gallery } = figuresOf({
    labels: { validation: many, test: many },
    networks: [network("baseline", wrong), network("tune.winner", half)],
  }, 10);
  const counts = Map.groupBy(gallery, ({ gallery }) => gallery);
  assertEquals([...counts].map(([name, rows]) => [name, rows.length]), [
    ["mistakes", 10],
    ["missed", 10],
    ["onlyFirst", 5],
  ]);
  assert(gallery.length <= MOST_SHOWN && MOST_SHOWN === 30);
  assertEquals([[32, 32], [160, 120], [1, 700], [64, 65]].map(([h, w]) => keptSize(h, w)), [
    [32, 32],
    [64, 48],
    [1, 64],
    [63, 64],
  ]);
  assertEquals(SIDE, 64);
});
